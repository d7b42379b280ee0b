import { RawSecret } from './keyfob.js';
import { redact } from './shared/printing.js';
import { bytes as bytesOf, count, text } from './shared/values.js';

const raws = new WeakMap();

/** In bytes, as the core has it. */
const LONGEST = 256;

export class Secret {
  constructor(secret) {
    raws.set(this, secret instanceof RawSecret ? secret : copyOf(secret));
  }

  static generate(bytes) {
    return new Secret(RawSecret.generate((bytes ?? null) === null ? undefined : Number(count(bytes, 'bytes'))));
  }

  get bits() {
    return raws.get(this).bits;
  }

  get isShort() {
    return raws.get(this).isShort;
  }

  exposeBytes() {
    return raws.get(this).exposeBytes();
  }

  exposeBase32() {
    return raws.get(this).exposeBase32();
  }

  equals(other) {
    return lend(other, (raw) => raws.get(this).equals(raw));
  }

  toJSON() {
    return String(this);
  }
}
redact(Secret, (secret) => `Secret(redacted, ${secret.bits} bits)`);

export function generateSecret(bytes) {
  return Secret.generate(bytes);
}

/** Runs `work` with a secret in the module's memory; one made for it alone is wiped after it. */
export function lend(secret, work) {
  if (secret instanceof Secret) return work(raws.get(secret));
  const raw = copyOf(secret);
  try {
    return work(raw);
  } finally {
    raw.free();
  }
}

/** A secret of its own, of whatever one can be given as. */
export function copyOf(secret) {
  if (typeof secret === 'string') return RawSecret.fromBase32(text(secret, 'secret'));
  if (secret instanceof Secret) return raws.get(secret).copy();
  const own = bytesOf(secret, 'secret', 'a Secret, a Uint8Array or base32', LONGEST);
  try {
    return RawSecret.fromBytes(own);
  } finally {
    own.fill(0);
  }
}
