'use strict'

/**
 * The names and the behaviour of otplib 12.0.1 on keyfob's engine. The engine computes
 * wherever everything is as usual; options that change how (`createDigest`, `keyDecoder`
 * and their like, other digits and encodings) are honoured through `node:crypto`.
 *
 * Two defects stay behind: new secrets use all of their bits, and a secret that is no
 * base32 throws.
 */

const {
  ASCII, BASE32, PLAIN, HashAlgorithms, KeyEncodings, Strategy,
  checkAuthenticator, checkHotp, checkObject, checkTotp, createDigest, createRandomBytes, encodeWhole,
  hotpDefaults, keyDecoder, keyEncoder, planOf, totpDefaults,
} = require('./options.js')
const { counterAt, found, generated, isSame, isToken, keyuri, numbers, token } = require('./token.js')

class OTP {
  #defaults
  #options = Object.freeze({})
  #plan = null

  constructor(defaultOptions = {}) {
    this.#defaults = Object.freeze({ ...defaultOptions })
  }

  create(defaultOptions = {}) {
    return new OTP(defaultOptions)
  }

  clone(defaultOptions = {}) {
    const copy = this.create({ ...this.#defaults, ...defaultOptions })
    copy.options = this.#options
    return copy
  }

  get options() {
    return Object.freeze({ ...this.#defaults, ...this.#options })
  }

  set options(options) {
    this.#options = Object.freeze({ ...this.#options, ...options })
    this.#plan = null
  }

  resetOptions() {
    this.#options = Object.freeze({})
    this.#plan = null
  }

  allOptions() {
    return this.options
  }

  /** What the options come to, worked out once for as long as they stay. */
  _plan() {
    return (this.#plan ??= planOf(this.allOptions(), this.options.epoch === undefined, this._kind))
  }
}

class HOTP extends OTP {
  create(defaultOptions = {}) {
    return new HOTP(defaultOptions)
  }

  allOptions() {
    const options = { ...hotpDefaults(), ...this.options }
    checkHotp(options)
    return Object.freeze(options)
  }

  generate(secret, counter) {
    const { options, isUsual } = this._plan()
    return (isUsual && generated(this._kind, secret, counter, options)) || token(secret, counter, options)
  }

  check(given, secret, counter) {
    const { options, isUsual } = this._plan()
    if (!isToken(given)) return false
    if (isUsual && given.length !== options.digits) return false
    const delta = isUsual ? found(this._kind, given, secret, counter, options, 0, 0) : NaN
    return Number.isNaN(delta) ? isSame(given, token(secret, counter, options)) : delta === 0
  }

  verify(given) {
    checkObject(given)
    return this.check(given.token, given.secret, given.counter)
  }

  keyuri(accountName, issuer, secret, counter) {
    const { algorithm, digits } = this.allOptions()
    return keyuri({ type: Strategy.HOTP, accountName, issuer, secret, counter, algorithm, digits })
  }

  get _kind() {
    return PLAIN
  }
}

class TOTP extends HOTP {
  create(defaultOptions = {}) {
    return new TOTP(defaultOptions)
  }

  allOptions() {
    const options = { ...totpDefaults(), ...this.options }
    checkTotp(options)
    return Object.freeze(options)
  }

  generate(secret) {
    const { options, isUsual, epoch } = this._plan()
    const counter = counterAt(epoch ?? Date.now(), options.step)
    return (isUsual && generated(this._kind, secret, counter, options)) || token(this._key(secret, options), counter, options)
  }

  check(given, secret) {
    return typeof this.checkDelta(given, secret) === 'number'
  }

  checkDelta(given, secret) {
    const { options, isUsual, epoch, before, after } = this._plan()
    const now = epoch ?? Date.now()
    if (isUsual) {
      if (typeof given !== 'string' || given.length !== options.digits) return null
      const counter = counterAt(now, options.step)
      const delta = found(this._kind, given, secret, counter, options, before, after)
      if (!Number.isNaN(delta)) return delta === Infinity ? null : delta
    }
    const key = this._key(secret, options)
    if (!isToken(given)) return null
    const deltas = [0, ...numbers(before).map((steps) => -steps), ...numbers(after)]
    const at = (delta) => counterAt(now + delta * options.step * 1000, options.step)
    return deltas.find((delta) => isSame(given, token(key, at(delta), options))) ?? null
  }

  verify(given) {
    checkObject(given)
    return this.check(given.token, given.secret)
  }

  timeUsed() {
    const { epoch, step } = this.allOptions()
    return Math.floor(epoch / 1000) % step
  }

  timeRemaining() {
    return this.allOptions().step - this.timeUsed()
  }

  keyuri(accountName, issuer, secret) {
    const { algorithm, digits, step } = this.allOptions()
    return keyuri({ type: Strategy.TOTP, accountName, issuer, secret, step, algorithm, digits })
  }

  /** The secret as `createHmacKey` takes it. */
  _key(secret) {
    return secret
  }

  get _kind() {
    return ASCII
  }
}

class Authenticator extends TOTP {
  create(defaultOptions = {}) {
    return new Authenticator(defaultOptions)
  }

  allOptions() {
    const options = { ...totpDefaults(), encoding: KeyEncodings.HEX, ...this.options }
    checkAuthenticator(options)
    return Object.freeze(options)
  }

  encode(secret) {
    const options = this.allOptions()
    return options.keyEncoder(secret, options.encoding)
  }

  decode(secret) {
    return this._key(secret, this.allOptions())
  }

  generateSecret(numberOfBytes = 10) {
    const options = this.allOptions()
    const encode = options.keyEncoder === keyEncoder ? encodeWhole : options.keyEncoder
    return encode(options.createRandomBytes(numberOfBytes, options.encoding), options.encoding)
  }

  _key(secret, options) {
    return options.keyDecoder(secret, options.encoding)
  }

  get _kind() {
    return BASE32
  }
}

// ----------------------------------------------------------------------------- instances

const hotp = new HOTP({ createDigest })
const totp = new TOTP({ createDigest })
const authenticator = new Authenticator({ createDigest, createRandomBytes, keyDecoder, keyEncoder })

module.exports = { authenticator, hotp, totp, Authenticator, HOTP, TOTP, HashAlgorithms, KeyEncodings }
