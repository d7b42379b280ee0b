'use strict'

const native = require('./native.js')
const { throwing } = require('./error.js')
const { handleOf } = require('./secret.js')
const { checkedState, verification } = require('./totp.js')
const { options: checked, time, typed, window } = require('./values.js')

const create = throwing(native.steamNew)
const generateAt = throwing(native.steamGenerate)
const remainingAt = throwing(native.steamRemaining)
const verifyAt = throwing(native.steamVerify)

class Steam {
  #handle

  constructor(options) {
    const { secret, window: steps } = checked(options)
    this.#handle = create(handleOf(secret), ...window(steps))
  }

  generate(at) {
    return generateAt(this.#handle, time(at))
  }

  remaining(at) {
    return Number(remainingAt(this.#handle, time(at)))
  }

  verify(code, options) {
    const { time: at, state } = checked(options)
    const lastStep = state?.lastStep ?? null
    const drift = checkedState(typeof lastStep === 'number' ? lastStep : 0, state)
    return verification(verifyAt(this.#handle, typed(code), time(at), lastStep, drift), typeof at === 'bigint')
  }
}

module.exports = { Steam }
