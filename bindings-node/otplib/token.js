'use strict'

/** Tokens and their URIs: by the engine where it reads what is given, and by the hooks. */

const { timingSafeEqual } = require('node:crypto')
const { Buffer } = require('node:buffer')
const native = require('../lib/native.js')
const { digitsOf } = require('../lib/totp.js')
const { Strategy } = require('./options.js')

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

module.exports = { counterAt, found, generated, isSame, isToken, keyuri, numbers, token }
