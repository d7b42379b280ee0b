import otpauth from './index.js'

export const { HOTP, Secret, TOTP, URI, version } = otpauth
