// What a service is given, key by key. A key that is none is refused: one that is misspelt would
// read as a limit or a wish that is not there. `null` stays, for limits that it lifts.

import { misuse, unknown } from './error.js';
import { bytes, number, object, sides, text } from './values.js';

/** The fields of `given` that `shape` knows; it knows them all, and has all that is needed, or this throws. */
export function read(given, argument, shape, ...needed) {
  return fieldsOf(given, argument, '', shape, needed);
}

/** What is at fault is named by its whole path: `policy.traffic.breaker.sends`. */
function fieldsOf(given, argument, path, shape, needed) {
  const fields = object(given, argument, `an object with ${Object.keys(shape).join(', ')}`);
  const found = Object.create(null);
  for (const key of Object.keys(fields)) {
    if (!Object.hasOwn(shape, key)) throw unknown(argument, key, Object.keys(shape), path);
    const value = fields[key];
    if (value !== undefined) found[key] = value === null ? null : shape[key](value, path + key);
  }
  for (const key of needed) {
    if ((found[key] ?? null) === null) throw misuse(path + key, 'given');
  }
  return found;
}

const as = (shape, ...needed) => (value, path) => fieldsOf(value, path, `${path}.`, shape, needed);

/** Seconds, messages, costs. */
function whole(value, name) {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw misuse(name, 'a whole number from 0 to 2^53 - 1');
}

function keyId(value, name) {
  if (typeof value === 'number' && value === value >>> 0) return value;
  throw misuse(name, 'a whole number from 0 to 2^32 - 1');
}

function key(value, name) {
  return bytes(value, name, 'a Uint8Array of 32 random bytes', 32);
}

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

function record(item, path = (name) => name) {
  return (value, name) =>
    Object.fromEntries(Object.entries(object(value, name)).map(([key, one]) => [text(key, name), item(one, path(name, key))]));
}

const texts = list(text);
const anything = (value) => value;
export const context = record(text, (name, key) => `${name}.${key}`);

function ending(value, name) {
  const given = as({ originBound: text, androidAppHash: text })(value, name);
  if (Object.values(given).filter((one) => one !== null).length === 1) return given;
  throw misuse(name, '{ originBound } or { androidAppHash }');
}

function recipients(value, name) {
  if (typeof value !== 'object') return text(value, name);
  return as({ phone: text, email: text }, 'phone', 'email')(value, name);
}

const simSwap = as({ maxAgeHours: number, onSwapped: text, onUnknown: text });

export const SETTINGS = { name: text, simSwap, fallbackAfter: whole };
const ENROLMENT = {
  secret: anything, acceptShortSecret: flag, accountName: text, algorithm: text, digits: number, period: number,
};
export const USER = { ...ENROLMENT, returnSecret: flag };
export const DEVICE = { ...ENROLMENT, revoke: flag };
export const SEND = {
  domain: text,
  channel: (value, name) => texts(Array.isArray(value) ? value : [value], name),
  to: recipients, message: text, language: text, length: number, alphabet: text, expiry: whole, context, ending,
  simSwap, fallbackAfter: whole, client: text, apiKey: text, destination: as({ region: text, premium: flag }),
};
export const SPEECH = { template: text, code: text, minutes: whole, context };
export const TEXT = { ...SPEECH, ending };
export const SERVICE = {
  keys: as({ root: key, sealing: list(as({ id: keyId, key }, 'id', 'key')) }, 'root', 'sealing'),
  storage: anything, delivery: anything, simSwap: anything,
  policy: as({
    attempts: as({ perBlock: whole, firstBlock: whole, longestBlock: whole, disableAfter: whole }),
    sends: as({ perRecipient: list(as({ seconds: whole, messages: whole }, 'seconds', 'messages')), perAccountAndDay: whole }),
    traffic: as({
      perDomainAndDay: whole, perApiKeyAndDay: whole, perClientAndDay: whole, perCountryAndDay: whole, perPrefixAndDay: whole,
      costPerDay: whole,
      prices: as({ default: whole, places: record(whole) }),
      unverified: as({
        perCountryAndDay: whole, perCountryAndHour: whole, perClientAndDay: whole, share: whole,
        countriesPerClientAndDay: whole,
      }),
      breaker: as({ sends: whole, verified: whole }),
      allowed: texts, denied: texts, premium: texts,
    }),
    simSwap: as({ prefixes: texts, cache: whole }),
    retention: as({ hours: whole, accounts: record(whole) }),
    window: sides,
    defaultLifetime: whole, enrolmentLifetime: whole, issuer: text,
  }),
  account: text, replayFloor: whole, clock: anything, random: anything,
};
