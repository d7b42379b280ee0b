'use strict'

const { Buffer } = require('node:buffer')
const { KeyfobError, misuse } = require('./shared/error.js')

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/**
 * Decodes base32 as users of otplib have it in their databases: any case, up to the first
 * "=", spaces and hyphens left out, and whatever bits are left over at the end dropped.
 */
function decodeBase32(text) {
  if (typeof text !== 'string') throw misuse('secret', 'given, as a string of base32')
  const bytes = []
  let value = 0
  let bits = 0
  for (const [position, character] of [...text].entries()) {
    if (character === '=') break
    if (character === ' ' || character === '-') continue
    const place = ALPHABET.indexOf(character.toUpperCase())
    if (place < 0) {
      const message = `character ${position + 1} of the secret is not base32`
      throw new KeyfobError('secret-character', message, { argument: 'secret', position })
    }
    value = ((value << 5) | place) & 0xfff
    bits += 5
    if (bits < 8) continue
    bits -= 8
    bytes.push((value >> bits) & 255)
  }
  return Buffer.from(bytes)
}

/** Upper-case base32 without padding. */
function encodeBase32(bytes) {
  let text = ''
  let value = 0
  let bits = 0
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET[(value >> (bits - 5)) & 31]
  }
  return bits === 0 ? text : text + ALPHABET[(value << (5 - bits)) & 31]
}

module.exports = { decodeBase32, encodeBase32 }
