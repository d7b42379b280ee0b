'use strict'

const { Made } = require('./made.js')
const native = require('./native.js')
const { misuse } = require('./shared/error.js')
const { redact } = require('./shared/printing.js')
const { count, isBytes, text } = require('./shared/values.js')
const { throwing } = require('./thrown.js')

const fromBytes = throwing(native.secretFromBytes)
const fromBase32 = throwing(native.secretFromBase32)
const generated = throwing(native.secretGenerate)

let handleOf
let fromHandle

class Secret {
  #handle

  constructor(secret) {
    this.#handle = secret instanceof Made ? secret.handle : handleOf(secret)
  }

  static generate(bytes) {
    return fromHandle(generated((bytes ?? null) === null ? undefined : Number(count(bytes, 'bytes'))))
  }

  get bits() {
    return native.secretBits(this.#handle)
  }

  get isShort() {
    return native.secretIsShort(this.#handle)
  }

  exposeBytes() {
    return native.secretExposeBytes(this.#handle)
  }

  exposeBase32() {
    return native.secretExposeBase32(this.#handle)
  }

  equals(other) {
    return native.secretEquals(this.#handle, handleOf(other))
  }

  toJSON() {
    return String(this)
  }

  static {
    /** The engine's secret, of whatever a secret can be given as. */
    handleOf = (secret) => {
      if (typeof secret === 'string') return fromBase32(text(secret, 'secret'))
      if (isBytes(secret)) return fromBytes(secret)
      if (typeof secret === 'object' && secret !== null && #handle in secret) return secret.#handle
      throw misuse('secret', 'a Secret, a Uint8Array or base32')
    }
    fromHandle = (handle) => new Secret(new Made(handle))
  }
}
redact(Secret, (secret) => `Secret(redacted, ${secret.bits} bits)`)

function generateSecret(bytes) {
  return Secret.generate(bytes)
}

module.exports = { Secret, generateSecret, handleOf, fromHandle }
