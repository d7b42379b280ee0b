import { RawExport, RawMigration } from './keyfob.js';
import { fillRandom } from './bridge.js';
import { Enrolment, rawOf } from './enrolment.js';
import { misuse } from './shared/error.js';
import { items, text } from './shared/values.js';

export function importMigration(uri) {
  const raw = RawMigration.parse(text(uri, 'uri'));
  try {
    return { entries: raw.entries().map((entry) => new Enrolment(entry)), ...raw.describe() };
  } finally {
    raw.free();
  }
}

export function exportMigration(enrolments, batchId = randomId()) {
  if (typeof batchId !== 'number' || !Object.is(batchId, batchId | 0)) throw misuse('batchId', 'a whole number of 32 bits');
  const raw = new RawExport();
  try {
    for (const enrolment of items(enrolments, 'enrolments', 'Enrolment objects')) raw.add(rawOf(enrolment));
    return raw.write(batchId);
  } finally {
    raw.free();
  }
}

function randomId() {
  const bytes = new Uint8Array(4);
  fillRandom(bytes);
  return new DataView(bytes.buffer).getInt32(0);
}
