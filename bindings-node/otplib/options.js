'use strict'

/** The options of otplib 12: their values, their usual hooks, their checks, and what they come to. */

const { createHmac, randomBytes } = require('node:crypto')
const { Buffer } = require('node:buffer')
const { decodeBase32, encodeBase32 } = require('../lib/base32.js')

const HashAlgorithms = Object.freeze({ SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' })
const KeyEncodings = Object.freeze({ ASCII: 'ascii', BASE64: 'base64', HEX: 'hex', LATIN1: 'latin1', UTF8: 'utf8' })
const Strategy = Object.freeze({ HOTP: 'hotp', TOTP: 'totp' })

/** How the engine reads secrets: `Kind` of `src/compat.rs`. */
const PLAIN = 0
const ASCII = 1
const BASE32 = 2

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

// ------------------------------------------------------------- defaults, checks and plans

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

module.exports = {
  ASCII, BASE32, PLAIN, HashAlgorithms, KeyEncodings, Strategy,
  checkAuthenticator, checkHotp, checkObject, checkTotp, createDigest, createRandomBytes, encodeWhole,
  hotpDefaults, keyDecoder, keyEncoder, planOf, totpDefaults,
}
