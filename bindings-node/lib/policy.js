'use strict'

const native = require('./native.js')
const { fix } = require('./shared/printing.js')
const { number, optionalText, options: checked, typed } = require('./shared/values.js')
const { throwing } = require('./thrown.js')

const createPolicy = throwing(native.policyNew)
const generateCode = throwing(native.policyGenerate)

class CodePolicy {
  #handle

  constructor(options) {
    const { length, alphabet } = checked(options, 'length', 'alphabet')
    this.#handle = createPolicy(number(length), optionalText(alphabet, 'alphabet'))
    fix(this, native.policyFields(this.#handle))
  }

  get entropyMillibits() {
    return native.policyEntropyMillibits(this.#handle)
  }

  get isGuessable() {
    return native.policyIsGuessable(this.#handle)
  }

  generate() {
    return generateCode(this.#handle)
  }

  normalise(code) {
    return native.policyNormalise(this.#handle, typed(code))
  }
}

module.exports = { CodePolicy }
