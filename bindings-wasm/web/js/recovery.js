import { RawRecoverySet, normaliseRecoveryCode as normalise } from './keyfob.js';
import { misuse } from './shared/error.js';
import { redact } from './shared/printing.js';
import { number, typed } from './shared/values.js';

export class RecoverySet {
  #raw;

  constructor(stored) {
    this.#raw = stored instanceof RawRecoverySet ? stored : new RawRecoverySet(read(stored));
  }

  static generate(count) {
    const made = RawRecoverySet.generate(number(count));
    return { codes: made.takeCodes(), set: new RecoverySet(made) };
  }

  get remaining() {
    return this.#raw.remaining;
  }

  redeem(code) {
    return this.#raw.redeem(typed(code));
  }

  toJSON() {
    const bytes = this.#raw.entries();
    const entries = [];
    for (let at = 0; at < bytes.length; at += ENTRY) {
      const hash = Array.from(bytes.subarray(at + 1, at + ENTRY), hexadecimal).join('');
      entries.push({ hash, used: bytes[at] === 1 });
    }
    return { entries };
  }
}
redact(RecoverySet, (set) => `RecoverySet(${set.remaining} left)`);

export function normaliseRecoveryCode(code) {
  return normalise(typed(code));
}

/** A byte that says whether a code is used, and the 32 of its hash. */
const ENTRY = 33;

function read(stored) {
  const entries = stored?.entries;
  if (!Array.isArray(entries) || !entries.every(isEntry)) {
    throw misuse('stored', 'what toJSON made, parsed: { entries: [{ hash, used }] }');
  }
  const bytes = new Uint8Array(entries.length * ENTRY);
  entries.forEach(({ hash, used }, place) => {
    bytes[place * ENTRY] = used ? 1 : 0;
    for (let at = 0; at < 32; at += 1) {
      bytes[place * ENTRY + 1 + at] = parseInt(hash.slice(2 * at, 2 * at + 2), 16);
    }
  });
  return bytes;
}

function isEntry(entry) {
  return typeof entry?.used === 'boolean' && /^[0-9a-f]{64}$/.test(entry.hash);
}

function hexadecimal(byte) {
  return byte.toString(16).padStart(2, '0');
}
