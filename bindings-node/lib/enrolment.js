'use strict'

const { Made } = require('./made.js')
const native = require('./native.js')
const { HOTP } = require('./hotp.js')
const { fromHandle, handleOf } = require('./secret.js')
const { checkKind, shown } = require('./shared/enrolment.js')
const { misuse } = require('./shared/error.js')
const { hide, redact } = require('./shared/printing.js')
const { count, items, number, optionalText, options: checked, text } = require('./shared/values.js')
const { Steam } = require('./steam.js')
const { throwing } = require('./thrown.js')
const { TOTP } = require('./totp.js')

const create = throwing(native.enrolmentNew)
const generatorOf = throwing(native.enrolmentGenerator)
const parse = throwing(native.enrolmentParse)

const GENERATORS = { totp: TOTP, hotp: HOTP, steam: Steam }

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
    Object.freeze(hide(this, 'parameters'))
  }

  toUri() {
    return native.enrolmentUri(this.#handle)
  }

  generator() {
    return new GENERATORS[this.type](new Made(generatorOf(this.#handle)))
  }

  compatibility() {
    return native.enrolmentCompatibility(this.#handle)
  }

  toJSON() {
    return shown(this)
  }

  static {
    handleOfEnrolment = (enrolment) => {
      if (typeof enrolment === 'object' && enrolment !== null && #handle in enrolment) return enrolment.#handle
      throw misuse('enrolments', 'Enrolment objects')
    }
  }
}
redact(Enrolment, (enrolment) => `Enrolment ${JSON.stringify(enrolment)}`)

/** An enrolment that the engine read, on its way into an Enrolment. */
class Read {
  constructor(handle, warnings = []) {
    this.handle = handle
    this.warnings = warnings
  }
}

function built(options) {
  const { type, secret, account, issuer, algorithm, digits, period, counter, parameters } = checkKind(checked(
    options, 'secret', 'type', 'account', 'issuer', 'algorithm', 'digits', 'period', 'counter', 'parameters',
  ))
  return create(handleOf(secret), {
    kind: optionalText(type, 'type'),
    account: text(account, 'account'),
    issuer: optionalText(issuer, 'issuer'),
    algorithm: optionalText(algorithm, 'algorithm'),
    digits: number(digits),
    period: number(period),
    counter: count(counter ?? 0, 'counter'),
    parameters: items(parameters ?? [], 'parameters', 'pairs of a name and a value').map((pair) => ({
      name: text(pair?.[0], 'parameters'),
      value: text(pair?.[1], 'parameters'),
    })),
  })
}

function parseUri(uri, options) {
  const { enrolment, warnings } = parse(text(uri, 'uri'), optionalText(checked(options, 'mode').mode, 'mode'))
  return new Enrolment(new Read(enrolment, warnings))
}

function keyuri(options) {
  return new Enrolment(options).toUri()
}

/** As a number where it is exact. */
function fitting(bigint) {
  return bigint <= Number.MAX_SAFE_INTEGER ? Number(bigint) : bigint
}

module.exports = { Enrolment, Read, handleOfEnrolment, keyuri, parseUri }
