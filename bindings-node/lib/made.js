'use strict'

/** A handle that the engine made, on its way into an object of its class. */
class Made {
  constructor(handle) {
    this.handle = handle
  }
}

module.exports = { Made }
