/** The one class of errors: see `index.d.ts`. */
export class KeyfobError extends Error {
  constructor(code, message, { cause, ...details } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    for (const [name, value] of Object.entries(details)) {
      if (value !== undefined) this[name] = value;
    }
  }
}
Object.defineProperty(KeyfobError.prototype, 'name', { value: 'KeyfobError', configurable: true });
