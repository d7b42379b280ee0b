'use strict'

const { KeyfobError } = require('./lib/shared/error.js')
const { Secret, generateSecret } = require('./lib/secret.js')
const { TOTP, generate, verify } = require('./lib/totp.js')
const { HOTP } = require('./lib/hotp.js')
const { Steam } = require('./lib/steam.js')
const enrolment = require('./lib/enrolment.js')
const policy = require('./lib/policy.js')
const messages = require('./lib/messages.js')
const { Service } = require('./lib/service.js')

module.exports = {
  KeyfobError,
  Secret,
  generateSecret,
  TOTP,
  HOTP,
  Steam,
  generate,
  verify,
  ...enrolment,
  ...policy,
  ...messages,
  Service,
}
