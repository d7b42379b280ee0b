'use strict'

/**
 * The names and the behaviour of otplib 12.0.1 on keyfob's engine. The engine computes
 * wherever everything is as usual; options that change how (`createDigest`, `keyDecoder`
 * and their like, other digits and encodings) are honoured through `node:crypto`.
 *
 * Two defects stay behind: new secrets use all of their bits, and a secret that is no
 * base32 throws.
 */

const { createHmac, randomBytes, timingSafeEqual } = require('node:crypto')
const { Buffer } = require('node:buffer')
const native = require('../lib/native.js')
const { digitsOf } = require('../lib/totp.js')
const { decodeBase32, encodeBase32 } = require('../lib/base32.js')

const HashAlgorithms = Object.freeze({ SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' })
const KeyEncodings = Object.freeze({ ASCII: 'ascii', BASE64: 'base64', HEX: 'hex', LATIN1: 'latin1', UTF8: 'utf8' })
const Strategy = Object.freeze({ HOTP: 'hotp', TOTP: 'totp' })

/** How the engine reads secrets: `Kind` of `src/compat.rs`. */
const PLAIN = 0
const ASCII = 1
const BASE32 = 2

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

// ------------------------------------------------------------------------ the usual hooks

function createDigest(algorithm, hmacKey, counter) {
  return createHmac(algorithm, Buffer.from(hmacKey, 'hex')).update(Buffer.from(counter, 'hex')).digest('hex')
}

function createRandomBytes(size, encoding) {
  return randomBytes(size).toString(encoding)
}

function keyDecoder(secret, encoding) {
  return decodeBase32(secret).toString(encoding)
}

/** As otplib 12, which reads bytes as ASCII: of each, seven bits are left. */
function keyEncoder(secret, encoding) {
  return encodeBase32(Buffer.from(secret, encoding).map((byte) => byte & 0x7f))
}

/** A new secret keeps all of its bits. */
function encodeWhole(secret, encoding) {
  return encodeBase32(Buffer.from(secret, encoding))
}

function hotpHmacKey(algorithm, secret, encoding) {
  return Buffer.from(secret, encoding).toString('hex')
}

/** Short secrets are repeated; their length is told in characters as they are given. */
function totpHmacKey(algorithm, secret, encoding) {
  const minimum = { sha1: 20, sha256: 32, sha512: 64 }[algorithm]
  if (minimum === undefined) throw new Error(`Expecting algorithm to be one of sha1, sha256, sha512. Received ${algorithm}.`)
  const bytes = Buffer.from(secret, encoding)
  if (secret.length >= minimum) return bytes.toString('hex')
  return Buffer.concat(Array(minimum - secret.length).fill(bytes)).subarray(0, minimum).toString('hex')
}

function noDigest() {
  throw new Error('Please provide an options.createDigest implementation.')
}

// ---------------------------------------------------------------------- options and plans

function hotpDefaults() {
  return {
    algorithm: HashAlgorithms.SHA1,
    createHmacKey: hotpHmacKey,
    createDigest: noDigest,
    digits: 6,
    encoding: KeyEncodings.ASCII,
  }
}

function totpDefaults() {
  return { ...hotpDefaults(), createHmacKey: totpHmacKey, epoch: Date.now(), step: 30, window: 0 }
}

function checkHotp({ createDigest, createHmacKey, digits, algorithm, encoding }) {
  expectFunction('createDigest', createDigest)
  expectFunction('createHmacKey', createHmacKey)
  expectNumber('digits', digits)
  expectOneOf('algorithm', algorithm, Object.values(HashAlgorithms))
  expectOneOf('encoding', encoding, Object.values(KeyEncodings))
}

function checkTotp(options) {
  checkHotp(options)
  bounds(options.window)
  expectNumber('epoch', options.epoch)
  expectNumber('step', options.step)
}

function checkAuthenticator(options) {
  checkTotp(options)
  expectFunction('keyDecoder', options.keyDecoder)
  if (options.keyEncoder) expectFunction('keyEncoder', options.keyEncoder)
}

function expectFunction(name, value) {
  if (typeof value !== 'function') throw new Error(`Expecting options.${name} to be a function.`)
}

function expectNumber(name, value) {
  if (typeof value !== 'number') throw new Error(`Expecting options.${name} to be a number.`)
}

function expectOneOf(name, value, names) {
  if (names.includes(value)) return
  throw new Error(`Expecting options.${name} to be one of ${names.join(', ')}. Received ${value}.`)
}

function checkObject(value) {
  if (typeof value !== 'object') throw new Error('Expecting argument 0 of verify to be an object')
}

function bounds(window) {
  const [past, future] = Array.isArray(window) ? window : [window, window]
  if (typeof past === 'number' && typeof future === 'number') return [Math.abs(past), Math.abs(future)]
  throw new Error('Expecting options.window to be an number or [number, number].')
}

function planOf(options, isEpochNow, kind) {
  const [before, after] = options.window === undefined ? [0, 0] : bounds(options.window)
  const isUsual =
    options.createDigest === createDigest &&
    options.createHmacKey === (kind === PLAIN ? hotpHmacKey : totpHmacKey) &&
    options.encoding === (kind === BASE32 ? KeyEncodings.HEX : KeyEncodings.ASCII) &&
    (kind !== BASE32 || options.keyDecoder === keyDecoder) &&
    !options.digest &&
    (options.digits === 6 || options.digits === 7 || options.digits === 8)
  return { options, isUsual, epoch: isEpochNow ? undefined : options.epoch, before, after }
}

// ------------------------------------------------------------------------------- tokens

const ENGINE_ALGORITHMS = { sha1: 1, sha256: 256, sha512: 512 }

/** The engine's token, or null where it does not read the secret or the counter. */
function generated(kind, secret, counter, { algorithm, digits }) {
  if (typeof secret !== 'string' || typeof counter !== 'number') return null
  return native.compatOtplibGenerate(secret, kind, ENGINE_ALGORITHMS[algorithm], digits, counter)
}

/** The engine's delta, Infinity for none; NaN where it does not read the secret or the counter. */
function found(kind, given, secret, counter, { algorithm }, before, after) {
  const code = digitsOf(given)
  return native.compatOtplibCheck(secret, kind, ENGINE_ALGORITHMS[algorithm], code, counter, before, after)
}

function token(secret, counter, options) {
  const digest = options.digest || options.createDigest(
    options.algorithm,
    options.createHmacKey(options.algorithm, secret, options.encoding),
    counter.toString(16).padStart(16, '0'),
  )
  const bytes = Buffer.from(digest, 'hex')
  const offset = bytes[bytes.length - 1] & 15
  const value = bytes.length < offset + 4 ? 0 : bytes.readUInt32BE(offset) & 0x7fffffff
  return String(value % 10 ** options.digits).padStart(options.digits, '0')
}

function isToken(value) {
  return typeof value === 'string' && /^\d+$/.test(value)
}

function isSame(given, expected) {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}

function counterAt(epoch, step) {
  return Math.floor(epoch / step / 1000)
}

/** 1, 2, … up to `last`. */
function numbers(last) {
  return Array.from({ length: Math.floor(last) }, (_, index) => index + 1)
}

function keyuri({ type, accountName, issuer, secret, counter, step, digits, algorithm }) {
  if (type === Strategy.HOTP && typeof counter !== 'number') {
    throw new Error('Expecting options.counter to be a number when options.type is "hotp".')
  }
  const parameters = [`secret=${secret}`]
  if (type === Strategy.HOTP) parameters.push(`counter=${counter}`)
  if (step) parameters.push(`period=${step}`)
  if (digits) parameters.push(`digits=${digits}`)
  parameters.push(`algorithm=${algorithm.toUpperCase()}`)
  if (issuer) parameters.push(`issuer=${encodeURIComponent(issuer)}`)
  const label = [issuer || accountName, accountName].map((name) => encodeURIComponent(name))
  return `otpauth://${type}/${label.join(':')}?${parameters.join('&')}`
}

// ----------------------------------------------------------------------------- instances

const hotp = new HOTP({ createDigest })
const totp = new TOTP({ createDigest })
const authenticator = new Authenticator({ createDigest, createRandomBytes, keyDecoder, keyEncoder })

module.exports = { authenticator, hotp, totp, Authenticator, HOTP, TOTP, HashAlgorithms, KeyEncodings }
