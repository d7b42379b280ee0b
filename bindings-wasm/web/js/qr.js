import { qrSvg as svg, qrText as terminal } from './keyfob.js';
import { Enrolment } from './enrolment.js';
import { number, optionalText, options, text } from './shared/values.js';

export function qrSvg(content, given) {
  const { errorCorrection, title, pixels } = options(given, 'errorCorrection', 'title', 'pixels');
  const level = optionalText(errorCorrection, 'errorCorrection');
  return svg(textOf(content), level, optionalText(title, 'title'), number(pixels));
}

export function qrText(content, given) {
  return terminal(textOf(content), optionalText(options(given, 'errorCorrection').errorCorrection, 'errorCorrection'));
}

/** What a QR code is to hold. */
export function textOf(content) {
  return content instanceof Enrolment ? content.toUri() : text(content, 'text');
}
