import * as raw from './keyfob.js';
import { SPEECH, TEXT, context, read } from './shared/request.js';
import { text } from './shared/values.js';

export function parseRecipient(channel, to) {
  return raw.parseRecipient(text(channel, 'channel'), text(to, 'to'));
}

export function checkTemplate(template) {
  raw.checkTemplate(text(template, 'template'));
}

export function composeMessage(given) {
  return raw.composeMessage(read(given, 'options', TEXT, 'template', 'code', 'minutes'));
}

export function composeSpeech(given) {
  return raw.composeSpeech(read(given, 'options', SPEECH, 'template', 'code', 'minutes'));
}

export function toSsml(spoken) {
  return raw.toSsml(text(spoken, 'spoken'));
}

export function segments(content) {
  return raw.segments(text(content, 'text'));
}

export function contextBytes(fields) {
  return raw.contextBytes(context(fields, 'context'));
}
