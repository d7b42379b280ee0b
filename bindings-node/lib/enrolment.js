'use strict'

const native = require('./native.js')
const { invalid, throwing } = require('./error.js')
const { HOTP } = require('./hotp.js')
const { fromHandle, handleOf } = require('./secret.js')
const { Steam } = require('./steam.js')
const { TOTP } = require('./totp.js')
const { count, fitting, number, optionalText, options: checked, redact, text } = require('./values.js')

const create = throwing(native.enrolmentNew)
const checkGenerator = throwing(native.enrolmentCheckGenerator)
const parse = throwing(native.enrolmentParse)
const parseMigration = throwing(native.migrationParse)
const writeMigration = throwing(native.migrationExport)
const svg = throwing(native.qrSvg)
const png = throwing(native.qrPng)
const terminal = throwing(native.qrText)

let handleOfEnrolment

class Enrolment {
  #handle

  constructor(options) {
    const { handle, warnings } = options instanceof Read ? options : { handle: built(options), warnings: [] }
    const { kind, parameters, counter, ...fields } = native.enrolmentFields(handle)
    this.#handle = handle
    this.type = kind
    this.issuer = fields.issuer ?? null
    this.account = fields.account
    this.secret = fromHandle(native.enrolmentSecret(handle))
    this.algorithm = fields.algorithm
    this.digits = fields.digits
    this.period = fields.period ?? null
    this.counter = counter === null || counter === undefined ? null : fitting(counter)
    this.parameters = parameters.map(({ name, value }) => [name, value])
    this.warnings = warnings.map(({ code, message }) => ({ code, message }))
    Object.freeze(this)
  }

  toUri() {
    return native.enrolmentUri(this.#handle)
  }

  generator() {
    checkGenerator(this.#handle)
    if (this.type === 'steam') return new Steam(this)
    return this.type === 'hotp' ? new HOTP(this) : new TOTP(this)
  }

  compatibility() {
    return native.enrolmentCompatibility(this.#handle)
  }

  static {
    handleOfEnrolment = (enrolment) => {
      if (typeof enrolment === 'object' && enrolment !== null && #handle in enrolment) return enrolment.#handle
      throw invalid('enrolments', 'Enrolment objects')
    }
  }
}
redact(Enrolment, (enrolment) => ({ ...enrolment, secret: String(enrolment.secret) }))

/** An enrolment that the engine read, on its way into an Enrolment. */
class Read {
  constructor(handle, warnings = []) {
    this.handle = handle
    this.warnings = warnings
  }
}

function built(options) {
  const { type, secret, account, issuer, algorithm, digits, period, counter, parameters } = checked(options)
  return create(handleOf(secret), {
    kind: text(type ?? 'totp', 'type'),
    account: text(account, 'account'),
    issuer: optionalText(issuer, 'issuer'),
    algorithm: optionalText(algorithm, 'algorithm'),
    digits: number(digits, undefined),
    period: number(period, undefined),
    counter: count(counter ?? 0, 'counter'),
    parameters: Array.from(parameters ?? [], ([name, value]) => ({
      name: text(name, 'parameters'),
      value: text(value, 'parameters'),
    })),
  })
}

function parseUri(uri, options) {
  const { enrolment, warnings } = parse(text(uri, 'uri'), text(checked(options).mode ?? 'strict', 'mode'))
  return new Enrolment(new Read(enrolment, warnings))
}

function keyuri(options) {
  return new Enrolment(options).toUri()
}

function importMigration(uri) {
  const { entries, ...read } = parseMigration(text(uri, 'uri'))
  return { entries: entries.map((handle) => new Enrolment(new Read(handle))), ...read }
}

function exportMigration(enrolments, batchId) {
  const handles = Array.from(enrolments, handleOfEnrolment)
  if (batchId === undefined) return writeMigration(handles, native.randomBatchId())
  if (Object.is(batchId | 0, batchId)) return writeMigration(handles, batchId)
  throw invalid('batchId', 'a whole number of 32 bits')
}

function qrSvg(content, options) {
  const { errorCorrection, title, pixels } = checked(options)
  return svg(qrContent(content), level(errorCorrection), optionalText(title, 'title'), number(pixels, undefined))
}

function qrPng(content, options) {
  const { errorCorrection, scale } = checked(options)
  return png(qrContent(content), level(errorCorrection), number(scale, 8))
}

function qrText(content, options) {
  return terminal(qrContent(content), level(checked(options).errorCorrection))
}

function qrContent(content) {
  return content instanceof Enrolment ? content.toUri() : text(content, 'text')
}

function level(errorCorrection) {
  return text(errorCorrection ?? 'medium', 'errorCorrection')
}

module.exports = { Enrolment, parseUri, keyuri, importMigration, exportMigration, qrSvg, qrPng, qrText }
