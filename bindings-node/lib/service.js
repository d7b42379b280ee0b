'use strict'

const native = require('./native.js')
const { fromHandle, handleOf } = require('./secret.js')
const { refusal } = require('./shared/error.js')
const { serviceOver } = require('./shared/service.js')
const { fill } = require('./shared/values.js')
const { throwing } = require('./thrown.js')

const create = throwing(native.serviceNew)
const begin = throwing(native.flowNew)
const start = throwing(native.flowStart)
const loaded = throwing(native.flowLoaded)
const swapped = throwing(native.flowSwapped)
const added = throwing(native.flowAdded)
const delivered = throwing(native.flowDelivered)
const simSwapped = throwing(native.flowSimSwapped)
const failed = throwing(native.flowFailed)

class Flow {
  #handle

  constructor(handle) {
    this.#handle = handle
  }

  start(now) {
    return asked(start(this.#handle, now))
  }

  loaded(now, version, bytes) {
    return asked(loaded(this.#handle, now, version, bytes))
  }

  swapped(now, isSwapped) {
    return asked(swapped(this.#handle, now, isSwapped))
  }

  added(now, sum) {
    return asked(added(this.#handle, now, sum))
  }

  delivered(now, isQueued) {
    return asked(delivered(this.#handle, now, isQueued))
  }

  simSwapped(now, answer) {
    return asked(simSwapped(this.#handle, now, answer))
  }

  failed(now, code) {
    return asked(failed(this.#handle, now, code))
  }

  free() {
    this.#handle = null
  }
}

/** The effect that a flow asks for, or what it found. */
function asked(step) {
  // What is absent must not be found in the prototype of all objects.
  const { effect, json, secret, uri, expected, version, bytes, expiresAt, ...rest } = { __proto__: null, ...step }
  if (effect === undefined) {
    const found = JSON.parse(json, reasonOfWay)
    return { found: secret === undefined ? found : Object.assign(found, { secret, uri }) }
  }
  if (effect === 'deliver') return { effect, message: JSON.parse(json) }
  if (effect !== 'swap') return { effect, expiresAt, ...rest }
  const record = version === undefined ? null : { version, bytes, expiresAt: expiresAt ?? null }
  return { effect, expected: expected ?? null, record, ...rest }
}

/** Why a way is closed, as the error it would have been. */
function reasonOfWay(name, value) {
  if (name !== 'reason' || value === null) return value
  const { code, message, ...details } = value
  return refusal(code, message, details)
}

/** What JSON cannot carry: what is no number is out of range, half a character is nothing typed. */
function plain(name, value) {
  if (typeof value === 'string' && /\p{Surrogate}/u.test(value)) return ''
  return typeof value === 'number' && !Number.isFinite(value) ? -1 : value
}

/** The bytes that a flow needs, when it needs them. */
function filled(random) {
  return (length) => {
    const bytes = new Uint8Array(length)
    fill(random, bytes)
    return bytes
  }
}

const Service = serviceOver({
  open: ({ root, sealing }, policy, replayFloor) =>
    create(root, sealing, JSON.stringify(policy, plain), replayFloor),
  checkAccount: throwing(native.accountCheck),
  hand: handleOf,
  begin(raw, account, name, { secret, ...given }, random) {
    const json = JSON.stringify({ [name]: given }, plain)
    return new Flow(begin(raw, account, json, secret, random && filled(random)))
  },
  resume: (random, work) => work(),
  secret: fromHandle,
})

module.exports = { Service }
