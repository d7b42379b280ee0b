const DETAILS = ['argument', 'position', 'index', 'until', 'retryAt', 'limit'];

/** The one class of errors: see `index.d.ts`. */
export class KeyfobError extends Error {
  constructor(code, message, details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    for (const name of DETAILS) {
      if (details[name] !== undefined) this[name] = details[name];
    }
  }
}
Object.defineProperty(KeyfobError.prototype, 'name', { value: 'KeyfobError', writable: true, configurable: true });

/** What an argument is not, though the types say it. The core has no word for it. */
export function misuse(argument, wanted) {
  return refusal('invalid-argument', wanted, { argument });
}

/** A key of an object that has no such key. `path` leads to it from the outermost argument. */
export function unknown(argument, key, known, path = '') {
  const message = `${argument} has no ${key}: it takes ${known.join(', ')}`;
  return new KeyfobError('invalid-argument', message, { argument: path + key });
}

/** What the engine refuses: it gives the code, what is wanted, and the argument as requests over HTTP have it. */
export function refusal(code, wanted, { argument: field, ...details }) {
  if (field === undefined) return new KeyfobError(code, wanted, details);
  const argument = field === 'set_secret' ? 'secret' : field.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  return new KeyfobError(code, named(argument, code, wanted), { argument, ...details });
}

/** The text under the name of the argument, unless it begins with that. */
function named(argument, code, wanted) {
  if (code === 'invalid-argument') return `${argument} must be ${wanted}`;
  return wanted.replace(/^the /, '').startsWith(`${argument} `) ? wanted : `${argument}: ${wanted}`;
}
