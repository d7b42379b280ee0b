'use strict'

const { Made } = require('./made.js')
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
    this.#handle = options instanceof Made
      ? options.handle : built(checked(options, 'secret', 'algorithm', 'digits', 'lookAhead'))
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

function built({ secret, algorithm, digits, lookAhead }) {
  return create(handleOf(secret), optionalText(algorithm, 'algorithm'), number(digits), number(lookAhead))
}

function verification({ outcome, nextCounter: wide }, counter) {
  if (outcome !== 'accepted') return { valid: false, outcome, delta: null, nextCounter: null }
  const nextCounter = typeof counter === 'bigint' ? wide : Number(wide)
  return { valid: true, outcome, delta: Number(wide - BigInt(counter)) - 1, nextCounter }
}

module.exports = { HOTP }
