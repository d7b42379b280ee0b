// Arguments on their way into the engine: types are checked here, rules are the core's.

import { misuse, unknown } from './error.js';

/** Longer than any text the core takes, by far. What is longer is not even copied. */
const LONGEST_TEXT = 1_000_000;

/** What a user typed. What is no text is no code, and the core says so of the empty one. */
export function typed(code) {
  return typeof code === 'string' && code.length <= LONGEST_TEXT ? code : '';
}

export function text(value, argument) {
  if (value === undefined || value === null) throw misuse(argument, 'given, as a string');
  if (typeof value !== 'string') throw misuse(argument, `a string and no ${typeof value?.then === 'function' ? 'promise: await it' : typeof value}`);
  if (value.length > LONGEST_TEXT) throw misuse(argument, 'a string of at most a million characters');
  // In the engine each would be the same sign, and two names one.
  if (/\p{Surrogate}/u.test(value)) throw misuse(argument, 'text without halves of characters');
  return value;
}

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype);
const nameOf = Object.getOwnPropertyDescriptor(TYPED_ARRAY, Symbol.toStringTag).get;
const lengthOf = Object.getOwnPropertyDescriptor(TYPED_ARRAY, 'length').get;

/** Whether it is a Uint8Array, and not only of its class. */
export function isBytes(value) {
  return nameOf.call(value) === 'Uint8Array';
}

/**
 * A copy of bytes, and of one more than `most` where there are more, which is enough to be refused.
 * A class of somebody's own may tell another length than its bytes have, and the engine would go by
 * it; the bytes of a buffer that was given away are none.
 */
export function bytes(value, argument, wanted, most) {
  if (!isBytes(value)) throw misuse(argument, wanted);
  const length = lengthOf.call(value);
  return new Uint8Array(length > most ? most + 1 : length && value);
}

export function optionalText(value, argument) {
  return value === undefined || value === null ? undefined : text(value, argument);
}

/**
 * A number; what is none becomes NaN, which the core refuses by the parameter's own code, and what
 * is not given stays so: the core has the default.
 */
export function number(value) {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'number' ? value : NaN;
}

/** A time in Unix seconds, now if not given; a fraction is dropped. */
export function time(value) {
  if (value === undefined || value === null) return now();
  return count(typeof value === 'number' ? Math.floor(value) : value, 'time', 'in Unix seconds, ');
}

/** A counter or a step: a whole number where a number holds it, or a bigint. */
export function count(value, argument, unit = '') {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  if (typeof value === 'bigint' && value >= 0n && value < 1n << 64n) return value;
  throw misuse(argument, `${unit}a whole number from 0 to 2^53 - 1, or a bigint below 2^64`);
}

export function now() {
  return Math.floor(Date.now() / 1000);
}

/** The sides of a window: a number for both, or one for each. */
export function sides(window) {
  if (!Array.isArray(window)) return [number(window), number(window)];
  return window.length === 2 ? window.map((steps) => number(steps) ?? NaN) : [NaN, NaN];
}

export function object(value, argument, wanted = 'an object') {
  if (value === undefined || value === null) return {};
  // A Map or an array has no keys to read: what is in it would be passed over.
  if (typeof value === 'object' && !(Symbol.iterator in value)) return value;
  throw misuse(argument, wanted);
}

/**
 * What was given of the options known. They are the object's own: what somebody put into the
 * prototype of all objects is nobody's wish. One that is misspelt would be passed over.
 */
export function options(given, ...known) {
  const isOfSecret = known[0] === 'secret';
  const fields = object(given, 'options', `an object such as { ${isOfSecret ? 'secret: …' : known.join(', ')} }`);
  const found = Object.create(null);
  for (const key of Object.keys(fields)) {
    if (!known.includes(key)) throw unknown('options', key, known);
    found[key] = fields[key];
  }
  if (isOfSecret && (found.secret ?? null) === null) throw misuse('secret', 'given, as in { secret: … }');
  return found;
}

/** As {@link options}, of the two that judging a code takes, sooner. */
export function judging(given) {
  let time, state;
  for (const key of Object.keys(object(given, 'options', 'an object such as { time, state }'))) {
    if (key === 'time') ({ time } = given);
    else if (key === 'state') ({ state } = given);
    else throw unknown('options', key, ['time', 'state']);
  }
  return { time, state };
}

/** The items of what can be gone through; what cannot must not pass for nothing. */
export function items(value, argument, wanted) {
  if (typeof value?.[Symbol.iterator] === 'function') return Array.from(value);
  throw misuse(argument, wanted);
}

/** Random bytes of the application. What it fills later, or answers instead, would leave zeroes. */
export function fill(random, bytes) {
  const given = random(bytes);
  const isFilled = bytes.length < 16 || bytes.some((byte) => byte !== 0);
  if ((given === undefined || given === bytes) && isFilled) return;
  throw misuse('random', 'a function that fills the bytes it is given before it returns');
}

/** The drift of what is remembered. A state that is none must not pass for "no code was used yet". */
export function driftOf(state) {
  if (state === undefined || state === null) return 0;
  // Its own, as options are: what is in all objects must not read as "no code was used yet".
  const lastStep = Object.hasOwn(state, 'lastStep') ? state.lastStep : undefined;
  const drift = Object.hasOwn(state, 'drift') ? state.drift : 0;
  if (lastStep === undefined) throw misuse('state', 'what verify answered as state, an object with lastStep');
  if (lastStep !== null) count(lastStep, 'state');
  if (typeof drift === 'number' && drift === drift << 24 >> 24) return drift; // eight bits
  if (drift === null || drift === undefined) return 0;
  throw misuse('state', 'one whose drift is a whole number from -128 to 127');
}
