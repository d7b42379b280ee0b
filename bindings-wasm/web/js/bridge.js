// What the module asks of JavaScript, and the shapes of what it answers often.

import { KeyfobError, refusal as refused } from './shared/error.js';

/** What there is in place of the module before it is loaded. */
export const absent = /* @__PURE__ */ new Proxy({}, {
  get() {
    throw new KeyfobError('not-initialised', 'there is no module yet: `await init(…)` first, or `initSync(…)`');
  },
});

let random = fromRuntime;

/** Runs `work` with another source of random bytes than the runtime's. */
export function withRandom(source, work) {
  random = source ?? fromRuntime;
  try {
    return work();
  } finally {
    random = fromRuntime;
  }
}

/** The core says entropy-unavailable of what this throws. */
export function fillRandom(bytes) {
  random(bytes);
}

/** Its own field: what somebody put into the prototype of all objects is nobody's wish. */
export function field(object, name) {
  return object !== undefined && object !== null && Object.hasOwn(object, name) ? object[name] : undefined;
}

export function put(object, name, value) {
  object[name] = value;
}

export function refusal(code, message, argument, position, index, until, retryAt, limit) {
  return refused(code, message, {
    argument: argument === '' ? undefined : argument,
    position: present(position),
    index: present(index),
    until: present(until),
    retryAt: present(retryAt),
    limit: limit === '' ? undefined : limit,
  });
}

const OUTCOMES = ['accepted', 'replayed', 'mismatch', 'malformed'];

export function judgedByTime(outcome, stepHigh, stepLow, delta, drift, asBigint) {
  if (outcome > 1) {
    return { valid: false, outcome: OUTCOMES[outcome], delta: null, step: null, state: null };
  }
  const step = whole(stepHigh, stepLow, asBigint);
  if (outcome === 1) {
    return { valid: false, outcome: 'replayed', delta: null, step, state: null };
  }
  return { valid: true, outcome: 'accepted', delta, step, state: { lastStep: step, drift } };
}

export function judgedByCounter(outcome, delta, nextHigh, nextLow, asBigint) {
  if (outcome !== 0) {
    return { valid: false, outcome: OUTCOMES[outcome], delta: null, nextCounter: null };
  }
  const nextCounter = whole(nextHigh, nextLow, asBigint);
  return { valid: true, outcome: 'accepted', delta, nextCounter };
}

/** 64 bits: a number where it is exact, unless a bigint was given. */
export function whole(high, low, asBigint) {
  high >>>= 0;
  low >>>= 0;
  if (asBigint || high > 0x1fffff) return (BigInt(high) << 32n) | BigInt(low);
  return high * 0x1_0000_0000 + low;
}

function fromRuntime(bytes) {
  globalThis.crypto.getRandomValues(bytes);
}

function present(number) {
  return Number.isNaN(number) ? undefined : number;
}
