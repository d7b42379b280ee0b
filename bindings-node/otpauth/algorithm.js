'use strict'

const { createHmac } = require('node:crypto')

/** Any spelling that otpauth knows, and what it writes. */
const SPELLING = /^(?:(SHA-?1|SSL3-SHA1)|SHA(?:2?-)?(224|256|384|512)|SHA3-(224|256|384|512))$/i

function canonical(algorithm) {
  const [, sha1, sha2, sha3] = SPELLING.exec(algorithm) ?? []
  if (sha1) return 'SHA1'
  if (sha2) return `SHA${sha2}`
  if (sha3) return `SHA3-${sha3}`
  throw new TypeError(`Unknown hash algorithm: ${algorithm}`)
}

function digest(algorithm, key, message) {
  return createHmac(algorithm, key).update(message).digest()
}

module.exports = { canonical, digest }
