'use strict'

const { KeyfobError } = require('./lib/shared/error.js')
const { Secret, generateSecret } = require('./lib/secret.js')
const { TOTP, generate, verify } = require('./lib/totp.js')
const { HOTP } = require('./lib/hotp.js')
const { Steam } = require('./lib/steam.js')
const { Enrolment, keyuri, parseUri } = require('./lib/enrolment.js')
const migration = require('./lib/migration.js')
const qr = require('./lib/qr.js')
const { CodePolicy } = require('./lib/policy.js')
const recovery = require('./lib/recovery.js')
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
  Enrolment,
  keyuri,
  parseUri,
  ...migration,
  ...qr,
  CodePolicy,
  ...recovery,
  ...messages,
  Service,
}
