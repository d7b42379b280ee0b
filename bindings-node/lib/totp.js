'use strict'

const native = require('./native.js')
const { invalid, throwing } = require('./error.js')
const { handleOf } = require('./secret.js')
const { count, fix, number, options: checked, text, time, typed, window } = require('./values.js')

const { totpVerify, totpVerifyAfter } = native
const algorithmName = throwing(native.algorithmName)
const create = throwing(native.totpNew)
const generateAt = throwing(native.totpGenerate)
const atStep = throwing(native.totpAtStep)
const stepOf = throwing(native.totpStep)
const remainingAt = throwing(native.totpRemaining)
const verifyWide = throwing(native.totpVerifyWide)

class TOTP {
  #handle

  constructor(options) {
    const { secret, algorithm, digits, period, window: steps, epoch, driftLimit } = checked(options)
    const [before, after] = window(steps)
    this.algorithm = algorithmName(text(algorithm ?? 'SHA1', 'algorithm'))
    this.digits = number(digits, 6)
    this.period = number(period, 30)
    this.#handle = create(handleOf(secret), {
      algorithm: this.algorithm,
      digits: this.digits,
      period: this.period,
      before,
      after,
      epoch: count(epoch ?? 0, 'epoch'),
      driftLimit: number(driftLimit, 0),
    })
    fix(this, 'algorithm', 'digits', 'period')
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
    const at = options?.time
    const state = options?.state
    const now = at === undefined ? Date.now() / 1000 : at
    if (typeof now !== 'number' || typeof state?.lastStep === 'bigint') return this.#verifyWide(code, at, state)
    const packed =
      state === undefined ? totpVerify(this.#handle, digitsOf(code), now) : this.#verifyAfter(code, now, state)
    return packed === packed ? unpacked(packed) : this.#verifyWide(code, now, state)
  }

  #verifyAfter(code, now, state) {
    const lastStep = state?.lastStep ?? -1
    return totpVerifyAfter(this.#handle, digitsOf(code), now, lastStep, checkedState(lastStep, state))
  }

  #verifyWide(code, at, state) {
    const verified = verifyWide(this.#handle, typed(code), time(at), state?.lastStep ?? null, checkedState(0, state))
    return verification(verified, typeof at === 'bigint')
  }
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

/** The drift of a state that is one. What is none must not pass for a fresh one. */
function checkedState(lastStep, state) {
  if (state === undefined || state === null) return 0
  if (typeof state !== 'object' || state.lastStep === undefined) {
    throw invalid('state', 'what `verify` returned as `state`, an object with lastStep')
  }
  if (!Number.isSafeInteger(lastStep) || (lastStep < 0 && state.lastStep != null)) {
    throw invalid('state', 'one whose lastStep is null, a whole number from 0 to 2^53 - 1 or a bigint')
  }
  const drift = state.drift ?? 0
  if (typeof drift !== 'number' || drift < -128 || drift > 127 || !Number.isInteger(drift)) {
    throw invalid('state', 'one whose drift is a whole number from -128 to 127')
  }
  return drift
}

function generate(options) {
  return new TOTP(options).generate(options.time)
}

function verify(options) {
  return new TOTP(options).verify(options.code, options)
}

module.exports = { TOTP, algorithmName, generate, verify, digitsOf, checkedState, verification }
