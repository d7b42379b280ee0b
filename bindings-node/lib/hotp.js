'use strict'

const native = require('./native.js')
const { invalid, throwing } = require('./error.js')
const { handleOf } = require('./secret.js')
const { algorithmName, digitsOf } = require('./totp.js')
const { count, fix, number, options: checked, text, typed } = require('./values.js')

const { hotpVerify } = native
const create = throwing(native.hotpNew)
const generateFor = throwing(native.hotpGenerate)
const verifyWide = throwing(native.hotpVerifyWide)
const resynchronise = throwing(native.hotpResynchronise)

class HOTP {
  #handle

  constructor(options) {
    const { secret, algorithm, digits, lookAhead } = checked(options)
    this.algorithm = algorithmName(text(algorithm ?? 'SHA1', 'algorithm'))
    this.digits = number(digits, 6)
    fix(this, 'algorithm', 'digits')
    this.#handle = create(handleOf(secret), this.algorithm, this.digits, number(lookAhead, 10))
  }

  generate(counter) {
    return generateFor(this.#handle, count(counter, 'counter'))
  }

  verify(code, counter) {
    if (typeof counter === 'bigint') {
      return verification(verifyWide(this.#handle, typed(code), counter), counter)
    }
    if (!Number.isSafeInteger(counter)) throw invalid('counter', 'a whole number or a bigint')
    const next = hotpVerify(this.#handle, digitsOf(code), counter)
    if (next !== next) return verification(verifyWide(this.#handle, typed(code), counter), counter)
    if (next > 0) return { valid: true, outcome: 'accepted', delta: next - counter - 1, nextCounter: next }
    return { valid: false, outcome: next === -1 ? 'mismatch' : 'malformed', delta: null, nextCounter: null }
  }

  resynchronise(first, second, counter, range) {
    const from = count(counter, 'counter')
    return verification(resynchronise(this.#handle, typed(first), typed(second), from, number(range, 100)), from)
  }
}

function verification({ outcome, nextCounter: wide }, counter) {
  if (outcome !== 'accepted') return { valid: false, outcome, delta: null, nextCounter: null }
  const nextCounter = typeof counter === 'bigint' ? wide : Number(wide)
  return { valid: true, outcome, delta: Number(wide - BigInt(counter)) - 1, nextCounter }
}

module.exports = { HOTP }
