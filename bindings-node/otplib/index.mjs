import otplib from './index.js'

export const { authenticator, hotp, totp, Authenticator, HOTP, TOTP, HashAlgorithms, KeyEncodings } = otplib
export default otplib
