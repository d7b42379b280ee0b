'use strict'

const { Made } = require('./made.js')
const native = require('./native.js')
const { handleOf } = require('./secret.js')
const { fix, redact } = require('./shared/printing.js')
const {
  count, driftOf, judging, number, optionalText, options: checked, sides, time, typed,
} = require('./shared/values.js')
const { throwing } = require('./thrown.js')

const PARAMETERS = ['secret', 'algorithm', 'digits', 'period', 'window', 'epoch', 'driftLimit']

const { totpVerify, totpVerifyAfter } = native
const create = throwing(native.totpNew)
const generateAt = throwing(native.totpGenerate)
const atStep = throwing(native.totpAtStep)
const stepOf = throwing(native.totpStep)
const remainingAt = throwing(native.totpRemaining)
const verifyWide = throwing(native.totpVerifyWide)

class TOTP {
  #handle

  constructor(options) {
    this.#handle = options instanceof Made ? options.handle : built(checked(options, ...PARAMETERS))
    fix(this, native.totpFields(this.#handle))
  }

  generate(at) {
    return generateAt(this.#handle, time(at))
  }

  atStep(step) {
    return atStep(this.#handle, count(step, 'step'))
  }

  step(at) {
    const step = stepOf(this.#handle, time(at))
    return step === null || typeof at === 'bigint' ? step : Number(step)
  }

  remaining(at) {
    return Number(remainingAt(this.#handle, time(at)))
  }

  verify(code, options) {
    const { time: at, state } = judging(options)
    const now = at ?? Date.now() / 1000
    if (typeof now !== 'number' || typeof state?.lastStep === 'bigint') return this.#verifyWide(code, at, state)
    const packed = (state ?? null) === null
      ? totpVerify(this.#handle, digitsOf(code), now) : this.#verifyAfter(code, now, state)
    return packed === packed ? unpacked(packed) : this.#verifyWide(code, at, state)
  }

  #verifyAfter(code, now, state) {
    const drift = driftOf(state)
    return totpVerifyAfter(this.#handle, digitsOf(code), now, state.lastStep ?? -1, drift)
  }

  #verifyWide(code, at, state) {
    const drift = driftOf(state)
    const verified = verifyWide(this.#handle, typed(code), time(at), state?.lastStep ?? null, drift)
    return verification(verified, typeof at === 'bigint')
  }
}
redact(TOTP, (totp) => `TOTP(${totp.algorithm}, ${totp.digits} digits, ${totp.period} s)`)

function built({ secret, algorithm, digits, period, window, epoch, driftLimit }) {
  const [before, after] = sides(window)
  return create(handleOf(secret), {
    algorithm: optionalText(algorithm, 'algorithm'),
    digits: number(digits),
    period: number(period),
    before,
    after,
    epoch: count(epoch ?? 0, 'epoch'),
    driftLimit: number(driftLimit),
  })
}

/** The digits of a code after a 1: a number crosses into the engine sooner than text does. */
function digitsOf(code) {
  if (typeof code !== 'string' || code.length > 8) return 0
  let number = 1
  for (let place = 0; place < code.length; place++) {
    const digit = code.charCodeAt(place) - 48
    if (digit < 0 || digit > 9) return 0
    number = number * 10 + digit
  }
  return number
}

/** The inverse of what `src/totp.rs` packs. */
function unpacked(packed) {
  if (packed >= 0) {
    const step = Math.floor(packed / 131072)
    const low = packed - step * 131072
    const drift = (low & 255) - 128
    return { valid: true, outcome: 'accepted', delta: (low >> 8) - 256, step, state: { lastStep: step, drift } }
  }
  if (packed === -1) return { valid: false, outcome: 'mismatch', delta: null, step: null, state: null }
  if (packed === -2) return { valid: false, outcome: 'malformed', delta: null, step: null, state: null }
  return { valid: false, outcome: 'replayed', delta: null, step: -3 - packed, state: null }
}

/** What the engine says of numbers of any size, in the kind of number that was asked with. */
function verification({ outcome, delta, step: wide, drift }, isWide) {
  const step = wide === null || wide === undefined ? null : isWide ? wide : Number(wide)
  const valid = outcome === 'accepted'
  return { valid, outcome, delta: delta ?? null, step, state: valid ? { lastStep: step, drift } : null }
}

function generate(options) {
  const { time: at, ...parameters } = checked(options, ...PARAMETERS, 'time')
  return new TOTP(parameters).generate(at)
}

function verify(options) {
  const { code, time: at, state, ...parameters } = checked(options, ...PARAMETERS, 'code', 'time', 'state')
  return new TOTP(parameters).verify(code, { time: at, state })
}

module.exports = { TOTP, generate, verify, digitsOf, verification }
