import { RawEnrolment } from './keyfob.js';
import { ADOPT, HOTP, Steam, TOTP } from './codes.js';
import { Secret, lend } from './secret.js';
import { checkKind, shown } from './shared/enrolment.js';
import { misuse } from './shared/error.js';
import { hide, redact } from './shared/printing.js';
import { count, items, number, optionalText, options, text } from './shared/values.js';
import { high, low } from './wide.js';

const raws = new WeakMap();
const GENERATORS = { totp: TOTP, hotp: HOTP, steam: Steam };

export class Enrolment {
  constructor(given) {
    const raw = given instanceof RawEnrolment ? given : build(given);
    raws.set(this, raw);
    Object.assign(this, raw.describe(), { secret: new Secret(raw.secret()) });
    Object.freeze(hide(this, 'parameters'));
  }

  toUri() {
    return rawOf(this).toUri();
  }

  generator() {
    return new GENERATORS[this.type]({ [ADOPT]: rawOf(this).generator() });
  }

  /** Of the whole alone: the generator's module knows no apps. */
  compatibility() {
    return rawOf(this).compatibility();
  }

  toJSON() {
    return shown(this);
  }
}
redact(Enrolment, (enrolment) => `Enrolment ${JSON.stringify(enrolment)}`);

export function keyuri(given) {
  return new Enrolment(given).toUri();
}

export function rawOf(enrolment) {
  const raw = raws.get(enrolment);
  if (!raw) throw misuse('enrolments', 'Enrolment objects');
  return raw;
}

function build(given) {
  const { type, secret, account, issuer, algorithm, digits, period, counter: first, parameters } = checkKind(options(
    given, 'secret', 'type', 'account', 'issuer', 'algorithm', 'digits', 'period', 'counter', 'parameters',
  ));
  const counter = count(first ?? 0, 'counter');
  const pairs = items(parameters ?? [], 'parameters', 'pairs of a name and a value').map((pair) => [0, 1].map((place) => text(pair?.[place], 'parameters')));
  const raw = lend(secret, (secret) => new RawEnrolment(
    optionalText(type, 'type'), secret, text(account, 'account'), optionalText(issuer, 'issuer'),
    optionalText(algorithm, 'algorithm'), number(digits), number(period), high(counter), low(counter),
  ));
  return pairs.reduce((made, [name, value]) => made.with(name, value), raw);
}
