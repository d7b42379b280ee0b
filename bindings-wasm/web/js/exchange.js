import { RawEnrolment, RawExport, RawMigration, qrPng as png } from './keyfob.js';
import { fillRandom } from './bridge.js';
import { Enrolment, rawOf, textOf } from './enrolment.js';
import { misuse, number, options, text } from './values.js';

export function parseUri(uri, given) {
  const mode = options(given).mode ?? 'strict';
  return new Enrolment(RawEnrolment.parse(text(uri, 'uri'), text(mode, 'mode')));
}

export function importMigration(uri) {
  const raw = RawMigration.parse(text(uri, 'uri'));
  return { entries: raw.entries().map((entry) => new Enrolment(entry)), ...raw.describe() };
}

export function exportMigration(enrolments, batchId = randomId()) {
  if (!Number.isInteger(batchId) || batchId !== (batchId | 0)) {
    throw misuse('batchId', 'batchId must be a whole number of 32 bits');
  }
  const raw = new RawExport();
  for (const enrolment of enrolments) raw.add(rawOf(enrolment));
  return raw.write(batchId);
}

export function qrPng(content, given) {
  const { errorCorrection = 'medium', scale } = options(given);
  return png(textOf(content), text(errorCorrection, 'errorCorrection'), number(scale, 8));
}

function randomId() {
  const bytes = new Uint8Array(4);
  fillRandom(bytes);
  return new DataView(bytes.buffer).getInt32(0);
}
