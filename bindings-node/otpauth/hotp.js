'use strict'

const { Buffer } = require('node:buffer')
const { timingSafeEqual } = require('node:crypto')
const native = require('../lib/native.js')
const { digitsOf } = require('../lib/totp.js')
const { canonical, digest: usualHmac } = require('./algorithm.js')
const { Secret, prepare } = require('./secret.js')

/** The most steps to one side that the engine looks at in one call. */
const WIDEST = 63

class HOTP {
  static get defaults() {
    return { issuer: '', label: 'OTPAuth', issuerInLabel: true, algorithm: 'SHA1', digits: 6, counter: 0, window: 1 }
  }

  static generate({ secret, algorithm = 'SHA1', digits = 6, counter = 0, hmac }) {
    const key = keyOf(secret, algorithm, digits, hmac)
    const code = key && typeof counter === 'number' ? native.compatGenerate(key, counter) : null
    return code ?? computed({ secret, algorithm, digits, counter, hmac })
  }

  generate({ counter = this.counter++ } = {}) {
    const { secret, algorithm, digits, hmac } = this
    return HOTP.generate({ secret, algorithm, digits, counter, hmac })
  }

  static validate({ token, secret, algorithm = 'SHA1', digits = 6, counter = 0, window = 1, hmac }) {
    return search(token, secret, algorithm, digits, counter, window, hmac)
  }

  validate({ token, counter = this.counter, window = 1 }) {
    return search(token, this.secret, this.algorithm, this.digits, counter, window, this.hmac)
  }

  toString() {
    return uriOf('hotp', this, `counter=${encodeURIComponent(this.counter)}`)
  }

  constructor({ counter = 0, ...options } = {}) {
    const { hmac, ...others } = described(options)
    Object.assign(this, others, { counter, hmac })
  }
}

/** What both kinds are described by, in the order in which otpauth has it. */
function described({ issuer = '', label = 'OTPAuth', issuerInLabel = true, secret = new Secret(), algorithm = 'SHA1', digits = 6, hmac }) {
  return {
    issuer,
    label,
    issuerInLabel,
    secret: typeof secret === 'string' ? Secret.fromBase32(secret) : secret,
    algorithm: hmac ? algorithm : canonical(algorithm),
    digits,
    hmac,
  }
}

/** How far from `counter` the token belongs, nearest first; null if to none in the window, or no text. */
function search(token, secret, algorithm, digits, counter, window, hmac) {
  if (token.length !== digits || typeof token !== 'string') return null
  const key = keyOf(secret, algorithm, digits, hmac)
  if (key !== undefined && window <= WIDEST) {
    const delta = native.compatNearest(key, digitsOf(token), counter, window)
    if (delta === delta) return delta === Infinity ? null : delta
  }
  return searched(token, { secret, algorithm, digits, hmac }, counter, window)
}

/** As `search`, a code at a time: for what the engine does not take in one call. */
function searched(token, options, counter, window) {
  const isCode = (delta) => isSame(token, HOTP.generate({ ...options, counter: counter + delta }))
  if (isCode(0)) return 0
  for (let distance = 1; distance <= window; distance++) {
    if (isCode(-distance)) return -distance
    if (isCode(distance)) return distance
  }
  return null
}

/** The engine's key, where the engine makes such codes. */
function keyOf(secret, algorithm, digits, hmac) {
  if (hmac !== undefined) return undefined
  if (algorithm !== 'SHA1' && algorithm !== 'SHA256' && algorithm !== 'SHA512') return undefined
  if (digits !== 6 && digits !== 7 && digits !== 8) return undefined
  return prepare(secret, algorithm, digits)
}

/** A code as RFC 4226, section 5.3 has it, by whatever computes the HMAC. */
function computed({ secret, algorithm, digits, counter, hmac = usualHmac }) {
  const digest = hmac(algorithm, secret.bytes, messageOf(counter))
  if (!digest?.byteLength || digest.byteLength < 19) throw new TypeError('Return value must be at least 19 bytes')
  const offset = digest[digest.byteLength - 1] & 15
  const number = [0, 1, 2, 3].reduce((sum, place) => sum * 256 + (digest[offset + place] ?? 0), 0) % 2 ** 31
  return String(number % 10 ** digits).padStart(digits, '0')
}

/** The counter in 64 bits; below zero in two's complement. */
function messageOf(counter) {
  const message = new Uint8Array(8)
  new DataView(message.buffer).setBigInt64(0, BigInt(Math.trunc(counter)))
  return message
}

function isSame(token, code) {
  const [given, expected] = [Buffer.from(String(token)), Buffer.from(code)]
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function uriOf(type, { issuer, label, issuerInLabel, secret, algorithm, digits }, last) {
  const encode = encodeURIComponent
  const path = issuer.length > 0 && issuerInLabel ? `${encode(issuer)}:${encode(label)}` : encode(label)
  const query = [
    ...(issuer.length > 0 ? [`issuer=${encode(issuer)}`] : []),
    `secret=${encode(secret.base32)}`,
    `algorithm=${encode(algorithm)}`,
    `digits=${encode(digits)}`,
    last,
  ]
  return `otpauth://${type}/${path}?${query.join('&')}`
}

module.exports = { HOTP, described, search, uriOf }
