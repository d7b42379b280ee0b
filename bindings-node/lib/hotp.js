'use strict'

const native = require('./native.js')
const { handleOf } = require('./secret.js')
const { fix, redact } = require('./shared/printing.js')
const { count, number, optionalText, options: checked, typed } = require('./shared/values.js')
const { throwing } = require('./thrown.js')
const { digitsOf } = require('./totp.js')

const { hotpVerify } = native
const create = throwing(native.hotpNew)
const generateFor = throwing(native.hotpGenerate)
const verifyWide = throwing(native.hotpVerifyWide)
const resynchronise = throwing(native.hotpResynchronise)

class HOTP {
  #handle

  constructor(options) {
    const { secret, algorithm, digits, lookAhead } = checked(options)
    const words = [optionalText(algorithm, 'algorithm'), number(digits), number(lookAhead)]
    this.#handle = create(handleOf(secret), ...words)
    fix(this, native.hotpFields(this.#handle))
  }

  generate(counter) {
    return generateFor(this.#handle, count(counter, 'counter'))
  }

  verify(code, counter) {
    if (typeof count(counter, 'counter') === 'bigint') {
      return verification(verifyWide(this.#handle, typed(code), counter), counter)
    }
    const next = hotpVerify(this.#handle, digitsOf(code), counter)
    if (next !== next) return verification(verifyWide(this.#handle, typed(code), counter), counter)
    if (next > 0) return { valid: true, outcome: 'accepted', delta: next - counter - 1, nextCounter: next }
    return { valid: false, outcome: next === -1 ? 'mismatch' : 'malformed', delta: null, nextCounter: null }
  }

  resynchronise(first, second, counter, range) {
    const from = count(counter, 'counter')
    return verification(resynchronise(this.#handle, typed(first), typed(second), from, number(range)), from)
  }
}
redact(HOTP, (hotp) => `HOTP(${hotp.algorithm}, ${hotp.digits} digits)`)

function verification({ outcome, nextCounter: wide }, counter) {
  if (outcome !== 'accepted') return { valid: false, outcome, delta: null, nextCounter: null }
  const nextCounter = typeof counter === 'bigint' ? wide : Number(wide)
  return { valid: true, outcome, delta: Number(wide - BigInt(counter)) - 1, nextCounter }
}

module.exports = { HOTP }
