'use strict'

const { inspect } = require('node:util')
const { invalid } = require('./error.js')

/** An object of options, or none. */
function options(value, argument = 'options') {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object') throw invalid(argument, 'an object')
  return value
}

/** Nothing here is as long: what is has no claim to be copied into the engine. */
const LONGEST_TEXT = 1_000_000

function text(value, argument) {
  if (typeof value === 'string' && value.length <= LONGEST_TEXT) return value
  throw invalid(argument, `a string of at most ${LONGEST_TEXT} characters`)
}

function optionalText(value, argument) {
  return value === undefined || value === null ? undefined : text(value, argument)
}

/** What a user typed: what is no string, or one of such a length, is no code. */
function typed(code) {
  return typeof code === 'string' && code.length <= 1000 ? code : ''
}

/** A number; anything else is NaN, which the engine refuses by the argument's own error. */
function number(value, usual) {
  if (value === undefined || value === null) return usual
  return typeof value === 'number' ? value : NaN
}

/** A time, a step or a counter. */
function count(value, argument) {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw invalid(argument, 'a number or a bigint')
  return value
}

/** A time in Unix seconds; now if not given. */
function time(value) {
  return value === undefined || value === null ? Date.now() / 1000 : count(value, 'time')
}

/** As a number where it is exact. */
function fitting(bigint) {
  return bigint <= Number.MAX_SAFE_INTEGER ? Number(bigint) : bigint
}

/** `[before, after]` of a window. */
function window(value, usual = 1) {
  if (!Array.isArray(value)) return [number(value, usual), number(value, usual)]
  return value.length === 2 ? [number(value[0], NaN), number(value[1], NaN)] : [NaN, NaN]
}

/** Properties that cannot be assigned. */
function fix(object, ...names) {
  for (const name of names) Object.defineProperty(object, name, { writable: false })
}

/** How a class with secrets prints: as `show` says, in `console.log` and in JSON. */
function redact(type, show) {
  const method = (value) => ({ value, writable: true, configurable: true })
  Object.defineProperties(type.prototype, {
    toJSON: method(function toJSON() {
      return show(this)
    }),
    [inspect.custom]: method(function inspectRedacted(depth, settings, print = inspect) {
      const shown = show(this)
      return typeof shown === 'string' ? shown : `${type.name} ${print(shown, settings)}`
    }),
  })
}

/** Leaves properties out of what is printed, copied or made JSON of; by name they are there. */
function hide(object, ...names) {
  for (const name of names) {
    const value = object[name]
    if (value !== undefined) Object.defineProperty(object, name, { get: () => value, enumerable: false })
  }
  return object
}

module.exports = { options, text, optionalText, typed, number, count, time, fitting, window, fix, redact, hide }
