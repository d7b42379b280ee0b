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
  return new KeyfobError('invalid-argument', `${argument} must be ${wanted}`, { argument });
}
