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
