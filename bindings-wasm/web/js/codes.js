import { RawHotp, RawSteam, RawTotp } from './keyfob.js';
import { lend } from './secret.js';
import { fix, redact } from './shared/printing.js';
import { count, driftOf, number, optionalText, options, sides, time, typed } from './shared/values.js';
import { high, low } from './wide.js';

/** Given in place of options: what an enrolment's generator is made of. */
export const ADOPT = Symbol('adopt');

export class TOTP {
  #raw;

  constructor(given) {
    const { [ADOPT]: raw, secret, algorithm, digits, period, window, epoch, driftLimit } = options(given);
    this.#raw = raw ?? lend(secret, (secret) => {
      const start = count(epoch ?? 0, 'epoch');
      return new RawTotp(
        secret, optionalText(algorithm, 'algorithm'), number(digits), number(period), ...sides(window),
        high(start), low(start), number(driftLimit),
      );
    });
    fix(this, this.#raw.describe());
  }

  generate(at) {
    at = time(at);
    return this.#raw.generate(high(at), low(at));
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
    const { [ADOPT]: raw, secret, window } = options(given);
    this.#raw = raw ?? lend(secret, (secret) => new RawSteam(secret, ...sides(window)));
  }

  generate(at) {
    at = time(at);
    return this.#raw.generate(high(at), low(at));
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
    const { [ADOPT]: raw, secret, algorithm, digits, lookAhead } = options(given);
    this.#raw = raw ?? lend(secret, (secret) =>
      new RawHotp(secret, optionalText(algorithm, 'algorithm'), number(digits), number(lookAhead)));
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
  return new TOTP(given).generate(given.time);
}

export function verify(given) {
  return new TOTP(given).verify(given.code, given);
}

function judge(raw, code, judging) {
  const { time: given, state } = options(judging);
  const at = time(given);
  const drift = driftOf(state);
  const last = state?.lastStep ?? null;
  const step = last ?? 0;
  return raw.verify(
    typed(code), high(at), low(at), last !== null, high(step), low(step), drift, typeof at === 'bigint',
  );
}
