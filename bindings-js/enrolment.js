import { misuse } from './error.js';

/** Refuses what codes of this type do not have: passed over, it would make a QR code of the wrong kind. */
export function checkKind(given) {
  const only = (type, name) => {
    if ((given[name] ?? null) !== null && (given.type ?? 'totp') !== type) throw misuse(name, `left out, or type '${type}'`);
  };
  only('totp', 'period');
  only('hotp', 'counter');
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
