'use strict'

const DETAILS = ['argument', 'position', 'index', 'until', 'retryAt', 'limit']

class KeyfobError extends Error {
  constructor(code, message, details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    for (const name of DETAILS) {
      if (details[name] !== undefined) this[name] = details[name]
    }
  }
}
Object.defineProperty(KeyfobError.prototype, 'name', { value: 'KeyfobError', writable: true, configurable: true })

/** What the engine threw, as people see it: its message is a JSON object with details. */
function translated(error) {
  if (error instanceof KeyfobError) return error
  try {
    const { message, ...details } = JSON.parse(error.message)
    return new KeyfobError(error.code, message, details)
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

function invalid(argument, wanted) {
  return new KeyfobError('invalid-argument', `${argument} must be ${wanted}`, { argument })
}

module.exports = { KeyfobError, throwing, invalid }
