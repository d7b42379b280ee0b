'use strict'

const { HOTP } = require('./hotp.js')
const { TOTP } = require('./totp.js')

const PARAMETER = '[A-Z0-9.~_-]+=[^?&]*'
const GRAMMAR = new RegExp(`^otpauth://([ht]otp)/(.+)\\?(${PARAMETER}(?:&${PARAMETER})*)$`, 'i')
const ALGORITHM = /^SHA(?:1|224|256|384|512|3-(?:224|256|384|512))$/i
const CUSTOM_ALGORITHM = /^[A-Z0-9]+(?:[_-][A-Z0-9]+)*$/i
const POSITIVE = /^\+?[1-9]\d*$/

class URI {
  static parse(uri, { hmac } = {}) {
    const [, type, label, query] = (typeof uri === 'string' && GRAMMAR.exec(uri)) || []
    if (type === undefined) throw new URIError('Invalid URI format')
    const names = namesOf(label)
    const given = parametersOf(query)
    const number = (name, grammar) => parseInt(required(name, grammar, given), 10)
    const isHotp = type.toLowerCase() === 'hotp'
    const moving = isHotp
      ? { counter: number('counter', /^[+-]?\d+$/) }
      : given.period === undefined ? {} : { period: number('period', POSITIVE) }
    const config = {
      ...moving,
      ...named(names, given.issuer),
      secret: required('secret', /^[2-7A-Z]+=*$/i, given),
      ...(given.algorithm !== undefined && {
        algorithm: required('algorithm', hmac ? CUSTOM_ALGORITHM : ALGORITHM, given),
      }),
      ...(given.digits !== undefined && { digits: number('digits', POSITIVE) }),
      ...(hmac !== undefined && { hmac }),
    }
    return isHotp ? new HOTP(config) : new TOTP(config)
  }

  static stringify(otp) {
    if (otp instanceof HOTP || otp instanceof TOTP) return otp.toString()
    throw new TypeError("Invalid 'HOTP/TOTP' object")
  }
}

/** Splits at the first separator, behind which there may be spaces. */
function namesOf(label) {
  const separator = /(?::|%3A) *(?=.)/i.exec(label)
  if (separator === null) return [undefined, decodeURIComponent(label)]
  const [before, after] = [label.slice(0, separator.index), label.slice(separator.index + separator[0].length)]
  return [decodeURIComponent(before), decodeURIComponent(after)]
}

/** By lower-case names; of several the last counts. */
function parametersOf(query) {
  const parameters = Object.create(null)
  for (const pair of query.split('&')) {
    const end = pair.indexOf('=')
    parameters[decodeURIComponent(pair.slice(0, end)).toLowerCase()] = decodeURIComponent(pair.slice(end + 1))
  }
  return parameters
}

/** The query's issuer wins over the label's; an empty one does not count. */
function named([prefix, label], issuer) {
  const isGiven = issuer !== undefined && issuer !== ''
  if (isGiven) return { label, issuer, ...(!prefix && { issuerInLabel: false }) }
  if (prefix !== undefined) return { label, issuer: prefix }
  return { label, ...(issuer !== undefined && { issuer }) }
}

const MISSING = ['secret', 'counter']

function required(name, grammar, parameters) {
  const value = parameters[name]
  if (value !== undefined && grammar.test(value)) return value
  throw new TypeError(`${MISSING.includes(name) ? 'Missing or invalid' : 'Invalid'} '${name}' parameter`)
}

module.exports = { URI }
