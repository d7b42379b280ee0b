'use strict'

const native = require('./native.js')
const { Secret, handleOf } = require('./secret.js')
const { KeyfobError } = require('./shared/error.js')
const { serviceOver } = require('./shared/service.js')
const { throwing } = require('./thrown.js')

const create = throwing(native.serviceNew)
const begin = throwing(native.flowNew)
const start = throwing(native.flowStart)
const resume = throwing(native.flowResume)

/** What each flow is given, in the order of the layer that both packages share. */
const ARGUMENTS = {
  createDomain: ['options'],
  viewDomain: ['domain'],
  createUser: ['domain', 'userId', 'secret', 'options'],
  openEnrolment: ['domain', 'userId', 'secret', 'options'],
  viewEnrolment: ['ticket'],
  confirmEnrolment: ['ticket', 'code'],
  verifyTotp: ['domain', 'userId', 'code'],
  viewUser: ['domain', 'userId'],
  deleteUser: ['domain', 'userId'],
  eraseUser: ['domain', 'userId'],
  send: ['options'],
  resend: ['otpId', 'options'],
  verify: ['otpId', 'code', 'options'],
  cancel: ['otpId'],
  viewChallenge: ['otpId'],
  deliveryReport: ['otpId', 'messageId', 'channel', 'state'],
  wanted: ['otpId', 'messageId'],
  fallBack: ['otpId', 'messageId', 'channel'],
  eraseRecipient: ['domain', 'to'],
  checkSimSwap: ['phone', 'maxAgeHours'],
}

class Flow {
  #handle

  constructor(handle) {
    this.#handle = handle
  }

  start(now) {
    return asked(start(this.#handle, now))
  }

  loaded(now, version, bytes) {
    return this.#resume(now, { kind: 'loaded', version, bytes })
  }

  swapped(now, swapped) {
    return this.#resume(now, { kind: 'swapped', swapped })
  }

  added(now, sum) {
    return this.#resume(now, { kind: 'added', sum })
  }

  delivered(now, isQueued) {
    return this.#resume(now, { kind: 'delivered', word: isQueued ? 'queued' : 'sent' })
  }

  simSwapped(now, word) {
    return this.#resume(now, { kind: 'sim-swapped', word })
  }

  failed(now, word) {
    return this.#resume(now, { kind: 'failed', word })
  }

  free() {
    this.#handle = null
  }

  #resume(now, answer) {
    return asked(resume(this.#handle, now, answer))
  }
}

/** The effect that a flow asks for, or what it found. */
function asked({ kind, json, expected, version, bytes, expiresAt, ...rest }) {
  if (kind === 'done') return { found: JSON.parse(json, reasonOfWay) }
  if (kind === 'deliver') return { effect: kind, message: JSON.parse(json) }
  if (kind !== 'swap') return { effect: kind, expiresAt, ...rest }
  const record = version === undefined ? null : { version, bytes, expiresAt: expiresAt ?? null }
  return { effect: kind, expected: expected ?? null, record, ...rest }
}

/** Why a way is closed, as the error it would have been. */
function reasonOfWay(name, value) {
  if (name !== 'reason' || value === null) return value
  const { code, message, ...details } = value
  return new KeyfobError(code, message, details)
}

/** What JSON would change on the way: half a character is none, and what is no number is out of range. */
function plain(name, value) {
  if (typeof value === 'string') return value.toWellFormed?.() ?? value.replace(/\p{Surrogate}/gu, '\ufffd')
  return typeof value === 'number' && !Number.isFinite(value) ? -1 : value
}

/** The bytes that a flow needs, when it needs them. */
function filled(random) {
  return (length) => {
    const bytes = new Uint8Array(length)
    const given = random(bytes)
    // Bytes that are filled later would be zeroes now. The core says entropy-unavailable.
    if (typeof given?.then === 'function') throw new TypeError('random must fill the bytes before it returns')
    return bytes
  }
}

const Service = serviceOver({
  open: ({ root, sealing }, policy, replayFloor) =>
    create(root, sealing.map(({ id, key }) => ({ id: id ?? NaN, key })), JSON.stringify(policy, plain), replayFloor),
  checkAccount: throwing(native.accountCheck),
  hand: handleOf,
  begin(raw, account, name, given, random) {
    const named = Object.fromEntries(ARGUMENTS[name].map((argument, place) => [argument, given[place]]))
    const { secret, options, ...rest } = named
    const json = JSON.stringify({ ...options, ...rest }, plain)
    return new Flow(begin(raw, account, name, json, secret, random && filled(random)))
  },
  resume: (random, work) => work(),
  secret: (base32) => new Secret(base32),
})

module.exports = { Service }
