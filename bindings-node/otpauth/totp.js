'use strict'

const { HOTP, described, search, uriOf } = require('./hotp.js')

class TOTP {
  static get defaults() {
    return { issuer: '', label: 'OTPAuth', issuerInLabel: true, algorithm: 'SHA1', digits: 6, period: 30, window: 1 }
  }

  static counter({ period = 30, timestamp = Date.now() } = {}) {
    return Math.floor(timestamp / 1000 / period)
  }

  counter({ timestamp = Date.now() } = {}) {
    return TOTP.counter({ period: this.period, timestamp })
  }

  static remaining({ period = 30, timestamp = Date.now() } = {}) {
    return period * 1000 - (timestamp % (period * 1000))
  }

  remaining({ timestamp = Date.now() } = {}) {
    return TOTP.remaining({ period: this.period, timestamp })
  }

  static generate({ secret, algorithm, digits, period = 30, timestamp = Date.now(), hmac }) {
    return HOTP.generate({ secret, algorithm, digits, counter: TOTP.counter({ period, timestamp }), hmac })
  }

  generate({ timestamp = Date.now() } = {}) {
    const { secret, algorithm, digits, period, hmac } = this
    return TOTP.generate({ secret, algorithm, digits, period, timestamp, hmac })
  }

  static validate({ token, secret, algorithm = 'SHA1', digits = 6, period = 30, timestamp = Date.now(), window = 1, hmac }) {
    return search(token, secret, algorithm, digits, Math.floor(timestamp / 1000 / period), window, hmac)
  }

  validate({ token, timestamp = Date.now(), window = 1 }) {
    const counter = Math.floor(timestamp / 1000 / this.period)
    return search(token, this.secret, this.algorithm, this.digits, counter, window, this.hmac)
  }

  toString() {
    return uriOf('totp', this, `period=${encodeURIComponent(this.period)}`)
  }

  constructor({ period = 30, ...options } = {}) {
    const { hmac, ...others } = described(options)
    Object.assign(this, others, { period, hmac })
  }
}

module.exports = { TOTP }
