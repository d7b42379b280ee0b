'use strict'

const { KeyfobError, refusal } = require('./shared/error.js')

/** What the engine threw, as people see it: its message is a JSON object with details. */
function translated(error) {
  if (error instanceof KeyfobError) return error
  try {
    const { message, ...details } = JSON.parse(error.message)
    return refusal(error.code, message, details)
  } catch {
    return new KeyfobError('invalid-argument', `an argument is of the wrong type: ${error.message}`)
  }
}

/** A function of the engine that throws what people expect. */
function throwing(call) {
  return (...values) => {
    try {
      return call(...values)
    } catch (error) {
      throw translated(error)
    }
  }
}

module.exports = { throwing }
