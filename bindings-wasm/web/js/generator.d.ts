/**
 * The smaller half of `@keyfob/web`: makes secrets, codes, enrolment URIs, and QR codes as SVG or
 * text. Reading the URIs of others is for the whole. Its objects are its own: a `Secret` made
 * here is none of `@keyfob/web`'s.
 */
import type { Enrolment as Whole, EnrolmentOptions, QrOptions } from './index.js';

export {
  HOTP,
  KeyfobError,
  Secret,
  Steam,
  TOTP,
  generate,
  generateSecret,
  keyuri,
  verify,
} from './index.js';
export type {
  Algorithm,
  Digits,
  EnrolmentOptions,
  HotpOptions,
  HotpVerification,
  KeyfobErrorDetails,
  QrOptions,
  SecretInput,
  SteamOptions,
  TotpJudging,
  TotpOptions,
  TotpParameters,
  TotpState,
  TotpVerification,
} from './index.js';

/** One account in an authenticator app, as that of `@keyfob/web` but for what judges apps. */
export type Enrolment = Omit<Whole, 'compatibility'>;
export const Enrolment: new (options: EnrolmentOptions) => Enrolment;

/** A QR code as SVG, without script, style or reference to anything outside. */
export function qrSvg(text: string | Enrolment, options?: QrOptions & {
  /** What a screen reader says; `QR code` if not given. Never put the secret here. */
  title?: string;
  /** Width and height in pixels, 1 to 65535; without it the picture fills its place. */
  pixels?: number;
}): string;
/** A QR code for a terminal that knows ANSI colours. */
export function qrText(text: string | Enrolment, options?: QrOptions): string;
