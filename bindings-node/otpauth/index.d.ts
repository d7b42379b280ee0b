/**
 * otpauth 9.5's classes on keyfob's engine: replace `from 'otpauth'` by
 * `from '@keyfob/node/otpauth'`.
 *
 * It differs where that is safer: secrets print as redacted (also in JSON), the whole window
 * is always evaluated, and a token with characters outside ASCII, or one that is no string
 * (an array of a JSON body, say), gives `null`. For new code, see `TOTP` of `@keyfob/node`: it can refuse a code that was used
 * before, and its `HOTP` never looks back.
 */

/** A custom HMAC. It gives at least 19 bytes. */
export type Hmac = (algorithm: string, key: Uint8Array, message: Uint8Array) => Uint8Array

/** A secret. It prints as redacted. */
export declare class Secret {
  /** Of these bytes, or `size` (20) random ones. */
  constructor(config?: { buffer?: ArrayBufferLike; size?: number })
  static fromLatin1(text: string): Secret
  static fromUTF8(text: string): Secret
  /** Spaces are left out. @throws {TypeError} for a character that is not base32. */
  static fromBase32(text: string): Secret
  /** Spaces are left out. @throws {TypeError} for what is not hexadecimal. */
  static fromHex(text: string): Secret
  readonly bytes: Uint8Array
  /** @deprecated Use `bytes`. */
  get buffer(): ArrayBufferLike
  get latin1(): string
  get utf8(): string
  /** Upper-case, without padding. */
  get base32(): string
  /** Upper-case. */
  get hex(): string
}

export interface Config {
  /** The service; none. */
  issuer?: string
  /** The account; `OTPAuth`. */
  label?: string
  /** Whether URIs have the issuer before the label; true. */
  issuerInLabel?: boolean
  /** A secret or base32; a new one. */
  secret?: Secret | string
  /** `SHA1`; beside what the engine computes, SHA-224, SHA-384 and SHA-3. */
  algorithm?: string
  /** 6. */
  digits?: number
  hmac?: Hmac
}

/** Counter-based codes. */
export declare class HOTP {
  static get defaults(): {
    issuer: string
    label: string
    issuerInLabel: boolean
    algorithm: string
    digits: number
    counter: number
    window: number
  }
  constructor(config?: Config & { counter?: number })
  issuer: string
  label: string
  issuerInLabel: boolean
  secret: Secret
  algorithm: string
  digits: number
  counter: number
  hmac: Hmac | undefined
  static generate(config: {
    secret: Secret
    algorithm?: string
    digits?: number
    counter?: number
    hmac?: Hmac
  }): string
  /** The code of `counter`; without, of the own one, which moves on. */
  generate(config?: { counter?: number }): string
  /** How far from `counter` the token belongs, in a window of 1 to each side; `null` if to none. */
  static validate(config: {
    token: string
    secret: Secret
    algorithm?: string
    digits?: number
    counter?: number
    window?: number
    hmac?: Hmac
  }): number | null
  validate(config: { token: string; counter?: number; window?: number }): number | null
  /** The `otpauth://` URI. It holds the secret. */
  toString(): string
}

/** Time-based codes. Timestamps are milliseconds. */
export declare class TOTP {
  static get defaults(): {
    issuer: string
    label: string
    issuerInLabel: boolean
    algorithm: string
    digits: number
    period: number
    window: number
  }
  constructor(config?: Config & { period?: number })
  issuer: string
  label: string
  issuerInLabel: boolean
  secret: Secret
  algorithm: string
  digits: number
  period: number
  hmac: Hmac | undefined
  /** The step that a time lies in. */
  static counter(config?: { period?: number; timestamp?: number }): number
  counter(config?: { timestamp?: number }): number
  /** Milliseconds until the next code. */
  static remaining(config?: { period?: number; timestamp?: number }): number
  remaining(config?: { timestamp?: number }): number
  static generate(config: {
    secret: Secret
    algorithm?: string
    digits?: number
    period?: number
    timestamp?: number
    hmac?: Hmac
  }): string
  generate(config?: { timestamp?: number }): string
  /** How many steps from now the token is, in a window of 1 to each side; `null` if it is none. */
  static validate(config: {
    token: string
    secret: Secret
    algorithm?: string
    digits?: number
    period?: number
    timestamp?: number
    window?: number
    hmac?: Hmac
  }): number | null
  validate(config: { token: string; timestamp?: number; window?: number }): number | null
  /** The `otpauth://` URI. It holds the secret. */
  toString(): string
}

export declare class URI {
  /** @throws {URIError | TypeError} for what is no enrolment URI. */
  static parse(uri: string, config?: { hmac?: Hmac }): HOTP | TOTP
  static stringify(otp: HOTP | TOTP): string
}

/** The version of otpauth whose behaviour this is. */
export declare const version: string
