// Arguments on their way into the engine: types are checked here, rules are the core's.

import { misuse } from './error.js';

/** Longer than any text the core takes, by far. What is longer is not even copied. */
const LONGEST_TEXT = 1_000_000;

/** What a user typed. What is no text is no code, and the core says so of the empty one. */
export function typed(code) {
  return typeof code === 'string' && code.length <= LONGEST_TEXT ? code : '';
}

export function text(value, argument) {
  if (typeof value === 'string' && value.length <= LONGEST_TEXT) return value;
  throw misuse(argument, 'a string of at most a million characters');
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
  return count(typeof value === 'number' ? Math.floor(value) : value, 'time');
}

/** A counter or a step: a whole number where a number holds it, or a bigint. */
export function count(value, argument) {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  if (typeof value === 'bigint' && value >= 0n && value < 1n << 64n) return value;
  throw misuse(argument, 'a whole number from 0 to 2^53 - 1, or a bigint below 2^64');
}

export function now() {
  return Math.floor(Date.now() / 1000);
}

/** The sides of a window: a number for both, or one for each. */
export function sides(window) {
  if (!Array.isArray(window)) return [number(window), number(window)];
  return window.length === 2 ? window.map((steps) => number(steps) ?? NaN) : [NaN, NaN];
}

export function options(value, argument = 'options') {
  if (value === undefined || value === null) return {};
  // A Map or an array has no keys to read: what is in it would be passed over.
  if (typeof value === 'object' && !(Symbol.iterator in value)) return value;
  throw misuse(argument, 'an object');
}

/** The drift of what is remembered. A state that is none must not pass for "no code was used yet". */
export function driftOf(state) {
  if (state === undefined || state === null) return 0;
  const { lastStep, drift = 0 } = state;
  if (lastStep === undefined) throw misuse('state', 'what verify answered as state, an object with lastStep');
  if (lastStep !== null) count(lastStep, 'state');
  if (typeof drift === 'number' && drift === drift << 24 >> 24) return drift; // eight bits
  if (drift === null) return 0;
  throw misuse('state', 'one whose drift is a whole number from -128 to 127');
}
