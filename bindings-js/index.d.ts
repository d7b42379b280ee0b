/**
 * One-time passwords: TOTP (RFC 6238), HOTP (RFC 4226), Steam Guard codes, recovery codes,
 * enrolment URIs, QR codes, and a whole one-time-password service over storage of your own.
 *
 * Three rules hold everywhere.
 *
 * - **A wrong code is a value, never an exception.** Whatever a user typed, of whatever type,
 *   gives an answer with `valid: false`.
 * - **Misuse throws {@link KeyfobError}**, with the stable `code` that keyfob has in every
 *   language and the name of the argument.
 * - **Secrets are not printed.** `console.log`, `JSON.stringify`, `String()`, `{ ...copies }` and
 *   `structuredClone` show them redacted or leave them out; they leave through methods called
 *   `expose…`, and the `uri` and `ticket` of answers by their names alone.
 *
 * What a service is given is read key by key: one that is none is refused by its name, and so is a
 * value of another type.
 *
 * Times are Unix **seconds**; fractions are dropped, so `Date.now() / 1000` will do. Where a
 * time or a counter can be given as a `bigint`, what comes back is a `bigint` too: numbers are
 * exact to 2^53 - 1 only, counters go to 2^64 - 1. Counters and steps are whole.
 */

// ---------------------------------------------------------------------------------- errors

/** What was asked cannot be done: the message says what to do instead. */
export class KeyfobError extends Error {
  constructor(code: string, message: string, details?: KeyfobErrorDetails);
  readonly name: 'KeyfobError';
  /** The stable kebab-case name, the same in every language: `invalid-digits`, `send-limit`. */
  readonly code: string;
  /** The argument at fault, by its whole path: `secret`, `to.phone`, `policy.traffic.breaker.sends`. */
  readonly argument?: string;
  /** Where in the text the fault is, in characters from 0. */
  readonly position?: number;
  /** `migration-unrepresentable`: the place of the account among those given. */
  readonly index?: number;
  /** `recipient-blocked`: the second in which the block ends, if it ends by itself. */
  readonly until?: number;
  /** `send-limit` and its like: the second from which there is room again. */
  readonly retryAt?: number;
  /** `send-limit` and its like: whose limit, such as `recipient` or `account`. */
  readonly limit?: string;
}

export interface KeyfobErrorDetails {
  argument?: string;
  position?: number;
  index?: number;
  until?: number;
  retryAt?: number;
  limit?: string;
  cause?: unknown;
}

// --------------------------------------------------------------------------------- secrets

/** A {@link Secret}, its raw bytes, or base32 in any case, with spaces and hyphens or not. */
export type SecretInput = Secret | Uint8Array | string;

/** The secret that a credential's owner and its verifier share. Printed as redacted. */
export class Secret {
  /**
   * @throws {KeyfobError} `secret-empty`, `secret-character` (with `position`), `secret-length`,
   *   `secret-trailing-bits`, `secret-too-long`; the argument is `secret`.
   */
  constructor(secret: SecretInput);
  /**
   * A new random secret of `bytes` bytes: 16 to 256, 20 if not given (RFC 4226 R6).
   * @throws {KeyfobError} `secret-too-short`, `secret-too-long`, `entropy-unavailable`.
   */
  static generate(bytes?: number): Secret;
  /** The length in bits. */
  readonly bits: number;
  /** Under 128 bits: keyfob reads such secrets of others and never makes them. */
  readonly isShort: boolean;
  /** The raw bytes. Keep them out of logs and replies. */
  exposeBytes(): Uint8Array;
  /** Upper-case base32 without padding. Keep it out of logs and replies. */
  exposeBase32(): string;
  /** Whether both are the same secret, compared in constant time. */
  equals(other: SecretInput): boolean;
  /** `Secret(redacted, 160 bits)`. */
  toString(): string;
  /** As `toString`. */
  toJSON(): string;
}

/** As {@link Secret.generate}. */
export function generateSecret(bytes?: number): Secret;

// ------------------------------------------------------------------------------------ codes

/** `SHA1` unless there is a reason; several apps ignore any other. In any case, `sha-256` too. */
export type Algorithm = 'SHA1' | 'SHA256' | 'SHA512';
export type Digits = 6 | 7 | 8;

/** What a verifier remembers of one credential: plain data, to store beside the secret. */
export interface TotpState<N extends number | bigint = number> {
  /** The last step accepted; it and every step before it are burned. `null`: none yet. */
  lastStep: N | null;
  /** Steps that the user's clock was ahead of the server's when a code was last accepted. */
  drift: number;
}

export interface TotpVerification<N extends number | bigint = number> {
  /** Whether to let the user in, once `state` is stored. */
  valid: boolean;
  /**
   * `accepted`; `replayed`: right, but it or a later one was used before; `mismatch`;
   * `malformed`: not the right number of ASCII digits (or no string at all).
   */
  outcome: 'accepted' | 'replayed' | 'mismatch' | 'malformed';
  /** Accepted: steps the code was ahead of the server's time (negative: behind). Else `null`. */
  delta: number | null;
  /** Accepted: its step. Replayed: the latest burned step it matches. Else `null`. */
  step: N | null;
  /**
   * Accepted: what to store in place of the state that was given, by compare-and-swap and
   * before anybody is let in, or two requests at once both spend one code. Else `null`.
   */
  state: TotpState<N> | null;
}

export interface TotpParameters {
  /** `SHA1` if not given. */
  algorithm?: Algorithm;
  /** 6 if not given. */
  digits?: Digits;
  /** Seconds a code lasts, 1 to 120; 30 if not given. */
  period?: number;
}

export interface TotpOptions extends TotpParameters {
  secret: SecretInput;
  /** Steps accepted to each side of now, or `[before, after]`: 0 to 10; 1 if not given. */
  window?: number | readonly [before: number, after: number];
  /** The Unix second at which step 0 begins (RFC 6238's T0); 0 if not given. */
  epoch?: number | bigint;
  /** How many steps the window may follow a clock that runs ahead or behind: 0 to 127; 0 if not given. */
  driftLimit?: number;
}

export interface TotpJudging<N extends number | bigint = number> {
  /** The server's time in Unix seconds; now if not given. Never a client's. */
  time?: N;
  /** What was stored of the credential; without it every code in the window is taken. */
  state?: TotpState<number | bigint> | null;
}

/** Time-based codes (RFC 6238). The key is prepared once: keep the object where you can. */
export class TOTP {
  /**
   * @throws {KeyfobError} the codes of {@link Secret}, `invalid-algorithm`, `invalid-digits`,
   *   `invalid-period`, `invalid-window`; `argument` is the option's name.
   */
  constructor(options: TotpOptions);
  readonly algorithm: Algorithm;
  readonly digits: Digits;
  readonly period: number;
  /** The code that is current at `time` (now if not given). */
  generate(time?: number | bigint): string;
  /** The code of a step. */
  atStep(step: number | bigint): string;
  /** The step that `time` (now if not given) lies in; `null` before T0. */
  step(time?: number): number | null;
  step(time: bigint): bigint | null;
  /** Seconds until the next code. */
  remaining(time?: number | bigint): number;
  /** Judges what a user typed. Never throws for it; evaluates the whole window in constant time. */
  verify(code: string, options: TotpJudging<bigint> & { time: bigint }): TotpVerification<bigint>;
  verify(code: string, options?: TotpJudging<number>): TotpVerification<number>;
}

/** `new TOTP(options).generate(options.time)`. */
export function generate(options: TotpOptions & { time?: number | bigint }): string;
/** `new TOTP(options).verify(options.code, options)`. */
export function verify(options: TotpOptions & TotpJudging<number> & { code: string }): TotpVerification;

export interface HotpOptions {
  secret: SecretInput;
  algorithm?: Algorithm;
  digits?: Digits;
  /** Counters past the expected one that `verify` looks at: 0 to 100; 10 if not given. */
  lookAhead?: number;
}

export interface HotpVerification<N extends number | bigint = number> {
  valid: boolean;
  outcome: 'accepted' | 'mismatch' | 'malformed';
  /** Accepted: how many counters past the expected one the code was. Else `null`. */
  delta: number | null;
  /** Accepted: the counter to expect next. Store it before anybody is let in. Else `null`. */
  nextCounter: N | null;
}

/** Counter-based codes (RFC 4226). */
export class HOTP {
  /** @throws {KeyfobError} as {@link TOTP}, with `lookAhead` for `invalid-window`. */
  constructor(options: HotpOptions);
  readonly algorithm: Algorithm;
  readonly digits: Digits;
  /** The code of a counter. */
  generate(counter: number | bigint): string;
  /** Whether `code` belongs to `counter`, the next expected one, or to one shortly after it. */
  verify<N extends number | bigint>(code: string, counter: N): HotpVerification<N>;
  /**
   * Finds a token that ran further ahead (RFC 4226 §7.4): `first` and `second` are two codes in
   * a row, the first from `counter` or one of the `range` (0 to 100, 100 if not given) after it.
   * @throws {KeyfobError} `invalid-window` of the `range`.
   */
  resynchronise<N extends number | bigint>(
    first: string, second: string, counter: N, range?: number,
  ): HotpVerification<N>;
}

export interface SteamOptions {
  secret: SecretInput;
  /** As for {@link TotpOptions}. */
  window?: number | readonly [before: number, after: number];
}

/** Steam Guard codes: five letters and digits, 30 seconds, SHA-1. */
export class Steam {
  /** @throws {KeyfobError} the codes of {@link Secret}, `invalid-window`. */
  constructor(options: SteamOptions);
  /** The code that is current at `time` (now if not given). */
  generate(time?: number | bigint): string;
  /** Seconds until the next code. */
  remaining(time?: number | bigint): number;
  /** As that of {@link TOTP}. */
  verify(code: string, options: TotpJudging<bigint> & { time: bigint }): TotpVerification<bigint>;
  verify(code: string, options?: TotpJudging<number>): TotpVerification<number>;
}

// -------------------------------------------------------------------------------- enrolment

/** How a URI of others is read: `strict` refuses what needs a guess, `lenient` warns of it. */
export type Mode = 'strict' | 'lenient';

export interface EnrolmentOptions {
  /** `totp` if not given. */
  type?: 'totp' | 'hotp' | 'steam';
  secret: SecretInput;
  /** The name of the account with its service: a user name or an email address. */
  account: string;
  /** The service that the account is with. */
  issuer?: string | null;
  algorithm?: Algorithm;
  digits?: Digits;
  /** `totp` alone: seconds a code lasts, 1 to 120. */
  period?: number;
  /** `hotp` alone: the counter of the next code; 0 if not given. */
  counter?: number | bigint;
  /** Further parameters of no meaning here, such as `image`. */
  parameters?: Iterable<readonly [name: string, value: string]>;
}

/** Something in a URI that was read all the same and deserves a look. */
export interface Warning {
  /** `short-secret`, `issuer-mismatch`, `counter-missing` and the like. */
  code: string;
  message: string;
}

/** An authenticator app that would refuse or misread an enrolment. */
export interface Incompatibility {
  app: string;
  /** `algorithm-ignored`, `digits-refused` and the like. */
  code: string;
  message: string;
}

/** One account in an authenticator app: what an enrolment URI says. Printed without its secret. */
export class Enrolment {
  /**
   * @throws {KeyfobError} `uri-account-empty`, `uri-issuer-blank`, `uri-control-character`,
   *   `uri-too-long`, `uri-parameter-reserved`, and those of {@link TOTP}.
   */
  constructor(options: EnrolmentOptions);
  readonly type: 'totp' | 'hotp' | 'steam';
  readonly issuer: string | null;
  readonly account: string;
  readonly secret: Secret;
  readonly algorithm: Algorithm;
  /** As read, 1 to 10; codes are made of 6 to 8 (5 characters for Steam). */
  readonly digits: number;
  /** `totp` alone; as read. */
  readonly period: number | null;
  /** `hotp` alone: a number, or a bigint from 2^53 on. */
  readonly counter: number | bigint | null;
  /** By name alone, for the values may be secrets. */
  readonly parameters: Array<[name: string, value: string]>;
  /** What was guessed or is weak; empty for one built here. */
  readonly warnings: Warning[];
  /** The `otpauth://` URI with every default spelt out. It holds the secret. */
  toUri(): string;
  /**
   * What makes and verifies the codes of this account.
   * @throws {KeyfobError} `invalid-digits`, `invalid-period`, where the URI had others than those of
   *   {@link TotpParameters}.
   */
  generator(): TOTP | HOTP | Steam;
  /** The apps that would refuse or misread it. */
  compatibility(): Incompatibility[];
  /** Without the secret and the values of `parameters`; the counter as text, for it may be large. */
  toJSON(): {
    type: 'totp' | 'hotp' | 'steam'; issuer: string | null; account: string; secret: string;
    algorithm: Algorithm; digits: number; period: number | null; counter: string | null;
    parameters: string[]; warnings: Warning[];
  };
}

/**
 * Reads an `otpauth://` URI, or `steam://SECRET` (lenient only). Strict if not said otherwise.
 * @throws {KeyfobError} `uri-scheme`, `uri-is-migration`, `uri-type`, `uri-too-long`, `uri-escape`,
 *   `uri-not-utf8`, `uri-control-character`, `uri-fragment`, `uri-secret-missing`,
 *   `uri-duplicate-parameter`, `uri-algorithm`, `uri-digits`, `uri-period`, `uri-counter`, the codes of
 *   {@link Secret}; strict also those of {@link Warning}, but for a short secret; `invalid-mode`.
 *   Never quotes the URI.
 */
export function parseUri(uri: string, options?: { mode?: Mode }): Enrolment;

/**
 * Writes an enrolment URI: `new Enrolment(options).toUri()`. It holds the secret.
 * @throws {KeyfobError} `uri-account-empty`, `uri-issuer-blank`, `uri-control-character`,
 *   `uri-too-long`, `uri-parameter-reserved`, and those of {@link TOTP}.
 */
export function keyuri(options: EnrolmentOptions): string;

export interface Migration {
  entries: Enrolment[];
  /** The accounts that could not be read; `reason` is a stable code. */
  skipped: Array<{ index: number; name: string; reason: string }>;
  /** How many URIs the export is made of. */
  batchSize: number;
  /** The place of this one among them, from 0. */
  batchIndex: number;
  batchId: number;
}

/**
 * Reads one `otpauth-migration://` URI of Google Authenticator's export.
 * @throws {KeyfobError} `migration-scheme`, `migration-too-long`, `migration-data-missing`,
 *   `migration-duplicate-data`, `migration-encoding`, `migration-payload`, `migration-empty`.
 */
export function importMigration(uri: string): Migration;
/**
 * Writes such URIs, ten accounts to each. `batchId` is random if not given.
 * @throws {KeyfobError} `migration-empty`; `migration-unrepresentable`, with the `index` of an account
 *   that the format cannot hold, such as one of Steam's or of 7 digits.
 */
export function exportMigration(enrolments: Iterable<Enrolment>, batchId?: number): string[];

export interface QrOptions {
  /** `medium` if not given, right for screens. */
  errorCorrection?: 'low' | 'medium' | 'quartile' | 'high';
}

/**
 * A QR code as SVG, without script, style or reference to anything outside.
 * @throws {KeyfobError} `qr-too-long`, `qr-pixels`, `invalid-error-correction`.
 */
export function qrSvg(text: string | Enrolment, options?: QrOptions & {
  /** What a screen reader says; `QR code` if not given. Never put the secret here. */
  title?: string;
  /** Width and height in pixels, 1 to 65535; without it the picture fills its place. */
  pixels?: number;
}): string;
/**
 * A QR code as PNG, `scale` (1 to 32, 8 if not given) pixels to a module.
 * @throws {KeyfobError} `qr-too-long`, `qr-scale`, `invalid-error-correction`.
 */
export function qrPng(text: string | Enrolment, options?: QrOptions & { scale?: number }): Uint8Array;
/**
 * A QR code for a terminal that knows ANSI colours.
 * @throws {KeyfobError} `qr-too-long`, `invalid-error-correction`.
 */
export function qrText(text: string | Enrolment, options?: QrOptions): string;

// ------------------------------------------------------------- random and recovery codes

export type Alphabet = 'digits' | 'letters' | 'alphanumeric' | 'unambiguous';

/** What codes that are sent to people look like. */
export class CodePolicy {
  /**
   * Of `length` 4 to 12; 6 if not given. The alphabet is `digits` without another.
   * @throws {KeyfobError} `invalid-code-length`, `invalid-alphabet`.
   */
  constructor(options?: { length?: number; alphabet?: Alphabet });
  readonly length: number;
  readonly alphabet: Alphabet;
  /** Thousandths of a bit: 19931 for six digits. */
  readonly entropyMillibits: number;
  /** Under 20 bits: only a strict limit on attempts protects such a code. */
  readonly isGuessable: boolean;
  /** A random code, every one equally likely. */
  generate(): string;
  /** What a user typed as a code of this policy, letters upper-case; `null` if it is none. */
  normalise(typed: string): string | null;
}

export interface RecoveryRedemption {
  valid: boolean;
  outcome: 'accepted' | 'replayed' | 'mismatch' | 'malformed';
  /** How many codes are left. */
  remaining: number;
}

/** A set of recovery codes as plain data, to be stored: no code can be found from it. */
export interface StoredRecoverySet {
  /** `hash`: the SHA-256 of the code's 16 bytes, in lower-case hexadecimal. */
  entries: Array<{ hash: string; used: boolean }>;
}

/** The recovery codes of one user as a verifier stores them. */
export class RecoverySet {
  /**
   * `count` new codes (10 if not given, 1 to 100) to show once, and the set to store.
   * @throws {KeyfobError} `invalid-recovery-count`, `entropy-unavailable`.
   */
  static generate(count?: number): { codes: string[]; set: RecoverySet };
  /** @throws {KeyfobError} `invalid-argument` for what `toJSON` did not make. */
  constructor(stored: StoredRecoverySet);
  readonly remaining: number;
  /** Uses a code up. Store the set by compare-and-swap before anybody is let in. */
  redeem(typed: string): RecoveryRedemption;
  toJSON(): StoredRecoverySet;
}

/** A recovery code as it was shown, whatever the spelling typed; `null` if it is none. */
export function normaliseRecoveryCode(typed: string): string | null;

// --------------------------------------------------------------------------------- messages

export type Channel = 'sms' | 'voice' | 'email';
/** What a code approves. Names are lower-case; `amount` and `payee` can be shown. */
export type TransactionContext = Readonly<Record<string, string>>;
/** The last line of a text message, for phones that fill the code in. */
export type Ending = { originBound: string } | { androidAppHash: string };

/**
 * Checks a phone number (E.164) or an email address.
 * @throws {KeyfobError} `phone-format`, `phone-length`, `email-format`, `email-length`, with the argument
 *   `to`; `unknown-channel`.
 */
export function parseRecipient(channel: Channel, to: string): { canonical: string; masked: string };
/**
 * Checks a text that is to be the `message` of a request.
 * @throws {KeyfobError} `template-code-missing`, `template-unknown-placeholder`, `template-unclosed`,
 *   `template-code-not-apart`, `template-character`, `template-too-long`, with `position` where there
 *   is one.
 */
export function checkTemplate(template: string): void;
export interface MessageOptions {
  template: string;
  code: string;
  /** How many whole minutes the code lives. */
  minutes: number;
  context?: TransactionContext | null;
}
/**
 * The text of one message. It holds the code.
 * @throws {KeyfobError} the codes of {@link checkTemplate} and {@link contextBytes}, `message-code`,
 *   `message-too-long`, `message-too-long-for-app`, `amount-not-shown`, `payee-not-shown`,
 *   `amount-unknown`, `payee-unknown`, `invalid-host`, `invalid-app-hash`.
 */
export function composeMessage(options: MessageOptions & { ending?: Ending | null }): string;
/**
 * What a call says: the code spelt, all of it twice.
 * @throws {KeyfobError} those of {@link composeMessage} but for endings.
 */
export function composeSpeech(options: MessageOptions): string;
/** The SSML of what `composeSpeech` or a voice message says. */
export function toSsml(spoken: string): string;
/**
 * How many SMS a text takes. `units` are septets of `gsm-7`, two for a character of its extension
 * table, or UTF-16 units of `ucs-2`.
 */
export function segments(text: string): { encoding: 'gsm-7' | 'ucs-2'; units: number; count: number };
/**
 * The canonical bytes of a context: what is bound to a code.
 * @throws {KeyfobError} `context-empty`, `context-too-many-fields`, `context-name`, `context-blank`,
 *   `context-too-long`, `context-character`, `context-link`.
 */
export function contextBytes(context: TransactionContext): Uint8Array;

// ---------------------------------------------------------------------------------- service

type Awaitable<T> = T | PromiseLike<T>;

/** A record as it was found. */
export interface Stored { version: bigint; bytes: Uint8Array }
/** A record to be written; from the Unix second `expiresAt` on it counts as absent, `null`: never. */
export interface StorageRecord { version: bigint; bytes: Uint8Array; expiresAt: number | null }

/**
 * A key-value store with compare-and-swap: all that the service asks of a database. Bodies are
 * sealed before they reach it. Keys are 66 lower-case hexadecimal characters.
 *
 * - `swap` and `add` answer only once the write survives a crash; if that is not known, they throw.
 * - All callers see one sequence of swaps for a key.
 * - A record with `expiresAt` T is absent from the second T on, whether or not it was removed.
 * - `now` and `expiresAt` are Unix seconds, whole numbers: what has expired is judged at `now`, which
 *   is the time of the service.
 *
 * What a function throws ends the call with that very error, and nothing was accepted.
 */
export interface Storage {
  /** The record at `key`, if it is there and has not expired at `now`. */
  load(key: string, now: number): Awaitable<Stored | null | undefined>;
  /**
   * Replaces the record at `key` if its version is `expected` (`null`: there is no unexpired
   * one) and says whether it did. `record` of `null` removes it. One atomic step.
   */
  swap(key: string, expected: bigint | null, record: StorageRecord | null, now: number): Awaitable<boolean>;
  /**
   * Adds `amount`, which may be negative or 0, to a counter and returns the sum, in one atomic
   * step. One that is absent or expired starts from 0; a sum never goes
   * below 0, and at the largest number that it can be it stays.
   */
  add(key: string, amount: number, expiresAt: number, now: number): Awaitable<number>;
}

/**
 * A message for one person. Its fields are there by name alone: no console, copy or JSON shows
 * text, code or recipient. Never store it readable.
 */
export interface Message {
  readonly otpId: string;
  /** Names this message in `deliveryReport`, `wanted` and `fallBack`. */
  readonly messageId: string;
  readonly account: string;
  readonly channel: Channel;
  readonly to: string;
  /** A BCP 47 tag. */
  readonly language: string;
  readonly subject: string;
  /** What the person reads or hears. */
  readonly text: string;
  readonly code: string;
  /** The second from which it must no longer be sent. */
  readonly expiresAt: number;
  /** Where it goes when it does not get through; ask `fallBack` each time. */
  readonly fallbacks: ReadonlyArray<{ channel: Channel; to: string; text: string }>;
  /**
   * Seconds to wait before the next of `fallbacks`: for a receipt, and before that for a provider
   * that takes it. `null`: no receipt is waited for, and 20 seconds for a provider.
   */
  readonly fallbackAfter: number | null;
}

/** `queued`: it waits in a durable queue. `sent` (or nothing): a provider has it. */
export type Receipt = 'queued' | 'sent';
/**
 * One function for each channel that is configured. It answers a {@link Receipt} or nothing; any
 * other answer is a failure of the application's, as is what it throws: `send` rejects with that
 * very error, or with a `KeyfobError` whose argument is `delivery`. To say that a channel is not
 * configured, throw a `KeyfobError` with the code `channel-not-configured`: the next one is tried.
 */
export type Delivery = {
  [channel in Channel]?: (message: Message) => Awaitable<Receipt | void>;
};

/** `unknown`: the operator could not or would not tell. Never a guess. */
export type SimSwap = 'swapped' | 'not-swapped' | 'unknown';
export interface SimSwapPolicy {
  /** 1 to 2400; 240 if not given. */
  maxAgeHours?: number;
  /** `refuse` if not given. */
  onSwapped?: 'refuse' | 'flag' | 'next-channel';
  /** `refuse` if not given. */
  onUnknown?: 'refuse' | 'flag' | 'next-channel';
}

export interface ServicePolicy {
  /** How many wrong codes a device or a recipient bears, and how long it rests after them. */
  attempts?: {
    /** Wrong codes in a row before a block, 1 to 100; 5 if not given. */
    perBlock?: number;
    /** Seconds of the first block, each next one twice as long; 30 if not given. */
    firstBlock?: number;
    /** Seconds of the longest block; 3600 if not given. */
    longestBlock?: number;
    /** Wrong codes in a row after which a device is enrolled anew, 1 to 100; 100 if not given. */
    disableAfter?: number;
  };
  sends?: {
    /** So many messages in so many seconds, 1 or more: 1 in 30, 5 in 600 and 10 in 86400 if not given. */
    perRecipient?: ReadonlyArray<{ seconds: number; messages: number }>;
    /** 10000 if not given; `null` for no limit. */
    perAccountAndDay?: number | null;
  };
  /** Limits beside those of recipient and account, in messages a day, and where none go. */
  traffic?: {
    perDomainAndDay?: number | null;
    /** Of messages asked for with one `apiKey`. */
    perApiKeyAndDay?: number | null;
    /** Of messages asked for by one `client`: 1000 if not given; `null` for no limit. */
    perClientAndDay?: number | null;
    perCountryAndDay?: number | null;
    /** To one range of ten thousand numbers: 1000 if not given; `null` for no limit. */
    perPrefixAndDay?: number | null;
    /** What messages to numbers may cost in a day, in the unit of `prices`. */
    costPerDay?: number | null;
    prices?: {
      /** What a message costs; 0 if not given. */
      default?: number;
      /** By the closest of these, such as `GB` or `+4477`. */
      places?: Readonly<Record<string, number>>;
    };
    /** How many codes may stay unverified, beside a share of those that are verified; `null`: any. */
    unverified?: {
      /** 20 if not given. */
      perCountryAndDay?: number;
      /** 10 if not given. */
      perCountryAndHour?: number;
      /** 10 if not given. */
      perClientAndDay?: number;
      /** 0 to 100 percent; 50 if not given. */
      share?: number;
      /** 3 if not given. */
      countriesPerClientAndDay?: number;
    } | null;
    /** Stops a range of numbers for an hour; `null`: never. */
    breaker?: {
      /** The messages in an hour from which its codes are counted; 20 if not given. */
      sends?: number;
      /** The percent of its codes that must come back, 0 to 100; 20 if not given. */
      verified?: number;
    } | null;
    /** Countries like `GB` or beginnings of numbers like `+44`; if there are any, no others. */
    allowed?: readonly string[];
    denied?: readonly string[];
    /**
     * Places whose numbers may be sent to though they cost more than others. Which do is what a
     * request says as `destination`; without one only the global services, such as `+881`, do.
     */
    premium?: readonly string[];
  };
  simSwap?: {
    /** Beginnings of the numbers that an operator is asked about; `+44` if not given. */
    prefixes?: readonly string[];
    /** Seconds for which an answer holds; 600 if not given. */
    cache?: number;
  };
  retention?: {
    /** How many hours messages are remembered, 1 to 24; 24 if not given. */
    hours?: number;
    /** Hours of single accounts, 1 to 24, by the account's UUID. */
    accounts?: Readonly<Record<string, number>>;
  };
  /** Steps to each side of now that a device's code may come from, 0 to 10; 1 if not given. */
  window?: number | readonly [before: number, after: number];
  /** Seconds a sent code lives where a request gives none, 30 to 600; 300 if not given. */
  defaultLifetime?: number;
  /** Seconds an enrolment stays open, 60 to 2592000; 86400 if not given. */
  enrolmentLifetime?: number;
  /** What apps show for domains without a name; `keyfob` if not given. */
  issuer?: string;
}

export interface ServiceOptions {
  /**
   * What records are sealed with. `root` names things and never changes; of `sealing` the last
   * seals and all open, each by a number of its own. Each key is 32 random bytes that are kept outside the store.
   */
  keys: { root: Uint8Array; sealing: ReadonlyArray<{ id: number; key: Uint8Array }> };
  storage: Storage;
  delivery?: Delivery;
  /** Whether the SIM of `phone` changed within so many hours. */
  simSwap?: (phone: string, maxAgeHours: number) => Awaitable<SimSwap>;
  policy?: ServicePolicy;
  /** The tenant whose domains these are, a UUID; one of zeroes if not given. */
  account?: string;
  /** The second in which the store was last restored from a backup; 0 for never. */
  replayFloor?: number;
  /** The server's time in Unix seconds; `Date.now() / 1000` if not given. */
  clock?: () => number;
  /** Fills the bytes with random ones or throws; `crypto.getRandomValues` if not given. */
  random?: (bytes: Uint8Array) => void;
}

/** What became of a code that was put forward. */
export interface Verdict {
  valid: boolean;
  outcome: 'accepted' | 'mismatch' | 'replayed' | 'expired' | 'cancelled' | 'exhausted'
    | 'context-mismatch' | 'blocked' | 'disabled' | 'not-enrolled' | 'malformed';
  /** `mismatch`: wrong codes left before a block. Else `null`. */
  attemptsLeft: number | null;
  /** `blocked`: the second in which the block ends. Else `null`. */
  until: number | null;
}

/** What the messages of a domain have in common, where a request says nothing else. */
export interface DomainSettings {
  /** When not to send because the SIM was swapped; not asked about if not given. */
  simSwap?: SimSwapPolicy | null;
  /** 10 to 300 seconds to wait for a receipt before the next channel. */
  fallbackAfter?: number | null;
}
/** What to change of a domain. */
export interface DomainChange {
  name?: string | null;
  simSwap?: { [setting in keyof SimSwapPolicy]: SimSwapPolicy[setting] | null } | null;
  /** Seconds, as in {@link DomainSettings}. */
  fallbackAfter?: number | null;
}
export interface DomainView {
  domain: string;
  /** What people are shown as the issuer. */
  name: string | null;
  /** In Unix seconds. */
  createdAt: number;
  simSwap: Required<SimSwapPolicy> | null;
  /** Seconds to wait for a receipt before the next channel; `null`: as a request says. */
  fallbackAfter: number | null;
}

export interface EnrolmentRequest extends TotpParameters {
  /** One is generated if there is none. */
  secret?: SecretInput | null;
  /** Take a given secret under 128 bits too. */
  acceptShortSecret?: boolean;
  /** What apps show beside the issuer; the user's id if not given. */
  accountName?: string | null;
}

/** `uri`, which holds the secret, and `ticket` are there by name: copies and JSON lack them. */
export type CreatedUser =
  | { status: 'enrolled'; secret: Secret; readonly uri: string }
  | OpenEnrolment;
export interface OpenEnrolment {
  status: 'pending';
  /** What opens the enrolment, once: put it into the link. By name alone. */
  readonly ticket: string;
  /** The second in which the enrolment ends. */
  expiresAt: number;
  parameters: Required<TotpParameters>;
}
export interface EnrolmentView {
  account: string;
  domain: string;
  userId: string;
  issuer: string;
  accountName: string;
  secret: Secret;
  /** For the QR code; it holds the secret. By name alone. */
  readonly uri: string;
  parameters: Required<TotpParameters>;
  /** The second in which the enrolment ends. */
  expiresAt: number;
  /** The second until which no code is taken, after wrong ones. */
  blockedUntil: number | null;
}
export interface UserView {
  status: 'pending' | 'active' | 'blocked' | 'disabled';
  /** `blocked`: the second in which the block ends. */
  until: number | null;
  /** In Unix seconds. */
  createdAt: number;
  parameters: Required<TotpParameters>;
  /** The second in which the open enrolment ends; `null`: none is open. */
  enrolmentExpiresAt: number | null;
  /** Wrong codes in a row. */
  failures: number;
}

/** What a library of numbering plans tells of a number. Limits for a country hold by it. */
export interface Destination {
  /** The country or territory: two letters of ISO 3166-1. Several share `+1` and its like. */
  region?: string | null;
  /** Whether its range costs more than others: premium rate, shared cost and the like. */
  premium?: boolean;
}
export interface SendRequest {
  domain: string;
  /** One channel, or several in the order of preference. */
  channel: Channel | readonly Channel[];
  /** A phone number (E.164) or an email address; of channels of both kinds, one of each. */
  to: string | { phone: string; email: string };
  /** The text around the code, with `{{code}}`; a plain one in `language` if not given. */
  message?: string | null;
  /** A BCP 47 tag; English if not given. */
  language?: string | null;
  /** Characters in the code, 4 to 12; 6 if not given. */
  length?: number;
  alphabet?: Alphabet;
  /** Seconds the code lives, 30 to 600; as the policy has it if not given. */
  expiry?: number | null;
  /** The transaction that the code approves; `verify` needs the same. */
  context?: TransactionContext | null;
  ending?: Ending | null;
  /** As the domain has it if not given. */
  simSwap?: SimSwapPolicy | null;
  /** 10 to 300 seconds to wait for a receipt before the next channel. */
  fallbackAfter?: number | null;
  /**
   * The address of the client on whose behalf you ask, for limits: never one of a header that the
   * client itself can write.
   */
  client?: string | null;
  /** The name of the API key that was used, for limits. */
  apiKey?: string | null;
  /** What is known of the phone number besides its digits. */
  destination?: Destination | null;
}
/** How far a message got: in the queue, with the provider, with the phone, or nowhere. */
export type DeliveryState = 'queued' | 'sent' | 'delivered' | 'failed' | 'expired';
export interface Sent {
  /** What to verify against. */
  otpId: string;
  /** The first of the channels asked for that took the message. */
  channel: Channel;
  /** A BCP 47 tag: that asked for, or what it fell back to. */
  language: string;
  delivery: DeliveryState;
  /** The second from which the code is no longer accepted. */
  expiresAt: number;
  /** The second from which `resend` may be asked for. */
  resendAt: number;
  /** Wrong codes that are left. */
  attemptsLeft: number;
  /** What the operator said of the SIM; `null`: not asked. */
  simSwap: SimSwap | null;
}
export interface ChallengeView {
  status: 'pending' | 'verified' | 'cancelled' | 'expired' | 'exhausted';
  /** That of the latest message. */
  channel: Channel;
  /** Of the phone number, such as `+44`; `null` for an email address. */
  callingCode: string | null;
  /** Of the latest message. */
  delivery: DeliveryState;
  /** What became of each message on each way, oldest first; `at` in Unix seconds. */
  passages: Array<{ message: number; channel: Channel; state: DeliveryState; at: number }>;
  /** In Unix seconds. */
  createdAt: number;
  /** The second from which the code is no longer accepted. */
  expiresAt: number;
  /** Wrong codes that are left. */
  attemptsLeft: number;
}
/**
 * `replaced`: another code is waited for, which a resend made; that may yet be taken back, so ask
 * again. `no`: the code was used, cancelled or erased, or is over.
 */
export type Wanted = 'yes' | 'replaced' | 'no';
/** Whether a message that did not get through may go another way. */
export interface Way {
  /** It may go this way: its place is taken, and noted. */
  open: boolean;
  /**
   * `closed`: not this way, for the `reason`; another may be open. `taken`: it has been this way
   * before; another may be open. `arrived`: no way any more. `replaced`: no way any more, unless
   * the resend that replaced it is taken back.
   */
  outcome: 'open' | 'closed' | 'taken' | 'arrived' | 'replaced';
  /** `closed`: the limit that is reached, or that the recipient is blocked or out of reach. */
  reason: KeyfobError | null;
}
export interface SimSwapCheck {
  answer: SimSwap;
  source: 'operator' | 'cache' | 'not-asked';
  /** The second in which the operator answered; `null`: it was not asked. */
  checkedAt: number | null;
}

/**
 * A whole one-time-password service over storage and delivery of your own. No outcome is
 * revealed before its attempt is stored, and a code is accepted once, however many ask at once.
 *
 * Requests that carry an `Idempotency-Key` are no part of it: what makes two of them one is the
 * body as it came and the answer as it went, byte for byte, which only a server has. That of
 * keyfob does it.
 *
 * Every method rejects with a {@link KeyfobError}, or with what your own function threw: then
 * nothing was accepted. What a user typed never rejects. What can be no id of anything is
 * `invalid-domain`, `invalid-user-id`, `invalid-otp-id` or `invalid-message-id` by the kind of it.
 */
export class Service {
  /**
   * @throws {KeyfobError} `invalid-key`, `duplicate-sealing-key`, `invalid-account`; of the policy
   *   `invalid-attempts`, `invalid-send-window`, `invalid-percent`, `invalid-place`, `invalid-prefix`,
   *   `invalid-retention`, `invalid-window`, `invalid-expiry`, `invalid-enrolment-lifetime`.
   */
  constructor(options: ServiceOptions);
  /** The same service for another tenant. @throws {KeyfobError} `invalid-account`. */
  forAccount(account: string): Service;

  /**
   * A new domain, and its id. `name` is what apps show as the issuer: at most 64 characters.
   * @throws {KeyfobError} `invalid-name`, `invalid-fallback-after`, `invalid-max-age`,
   *   `invalid-sim-swap-action`.
   */
  createDomain(options?: { name?: string | null } & DomainSettings): Promise<string>;
  /**
   * Changes a domain, and answers with what it then is: what is not given stays, and `null` takes
   * away. Of `simSwap` too, each alone. Apps that are enrolled keep the name that they were given.
   * @throws {KeyfobError} `domain-not-found`, and those of `createDomain`.
   */
  changeDomain(domain: string, change: DomainChange): Promise<DomainView>;
  /** @throws {KeyfobError} `domain-not-found`. */
  viewDomain(domain: string): Promise<DomainView>;

  /**
   * A user by an id of your own: 1 to 256 bytes, taken exactly as given.
   * @throws {KeyfobError} `user-exists`: then nothing changes; `domain-not-found`, `secret-too-short`
   *   unless that is accepted, `invalid-name` of the `accountName`, and those of {@link TOTP}.
   */
  createUser(domain: string, userId: string, options?: EnrolmentRequest & {
    /** Return the secret and count the user as enrolled, instead of opening an enrolment. */
    returnSecret?: boolean;
  }): Promise<CreatedUser>;
  /**
   * For a user whose device is lost or replaced. An enrolment that was open before is void.
   * @throws {KeyfobError} `user-not-found`, `domain-not-found`, and those of `createUser` about the options.
   */
  openEnrolment(domain: string, userId: string, options?: EnrolmentRequest & {
    /** End the old secret at once; else it works until the new one is confirmed. */
    revoke?: boolean;
  }): Promise<OpenEnrolment>;
  /**
   * What the page behind a link shows: the QR code's `uri`.
   * @throws {KeyfobError} `enrolment-not-found`: there is none, or it is over.
   */
  viewEnrolment(ticket: string): Promise<EnrolmentView>;
  /**
   * The first code of the new device, which is used up by it. The new secret replaces the old one.
   * @throws {KeyfobError} `enrolment-not-found`: there is none, or it is over.
   */
  confirmEnrolment(ticket: string, code: string): Promise<Verdict>;
  /** Judges a code of the user's device. @throws {KeyfobError} `user-not-found`, `domain-not-found`. */
  verifyTotp(domain: string, userId: string, code: string): Promise<Verdict>;
  /** @throws {KeyfobError} `user-not-found`, `domain-not-found`. */
  viewUser(domain: string, userId: string): Promise<UserView>;
  /** The secret is gone with the user. @throws {KeyfobError} `user-not-found`, `domain-not-found`. */
  deleteUser(domain: string, userId: string): Promise<void>;
  /**
   * Erases all that is stored of a user. Erasing what is erased changes nothing.
   * @throws {KeyfobError} `domain-not-found`.
   */
  eraseUser(domain: string, userId: string): Promise<void>;

  /**
   * Sends a code.
   * @throws {KeyfobError} `domain-not-found`; `send-limit`, `unverified-sends`, `prefix-stopped`, with
   *   `retryAt` and `limit`; `recipient-blocked`; `destination-not-allowed`, `premium-number`;
   *   `sim-swapped`, `sim-swap-unknown`, `sim-swap-not-configured`; `channel-not-configured`; and of
   *   what was asked for `invalid-channel`, `fallback-without-channel`, `invalid-fallback-after`,
   *   `invalid-code-length`, `invalid-alphabet`, `invalid-expiry`, `invalid-language`,
   *   `invalid-max-age`, `invalid-sim-swap-action`, `invalid-client-address`, `invalid-place`, and
   *   those of {@link parseRecipient} and {@link composeMessage}.
   */
  send(request: SendRequest): Promise<Sent>;
  /**
   * Sends another code, by the same or another channel. The one before is void.
   * @throws {KeyfobError} `challenge-not-found`; `challenge-over`: it is used, cancelled or expired;
   *   `invalid-channel` for one that does not reach the recipient; and whatever keeps `send` from sending.
   */
  resend(otpId: string, options?: { channel?: Channel | null }): Promise<Sent>;
  /**
   * Judges a code that was sent.
   * @throws {KeyfobError} `challenge-not-found`; `context-required`: it was sent with a context.
   */
  verify(otpId: string, code: string, options?: { context?: TransactionContext | null }): Promise<Verdict>;
  /**
   * Voids a code. Whether it was used before is not undone.
   * @throws {KeyfobError} `challenge-not-found`; `challenge-over`: it was used, or wrong codes ended it.
   */
  cancel(otpId: string): Promise<void>;
  /** How far it got. @throws {KeyfobError} `challenge-not-found`. */
  viewChallenge(otpId: string): Promise<ChallengeView>;
  /**
   * What a provider reports of a message; whether it was news.
   * @throws {KeyfobError} `challenge-not-found`, `unknown-channel`, `invalid-delivery-state`.
   */
  deliveryReport(otpId: string, messageId: string, channel: Channel, state: DeliveryState): Promise<boolean>;
  /** Whether the code in a message can still be accepted. Send what is wanted, nothing else. */
  wanted(otpId: string, messageId: string): Promise<Wanted>;
  /**
   * A message did not get through and is about to take `channel`: takes its place among what may
   * be sent, and notes it. Only an open way may be taken.
   * @throws {KeyfobError} `challenge-not-found`; `invalid-channel` for one that the request did not name.
   */
  fallBack(otpId: string, messageId: string, channel: Channel): Promise<Way>;
  /**
   * Erases all that is stored of a number or address. Erasing what is erased changes nothing.
   * @throws {KeyfobError} `domain-not-found`, and those of {@link parseRecipient}.
   */
  eraseRecipient(domain: string, to: string): Promise<void>;
  /**
   * Asks the operator, or the cache. `maxAgeHours` are 1 to 2400; 240 if not given.
   * @throws {KeyfobError} `sim-swap-not-configured`, `send-limit` of the account, `invalid-max-age`, and
   *   those of {@link parseRecipient} for a phone.
   */
  checkSimSwap(phone: string, options?: { maxAgeHours?: number }): Promise<SimSwapCheck>;
}
