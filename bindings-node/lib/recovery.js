'use strict'

const { Buffer } = require('node:buffer')
const { Made } = require('./made.js')
const native = require('./native.js')
const { misuse } = require('./shared/error.js')
const { redact } = require('./shared/printing.js')
const { number, typed } = require('./shared/values.js')
const { throwing } = require('./thrown.js')

const generateSet = throwing(native.recoveryGenerate)
const readSet = throwing(native.recoveryRead)

class RecoverySet {
  #handle

  constructor(stored) {
    this.#handle = stored instanceof Made ? stored.handle : readSet(entriesOf(stored))
  }

  static generate(count) {
    const { codes, set } = generateSet(number(count))
    return { codes, set: new RecoverySet(new Made(set)) }
  }

  get remaining() {
    return native.recoveryRemaining(this.#handle)
  }

  redeem(code) {
    const { outcome, remaining } = native.recoveryRedeem(this.#handle, typed(code))
    return { valid: outcome === 'accepted', outcome, remaining }
  }

  toJSON() {
    const entries = native.recoveryEntries(this.#handle)
    return { entries: entries.map(({ hash, used }) => ({ hash: Buffer.from(hash).toString('hex'), used })) }
  }
}

redact(RecoverySet, (set) => `RecoverySet(${set.remaining} left)`)

function entriesOf(stored) {
  const entries = stored?.entries
  const isEntry = (entry) => /^[0-9a-f]{64}$/.test(entry?.hash) && typeof entry.used === 'boolean'
  if (!Array.isArray(entries) || !entries.every(isEntry)) {
    throw misuse('stored', 'what toJSON made, parsed: { entries: [{ hash, used }] }')
  }
  return entries.map(({ hash, used }) => ({ hash: Buffer.from(hash, 'hex'), used }))
}

function normaliseRecoveryCode(code) {
  return native.recoveryNormalise(typed(code))
}

module.exports = { RecoverySet, normaliseRecoveryCode }
