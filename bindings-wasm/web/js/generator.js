export { KeyfobError } from './shared/error.js';
export { Secret, generateSecret } from './secret.js';
export { HOTP, Steam, TOTP, generate, verify } from './codes.js';
export { Enrolment, keyuri } from './enrolment.js';
export { qrSvg, qrText } from './qr.js';
