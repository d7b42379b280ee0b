import { RawEnrolment, algorithmName, qrSvg as svg, qrText as terminal } from './keyfob.js';
import { ADOPT, HOTP, Steam, TOTP } from './codes.js';
import { Secret, toRaw } from './secret.js';
import { high, low, misuse, number, options, redact, text, wide } from './values.js';

const raws = new WeakMap();

export class Enrolment {
  constructor(given) {
    const raw = given instanceof RawEnrolment ? given : build(options(given));
    raws.set(this, raw);
    Object.assign(this, raw.describe());
    Object.defineProperty(this, 'secret', { value: new Secret(raw.secret()), enumerable: true });
  }

  toUri() {
    return rawOf(this).toUri();
  }

  generator() {
    const raw = rawOf(this).generator();
    const { type, algorithm, digits, period } = this;
    if (type === 'totp') return new TOTP({ [ADOPT]: raw, algorithm, digits, period });
    if (type === 'hotp') return new HOTP({ [ADOPT]: raw, algorithm, digits });
    return new Steam({ [ADOPT]: raw });
  }

  /** Of the whole alone: the generator's module knows no apps. */
  compatibility() {
    return rawOf(this).compatibility();
  }

  toJSON() {
    return { ...this, counter: jsonNumber(this.counter), secret: String(this.secret) };
  }
}
redact(Enrolment, (enrolment) => `Enrolment ${JSON.stringify(withoutValues(enrolment))}`);

export function keyuri(given) {
  return new Enrolment(given).toUri();
}

export function qrSvg(content, given) {
  const { errorCorrection = 'medium', title = 'QR code', pixels } = options(given);
  const level = text(errorCorrection, 'errorCorrection');
  return svg(textOf(content), level, text(title, 'title'), number(pixels, undefined));
}

export function qrText(content, given) {
  const { errorCorrection = 'medium' } = options(given);
  return terminal(textOf(content), text(errorCorrection, 'errorCorrection'));
}

/** What a QR code is to hold. */
export function textOf(content) {
  return content instanceof Enrolment ? content.toUri() : text(content, 'text');
}

export function rawOf(enrolment) {
  const raw = raws.get(enrolment);
  if (!raw) throw misuse('enrolments', 'each enrolment must be an Enrolment');
  return raw;
}

function build(given) {
  const { type = 'totp', secret, account, issuer, algorithm = 'SHA1', digits, period } = given;
  const counter = wide(given.counter ?? 0, 'counter');
  const pairs = [...(given.parameters ?? [])].flatMap(([name, value]) => [
    text(name, 'parameters'),
    text(value, 'parameters'),
  ]);
  return new RawEnrolment(
    text(type, 'type'), toRaw(secret), text(account, 'account'),
    issuer === undefined || issuer === null ? undefined : text(issuer, 'issuer'),
    algorithmName(text(algorithm, 'algorithm')), number(digits, 6), number(period, 30),
    high(counter), low(counter), pairs,
  );
}

/** The values of further parameters may be secrets: a PIN, say. */
function withoutValues(enrolment) {
  const { parameters, ...rest } = enrolment.toJSON();
  return { ...rest, parameters: parameters.map(([name]) => name) };
}

function jsonNumber(number) {
  return typeof number === 'bigint' ? String(number) : number;
}
