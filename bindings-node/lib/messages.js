'use strict'

const native = require('./native.js')
const { invalid, throwing } = require('./error.js')
const { number, options: checked, text } = require('./values.js')

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
  return compose(parts(options))
}

function composeSpeech(options) {
  return speak(parts(options))
}

function toSsml(spoken) {
  return native.messageToSsml(text(spoken, 'spoken'))
}

function segments(message) {
  return native.messageSegments(text(message, 'text'))
}

function contextBytes(context) {
  return bytesOf(checkedContext(context))
}

function parts(options) {
  const { template, code, minutes, context, ending } = checked(options)
  return {
    template: text(template, 'template'),
    code: text(code, 'code'),
    minutes: number(minutes, NaN),
    context: context === undefined || context === null ? undefined : checkedContext(context),
    originBound: ending?.originBound,
    androidAppHash: ending?.androidAppHash,
  }
}

function checkedContext(context) {
  const isObject = typeof context === 'object' && context !== null && !Array.isArray(context)
  if (!isObject || !Object.values(context).every((value) => typeof value === 'string')) {
    throw invalid('context', 'an object whose values are strings')
  }
  return { ...context }
}

module.exports = { parseRecipient, checkTemplate, composeMessage, composeSpeech, toSsml, segments, contextBytes }
