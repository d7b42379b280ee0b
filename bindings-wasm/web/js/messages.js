import * as raw from './keyfob.js';
import { options, text } from './values.js';

export function parseRecipient(channel, to) {
  return raw.parseRecipient(text(channel, 'channel'), text(to, 'to'));
}

export function checkTemplate(template) {
  raw.checkTemplate(text(template, 'template'));
}

export function composeMessage(given) {
  return raw.composeMessage(options(given));
}

export function composeSpeech(given) {
  return raw.composeSpeech(options(given));
}

export function toSsml(spoken) {
  return raw.toSsml(text(spoken, 'spoken'));
}

export function segments(content) {
  return raw.segments(text(content, 'text'));
}

export function contextBytes(context) {
  return raw.contextBytes(options(context, 'context'));
}
