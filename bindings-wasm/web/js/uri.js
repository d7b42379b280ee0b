import { RawEnrolment } from './keyfob.js';
import { Enrolment } from './enrolment.js';
import { optionalText, options, text } from './shared/values.js';

export function parseUri(uri, given) {
  return new Enrolment(RawEnrolment.parse(text(uri, 'uri'), optionalText(options(given, 'mode').mode, 'mode')));
}
