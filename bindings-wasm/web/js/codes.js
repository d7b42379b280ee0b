import { RawHotp, RawSteam, RawTotp, algorithmName } from './keyfob.js';
import { toRaw } from './secret.js';
import { high, low, misuse, now, number, options, redact, sides, text, typed, wide } from './values.js';

/** Given in place of options: what an enrolment's generator is made of. */
export const ADOPT = Symbol('adopt');

export class TOTP {
  #raw;

  constructor(given) {
    const { [ADOPT]: raw, secret, algorithm = 'SHA1', digits, period, window, epoch, driftLimit } =
      options(given);
    this.algorithm = algorithmName(text(algorithm, 'algorithm'));
    this.digits = number(digits, 6);
    this.period = number(period, 30);
    if (raw) {
      this.#raw = raw;
      return;
    }
    const [before, after] = sides(window);
    const start = wide(epoch ?? 0, 'epoch');
    this.#raw = new RawTotp(
      toRaw(secret), this.algorithm, this.digits, this.period, before, after,
      high(start), low(start), number(driftLimit, 0),
    );
  }

  generate(time = now()) {
    time = wide(time, 'time');
    return this.#raw.generate(high(time), low(time));
  }

  atStep(step) {
    step = wide(step, 'step');
    return this.#raw.atStep(high(step), low(step));
  }

  step(time = now()) {
    time = wide(time, 'time');
    return this.#raw.step(high(time), low(time), typeof time === 'bigint');
  }

  remaining(time = now()) {
    time = wide(time, 'time');
    return this.#raw.remaining(high(time), low(time));
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
    this.#raw = raw ?? new RawSteam(toRaw(secret), ...sides(window));
  }

  generate(time = now()) {
    time = wide(time, 'time');
    return this.#raw.generate(high(time), low(time));
  }

  remaining(time = now()) {
    time = wide(time, 'time');
    return this.#raw.remaining(high(time), low(time));
  }

  verify(code, judging) {
    return judge(this.#raw, code, judging);
  }
}
redact(Steam, () => 'Steam()');

export class HOTP {
  #raw;

  constructor(given) {
    const { [ADOPT]: raw, secret, algorithm = 'SHA1', digits, lookAhead } = options(given);
    this.algorithm = algorithmName(text(algorithm, 'algorithm'));
    this.digits = number(digits, 6);
    this.#raw =
      raw ?? new RawHotp(toRaw(secret), this.algorithm, this.digits, number(lookAhead, 10));
  }

  generate(counter) {
    counter = wide(counter, 'counter');
    return this.#raw.generate(high(counter), low(counter));
  }

  verify(code, counter) {
    counter = wide(counter, 'counter');
    return this.#raw.verify(typed(code), high(counter), low(counter), typeof counter === 'bigint');
  }

  resynchronise(first, second, counter, range) {
    counter = wide(counter, 'counter');
    return this.#raw.resynchronise(
      typed(first), typed(second), high(counter), low(counter), number(range, 100),
      typeof counter === 'bigint',
    );
  }
}
redact(HOTP, (hotp) => `HOTP(${hotp.algorithm}, ${hotp.digits} digits)`);

export function generate(given) {
  return new TOTP(given).generate(options(given).time ?? undefined);
}

export function verify(given) {
  return new TOTP(given).verify(options(given).code, given);
}

function judge(raw, code, judging) {
  const { time = now(), state } = options(judging);
  const at = wide(time, 'time');
  const last = lastStepOf(state);
  const step = last === null ? 0 : wide(last, 'state');
  return raw.verify(
    typed(code), high(at), low(at), last !== null, high(step), low(step),
    number(state?.drift, 0), typeof at === 'bigint',
  );
}

/** A state that is none must not pass for "no code was used yet". */
function lastStepOf(state) {
  if (state === undefined || state === null) return null;
  const { lastStep } = options(state, 'state');
  if (lastStep !== undefined) return lastStep;
  throw misuse('state', 'state must be the one that verify returned, as an object with lastStep');
}
