import { RawHotp, RawSteam, RawTotp } from './keyfob.js';
import { lend } from './secret.js';
import { fix, redact } from './shared/printing.js';
import { count, driftOf, judging, number, optionalText, options, sides, time, typed } from './shared/values.js';
import { high, low } from './wide.js';

const PARAMETERS = ['secret', 'algorithm', 'digits', 'period', 'window', 'epoch', 'driftLimit'];

/** Given in place of options: what an enrolment's generator is made of. */
export const ADOPT = Symbol('adopt');

export class TOTP {
  #raw;

  constructor(given) {
    this.#raw = given?.[ADOPT] ?? totpOf(options(given, ...PARAMETERS));
    fix(this, this.#raw.describe());
  }

  generate(at) {
    return codeAt(this.#raw, at);
  }

  atStep(step) {
    step = count(step, 'step');
    return this.#raw.atStep(high(step), low(step));
  }

  step(at) {
    at = time(at);
    return this.#raw.step(high(at), low(at), typeof at === 'bigint');
  }

  remaining(at) {
    at = time(at);
    return this.#raw.remaining(high(at), low(at));
  }

  verify(code, judging) {
    return judge(this.#raw, code, judging);
  }
}
redact(TOTP, (totp) => `TOTP(${totp.algorithm}, ${totp.digits} digits, ${totp.period} s)`);

export class Steam {
  #raw;

  constructor(given) {
    this.#raw = given?.[ADOPT] ?? steamOf(options(given, 'secret', 'window'));
  }

  generate(at) {
    return codeAt(this.#raw, at);
  }

  remaining(at) {
    at = time(at);
    return this.#raw.remaining(high(at), low(at));
  }

  verify(code, judging) {
    return judge(this.#raw, code, judging);
  }
}
redact(Steam, () => 'Steam()');

export class HOTP {
  #raw;

  constructor(given) {
    this.#raw = given?.[ADOPT] ?? hotpOf(options(given, 'secret', 'algorithm', 'digits', 'lookAhead'));
    fix(this, this.#raw.describe());
  }

  generate(counter) {
    counter = count(counter, 'counter');
    return this.#raw.generate(high(counter), low(counter));
  }

  verify(code, counter) {
    counter = count(counter, 'counter');
    return this.#raw.verify(typed(code), high(counter), low(counter), typeof counter === 'bigint');
  }

  resynchronise(first, second, counter, range) {
    counter = count(counter, 'counter');
    return this.#raw.resynchronise(
      typed(first), typed(second), high(counter), low(counter), number(range), typeof counter === 'bigint',
    );
  }
}
redact(HOTP, (hotp) => `HOTP(${hotp.algorithm}, ${hotp.digits} digits)`);

export function generate(given) {
  const found = options(given, ...PARAMETERS, 'time');
  return once(found, (raw) => codeAt(raw, found.time));
}

export function verify(given) {
  const found = options(given, ...PARAMETERS, 'code', 'time', 'state');
  const { code, time, state } = found;
  return once(found, (raw) => judge(raw, code, { time, state }));
}

/** What is made for one call is freed after it, and with it its copy of the key. */
function once(parameters, work) {
  const raw = totpOf(parameters);
  try {
    return work(raw);
  } finally {
    raw.free();
  }
}

function codeAt(raw, given) {
  const at = time(given);
  return raw.generate(high(at), low(at));
}

function totpOf({ secret, algorithm, digits, period, window, epoch, driftLimit }) {
  const start = count(epoch ?? 0, 'epoch');
  return lend(secret, (secret) => new RawTotp(
    secret, optionalText(algorithm, 'algorithm'), number(digits), number(period), ...sides(window),
    high(start), low(start), number(driftLimit),
  ));
}

function steamOf({ secret, window }) {
  return lend(secret, (secret) => new RawSteam(secret, ...sides(window)));
}

function hotpOf({ secret, algorithm, digits, lookAhead }) {
  return lend(secret, (secret) =>
    new RawHotp(secret, optionalText(algorithm, 'algorithm'), number(digits), number(lookAhead)));
}

function judge(raw, code, given) {
  const { time: when, state } = judging(given);
  const at = time(when);
  const drift = driftOf(state);
  const last = state?.lastStep ?? null;
  const step = last ?? 0;
  return raw.verify(
    typed(code), high(at), low(at), last !== null, high(step), low(step), drift, typeof at === 'bigint',
  );
}
