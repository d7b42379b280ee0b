import { misuse } from './error.js';

/** What belongs to one kind alone: with another it would be passed over, and the QR code be of the wrong kind. */
const OWN = { period: 'totp', counter: 'hotp' };

/** Refuses a period or a counter of an account whose codes have none. */
export function checkKind(given) {
  for (const [name, type] of Object.entries(OWN)) {
    if ((given[name] ?? null) !== null && (given.type ?? 'totp') !== type) {
      throw misuse(name, `left out, or type be '${type}'`);
    }
  }
  return given;
}

/**
 * What is shown of an enrolment: the counter as text, for it may be beyond what JSON holds, and of
 * further parameters their names, for the values may be secrets: a PIN, say.
 */
export function shown(enrolment) {
  const { counter, parameters, secret } = enrolment;
  return {
    ...enrolment,
    secret: String(secret),
    counter: counter === null ? null : String(counter),
    parameters: parameters.map(([name]) => name),
  };
}
