export { KeyfobError } from './shared/error.js';
export { Secret, generateSecret } from './secret.js';
export { HOTP, Steam, TOTP, generate, verify } from './codes.js';
export { Enrolment, keyuri, qrSvg, qrText } from './enrolment.js';
