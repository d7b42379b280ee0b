'use strict'

const { Buffer } = require('node:buffer')
const { randomFillSync } = require('node:crypto')
const native = require('../lib/native.js')
const { redact } = require('../lib/shared/printing.js')
const { encodeBase32 } = require('../lib/base32.js')

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const HEX = '0123456789ABCDEF'

let prepare

class Secret {
  #prepared = null

  constructor({ buffer, size = 20 } = {}) {
    const bytes = buffer === undefined ? randomFillSync(new Uint8Array(size)) : new Uint8Array(buffer)
    Object.defineProperty(this, 'bytes', { writable: false, configurable: false, value: bytes })
  }

  static fromLatin1(text) {
    return new Secret({ buffer: Uint8Array.from(text, (character) => character.charCodeAt(0) & 255).buffer })
  }

  static fromUTF8(text) {
    return new Secret({ buffer: new TextEncoder().encode(text) })
  }

  static fromBase32(text) {
    const letters = bare(text).replace(/=+$/, '')
    const bytes = new Uint8Array(Math.floor((letters.length * 5) / 8))
    let value = 0
    let bits = 0
    let filled = 0
    for (const letter of letters) {
      value = ((value << 5) | placeOf(letter, BASE32, letter)) & 0xfff
      bits += 5
      if (bits < 8) continue
      bits -= 8
      bytes[filled++] = value >> bits
    }
    return new Secret({ buffer: bytes.buffer })
  }

  static fromHex(text) {
    const pairs = bare(text).match(/..?/gsu) ?? []
    const byte = (pair) => placeOf(pair[0], HEX, pair) * 16 + placeOf(pair[1], HEX, pair)
    return new Secret({ buffer: Uint8Array.from(pairs, byte).buffer })
  }

  get buffer() {
    return this.bytes.buffer
  }

  toJSON() {
    return String(this)
  }

  get latin1() {
    return Buffer.from(this.bytes).toString('latin1')
  }

  get utf8() {
    return new TextDecoder().decode(this.bytes)
  }

  get base32() {
    return encodeBase32(this.bytes)
  }

  get hex() {
    return Buffer.from(this.bytes).toString('hex').toUpperCase()
  }

  static {
    /**
     * The engine's key for this secret, prepared once for as long as the bytes, the algorithm
     * and the length of codes stay. Undefined for what the engine takes no key of.
     */
    prepare = (secret, algorithm, digits) => {
      if (!(typeof secret === 'object' && secret !== null && #prepared in secret)) return undefined
      const known = secret.#prepared
      if (known !== null && known.algorithm === algorithm && known.digits === digits && isSame(known.bytes, secret.bytes)) {
        return known.key
      }
      const { bytes } = secret
      if (bytes.length < 1 || bytes.length > 256) return undefined
      const key = native.compatKey(bytes, algorithm, digits)
      secret.#prepared = { algorithm, digits, bytes: Uint8Array.from(bytes), key }
      return key
    }
  }
}
redact(Secret, (secret) => `Secret(redacted, ${secret.bytes.length * 8} bits)`)

function bare(text) {
  return text.replaceAll(' ', '').toUpperCase()
}

function placeOf(character, alphabet, shown) {
  const place = character === undefined ? -1 : alphabet.indexOf(character)
  if (place < 0) throw new TypeError(`Invalid character found: ${shown}`)
  return place
}

/** Whether nobody wrote into the bytes since. Both are ours: nothing to be timed. */
function isSame(one, other) {
  if (one.length !== other.length) return false
  for (let place = 0; place < one.length; place++) {
    if (one[place] !== other[place]) return false
  }
  return true
}

module.exports = { Secret, prepare }
