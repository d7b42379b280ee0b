'use strict'

const { Made } = require('./made.js')
const native = require('./native.js')
const { handleOf } = require('./secret.js')
const { redact } = require('./shared/printing.js')
const { driftOf, judging, options: checked, sides, time, typed } = require('./shared/values.js')
const { throwing } = require('./thrown.js')
const { verification } = require('./totp.js')

const create = throwing(native.steamNew)
const generateAt = throwing(native.steamGenerate)
const remainingAt = throwing(native.steamRemaining)
const verifyAt = throwing(native.steamVerify)

class Steam {
  #handle

  constructor(options) {
    this.#handle = options instanceof Made ? options.handle : built(checked(options, 'secret', 'window'))
  }

  generate(at) {
    return generateAt(this.#handle, time(at))
  }

  remaining(at) {
    return Number(remainingAt(this.#handle, time(at)))
  }

  verify(code, options) {
    const { time: at, state } = judging(options)
    const drift = driftOf(state)
    const verified = verifyAt(this.#handle, typed(code), time(at), state?.lastStep ?? null, drift)
    return verification(verified, typeof at === 'bigint')
  }
}
redact(Steam, () => 'Steam()')

function built({ secret, window }) {
  return create(handleOf(secret), ...sides(window))
}

module.exports = { Steam }
