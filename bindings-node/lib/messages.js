'use strict'

const native = require('./native.js')
const { SPEECH, TEXT, context, read } = require('./shared/request.js')
const { text } = require('./shared/values.js')
const { throwing } = require('./thrown.js')

const parse = throwing(native.recipientParse)
const check = throwing(native.templateCheck)
const compose = throwing(native.messageCompose)
const speak = throwing(native.messageSpeak)
const bytesOf = throwing(native.contextBytes)

function parseRecipient(channel, to) {
  return parse(text(channel, 'channel'), text(to, 'to'))
}

function checkTemplate(template) {
  check(text(template, 'template'))
}

function composeMessage(options) {
  return compose(parts(read(options, 'options', TEXT, 'template', 'code', 'minutes')))
}

function composeSpeech(options) {
  return speak(parts(read(options, 'options', SPEECH, 'template', 'code', 'minutes')))
}

function toSsml(spoken) {
  return native.messageToSsml(text(spoken, 'spoken'))
}

function segments(message) {
  return native.messageSegments(text(message, 'text'))
}

function contextBytes(fields) {
  return bytesOf(context(fields, 'context'))
}

function parts({ context, ending, ...words }) {
  const { originBound, androidAppHash } = ending ?? {}
  return { ...words, context: context ?? undefined, originBound, androidAppHash }
}

module.exports = { parseRecipient, checkTemplate, composeMessage, composeSpeech, toSsml, segments, contextBytes }
