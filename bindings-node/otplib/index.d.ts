/**
 * otplib 12.0.1's `authenticator`, `totp` and `hotp` on keyfob's engine: replace
 * `from 'otplib'` by `from '@keyfob/node/otplib'`.
 *
 * It makes and takes the same codes, short secrets repeated included. It differs in two
 * defects: new secrets use all of their bits, and a secret that is no base32 throws instead
 * of giving codes of something else. For new code, see `TOTP` of `@keyfob/node`: it can
 * refuse a code that was used before.
 */

export declare const HashAlgorithms: Readonly<{ SHA1: 'sha1'; SHA256: 'sha256'; SHA512: 'sha512' }>
export type HashAlgorithms = 'sha1' | 'sha256' | 'sha512'
export declare const KeyEncodings: Readonly<{
  ASCII: 'ascii'
  BASE64: 'base64'
  HEX: 'hex'
  LATIN1: 'latin1'
  UTF8: 'utf8'
}>
export type KeyEncodings = 'ascii' | 'base64' | 'hex' | 'latin1' | 'utf8'

export interface HOTPOptions {
  algorithm: HashAlgorithms
  /** Characters in a code; 6. */
  digits: number
  /** How a secret is written. */
  encoding: KeyEncodings
  /** Hexadecimal HMAC of a hexadecimal counter. */
  createDigest: (algorithm: HashAlgorithms, hmacKey: string, counter: string) => string
  /** Hexadecimal key of a secret. */
  createHmacKey: (algorithm: HashAlgorithms, secret: string, encoding: KeyEncodings) => string
  /** A hexadecimal HMAC to make the code of. */
  digest?: string
}

export interface TOTPOptions extends HOTPOptions {
  /** The time in milliseconds; now. */
  epoch: number
  /** Seconds a code lasts; 30. */
  step: number
  /** Steps accepted to each side, or of the past and of the future; 0. */
  window: number | [past: number, future: number]
}

export interface AuthenticatorOptions extends TOTPOptions {
  keyDecoder: (secret: string, encoding: KeyEncodings) => string
  keyEncoder: (secret: string, encoding: KeyEncodings) => string
  createRandomBytes: (size: number, encoding: KeyEncodings) => string
}

declare class OTP<O> {
  constructor(defaultOptions?: Partial<O>)
  /** The defaults and what was set, frozen. What is assigned is merged. */
  get options(): Readonly<Partial<O>>
  set options(options: Partial<O> | null)
  /** All options with what is usual, checked. */
  allOptions(): Readonly<O>
  /** Forgets what was assigned to `options`. */
  resetOptions(): void
}

/** Counter-based codes of ASCII secrets. */
export declare class HOTP<O extends HOTPOptions = HOTPOptions> extends OTP<O> {
  /** A new one with these defaults. */
  create(defaultOptions?: Partial<O>): HOTP<O>
  /** A new one with the same defaults and options. */
  clone(defaultOptions?: Partial<O>): this
  generate(secret: string, counter: number): string
  /** Whether `token` is the code of `counter`. What is no token is false. */
  check(token: string, secret: string, counter: number): boolean
  /** @throws {Error} if `opts` is no object. */
  verify(opts: { token: string; secret: string; counter: number }): boolean
  keyuri(accountName: string, issuer: string, secret: string, counter: number): string
}

/** Time-based codes of ASCII secrets. */
export declare class TOTP<O extends TOTPOptions = TOTPOptions> extends OTP<O> {
  create(defaultOptions?: Partial<O>): TOTP<O>
  clone(defaultOptions?: Partial<O>): this
  generate(secret: string): string
  /** Whether `token` is a code of the window. What is no token is false. */
  check(token: string, secret: string): boolean
  /** How many steps from now the code is; `null` if it is none of the window. */
  checkDelta(token: string, secret: string): number | null
  verify(opts: { token: string; secret: string }): boolean
  keyuri(accountName: string, issuer: string, secret: string): string
  /** Seconds since the step began. */
  timeUsed(): number
  /** Seconds until the next step; a whole one when it begins. */
  timeRemaining(): number
}

/** Time-based codes of base32 secrets, as authenticator apps hold them. */
export declare class Authenticator<O extends AuthenticatorOptions = AuthenticatorOptions> extends TOTP<O> {
  create(defaultOptions?: Partial<O>): Authenticator<O>
  /** Base32 of a secret. */
  encode(secret: string): string
  /** The secret of base32, hexadecimal if not told otherwise. */
  decode(secret: string): string
  /** A random secret in base32: of 10 bytes, as otplib has it. Give 20. */
  generateSecret(numberOfBytes?: number): string
}

export declare const hotp: HOTP
export declare const totp: TOTP
export declare const authenticator: Authenticator

declare const otplib: {
  authenticator: Authenticator
  hotp: HOTP
  totp: TOTP
  Authenticator: typeof Authenticator
  HOTP: typeof HOTP
  TOTP: typeof TOTP
  HashAlgorithms: typeof HashAlgorithms
  KeyEncodings: typeof KeyEncodings
}
export default otplib
