// Arguments on their way into the module: types are checked here, rules are the core's.

import { KeyfobError } from './error.js';

/** Longer than any text the core takes, by far. What is longer is not even copied. */
const LONGEST_TEXT = 1 << 20;

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

export function misuse(argument, message) {
  return new KeyfobError('invalid-argument', message, { argument });
}

/** What a user typed. What is no text is no code, and the core says so of the empty one. */
export function typed(code) {
  return typeof code === 'string' && code.length <= LONGEST_TEXT ? code : '';
}

export function text(value, argument) {
  if (typeof value !== 'string') throw misuse(argument, `${argument} must be a string`);
  if (value.length > LONGEST_TEXT) {
    throw misuse(argument, `${argument} is longer than a million characters`);
  }
  return value;
}

/** A number; what is none becomes NaN, which the core refuses by the parameter's own code. */
export function number(value, otherwise) {
  if (value === undefined || value === null) return otherwise;
  return typeof value === 'number' ? value : NaN;
}

/** A 64-bit time, counter or step: a number with its fraction dropped, or a bigint. */
export function wide(value, argument) {
  if (typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
    return Math.floor(value);
  }
  if (typeof value === 'bigint' && value >= 0n && value < 1n << 64n) return value;
  throw misuse(argument, `${argument} must be a number from 0 to 2^53 - 1, or a bigint below 2^64`);
}

export function high(value) {
  return typeof value === 'bigint' ? Number(value >> 32n) : Math.floor(value / 0x1_0000_0000);
}

export function low(value) {
  return typeof value === 'bigint' ? Number(value & 0xffff_ffffn) : value >>> 0;
}

/** The time in Unix seconds where none is given. */
export function now() {
  return Math.floor(Date.now() / 1000);
}

/** The sides of a window. */
export function sides(window) {
  if (Array.isArray(window)) return [number(window[0], NaN), number(window[1], NaN)];
  const steps = number(window, 1);
  return [steps, steps];
}

export function options(value, argument = 'options') {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object') throw misuse(argument, `${argument} must be an object`);
  return value;
}

/** Makes the instances of a class print as `show` says, in every runtime's console. */
export function redact(constructor, show) {
  for (const [key, value] of [
    [INSPECT, function () { return show(this); }],
    [Symbol.for('Deno.customInspect'), function () { return show(this); }],
    ['toString', function () { return show(this); }],
  ]) {
    Object.defineProperty(constructor.prototype, key, { value, writable: true, configurable: true });
  }
}
