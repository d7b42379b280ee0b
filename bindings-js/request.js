// What a service is given, key by key. A key that is none is refused: one that is misspelt would
// read as a limit or a wish that is not there. `null` stays, for limits that it lifts.

import { KeyfobError, misuse } from './error.js';
import { number as optional, options, sides, text } from './values.js';

/** The fields of `given` that `shape` knows; it knows them all, or this throws. */
export function read(given, argument, shape) {
  const fields = options(given, argument);
  for (const key of Object.keys(fields)) {
    if (Object.hasOwn(shape, key)) continue;
    const known = Object.keys(shape).join(', ');
    throw new KeyfobError('invalid-argument', `${argument} has no ${key}: it takes ${known}`, { argument: key });
  }
  const found = {};
  for (const key of Object.keys(shape)) {
    const value = fields[key];
    if (value !== undefined) found[key] = value === null ? null : shape[key](value, key);
  }
  return found;
}

/** Refuses what lacks one of these. */
export function need(fields, ...names) {
  for (const name of names) {
    if (fields[name] === undefined || fields[name] === null) throw misuse(name, 'given');
  }
  return fields;
}

/** What is no number becomes NaN, which is refused as a number that is out of range. */
const number = (value) => optional(value);
const as = (shape) => (value, name) => read(value, name, shape);

function flag(value, name) {
  if (typeof value === 'boolean') return value;
  throw misuse(name, 'true or false');
}

function list(item) {
  return (value, name) => {
    if (Array.isArray(value)) return value.map((one) => item(one, name));
    throw misuse(name, 'an array');
  };
}

function record(item) {
  return (value, name) =>
    Object.fromEntries(Object.entries(options(value, name)).map(([key, one]) => [key, item(one, name)]));
}

const texts = list(text);
const anything = (value) => value;
export const context = record(text);

function ending(value, name) {
  const given = read(value, name, { originBound: text, androidAppHash: text });
  if (Object.values(given).filter((one) => one !== null).length === 1) return given;
  throw misuse(name, '{ originBound } or { androidAppHash }');
}

function recipients(value, name) {
  if (typeof value !== 'object') return text(value, name);
  return need(read(value, name, { phone: text, email: text }), 'phone', 'email');
}

const simSwap = as({ maxAgeHours: number, onSwapped: text, onUnknown: text });

export const SETTINGS = { name: text, simSwap, fallbackAfter: number };
export const ENROLMENT = {
  secret: anything, acceptShortSecret: flag, accountName: text, algorithm: text, digits: number, period: number,
};
export const USER = { ...ENROLMENT, returnSecret: flag };
export const DEVICE = { ...ENROLMENT, revoke: flag };
export const SEND = {
  domain: text,
  channel: (value, name) => texts(Array.isArray(value) ? value : [value], name),
  to: recipients, message: text, language: text, length: number, alphabet: text, expiry: number, context, ending,
  simSwap, fallbackAfter: number, client: text,
};
export const SPEECH = { template: text, code: text, minutes: number, context };
export const TEXT = { ...SPEECH, ending };
export const SERVICE = {
  keys: as({ root: anything, sealing: list(as({ id: number, key: anything })) }),
  storage: anything, delivery: anything, simSwap: anything,
  policy: as({
    attempts: as({ perBlock: number, firstBlock: number, longestBlock: number, disableAfter: number }),
    sends: as({ perRecipient: list(as({ seconds: number, messages: number })), perAccountAndDay: number }),
    traffic: as({
      perDomainAndDay: number, perClientAndDay: number, perCountryAndDay: number, perPrefixAndDay: number,
      costPerDay: number,
      prices: as({ default: number, places: record(number) }),
      unverified: as({
        perCountryAndDay: number, perCountryAndHour: number, perClientAndDay: number, share: number,
        countriesPerClientAndDay: number,
      }),
      breaker: as({ sends: number, verified: number }),
      allowed: texts, denied: texts, premium: texts,
    }),
    simSwap: as({ prefixes: texts, cache: number }),
    retentionHours: number,
    window: (value) => sides(value),
    defaultLifetime: number, enrolmentLifetime: number, issuer: text,
  }),
  account: text, replayFloor: number, clock: anything, random: anything,
};
