import { RawSecret } from './keyfob.js';
import { misuse, number, redact, text } from './values.js';

const raws = new WeakMap();

export class Secret {
  constructor(secret) {
    raws.set(this, secret instanceof RawSecret ? secret : read(secret));
  }

  static generate(bytes) {
    return new Secret(RawSecret.generate(number(bytes, 20)));
  }

  get bits() {
    return rawOf(this).bits;
  }

  get isShort() {
    return rawOf(this).isShort;
  }

  exposeBytes() {
    return rawOf(this).exposeBytes();
  }

  exposeBase32() {
    return rawOf(this).exposeBase32();
  }

  equals(other) {
    return rawOf(this).equals(toRaw(other));
  }

  toJSON() {
    return String(this);
  }
}
redact(Secret, (secret) => `Secret(redacted, ${secret.bits} bits)`);

export function generateSecret(bytes) {
  return Secret.generate(bytes);
}

/** The secret of an argument in the module's memory. */
export function toRaw(secret) {
  return secret instanceof Secret ? rawOf(secret) : read(secret);
}

/** A copy that the module may take over. */
export function copyOf(secret) {
  if (secret === undefined || secret === null) return undefined;
  return secret instanceof Secret ? RawSecret.fromBytes(secret.exposeBytes()) : read(secret);
}

function rawOf(secret) {
  return raws.get(secret);
}

function read(secret) {
  if (typeof secret === 'string') return RawSecret.fromBase32(text(secret, 'secret'));
  if (secret instanceof Secret) return rawOf(secret);
  if (secret instanceof Uint8Array) {
    // One byte more than the longest is enough to be refused.
    return RawSecret.fromBytes(secret.length > 257 ? secret.subarray(0, 257) : secret);
  }
  throw misuse('secret', 'secret must be a Secret, a Uint8Array or a base32 string');
}
