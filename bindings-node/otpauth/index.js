'use strict'

/**
 * The names and the behaviour of otpauth 9.5 on keyfob's engine. The engine computes codes
 * of 6 to 8 digits with SHA-1, SHA-256 and SHA-512; everything else that otpauth does (other
 * lengths, SHA-224, SHA-384, SHA-3, a custom `hmac`) is honoured through `node:crypto`.
 *
 * Where it differs: secrets print as redacted, the whole window is always evaluated, and a
 * token with characters outside ASCII, or one that is no string, gives null (the original
 * throws for the one and takes the other for what it is as text).
 */

const { HOTP } = require('./hotp.js')
const { Secret } = require('./secret.js')
const { TOTP } = require('./totp.js')
const { URI } = require('./uri.js')

/** The version whose behaviour this is. */
const version = '9.5.2'

module.exports = { HOTP, Secret, TOTP, URI, version }
