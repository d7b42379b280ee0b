import { qrPng as png } from './keyfob.js';
import { textOf } from './qr.js';
import { number, optionalText, options } from './shared/values.js';

export function qrPng(content, given) {
  const { errorCorrection, scale } = options(given, 'errorCorrection', 'scale');
  return png(textOf(content), optionalText(errorCorrection, 'errorCorrection'), number(scale));
}
