'use strict'

const native = require('./native.js')
const { Enrolment } = require('./enrolment.js')
const { number, optionalText, options: checked, text } = require('./shared/values.js')
const { throwing } = require('./thrown.js')

const svg = throwing(native.qrSvg)
const png = throwing(native.qrPng)
const terminal = throwing(native.qrText)

function qrSvg(content, options) {
  const { errorCorrection, title, pixels } = checked(options, 'errorCorrection', 'title', 'pixels')
  return svg(qrContent(content), level(errorCorrection), optionalText(title, 'title'), number(pixels))
}

function qrPng(content, options) {
  const { errorCorrection, scale } = checked(options, 'errorCorrection', 'scale')
  return png(qrContent(content), level(errorCorrection), number(scale))
}

function qrText(content, options) {
  return terminal(qrContent(content), level(checked(options, 'errorCorrection').errorCorrection))
}

function qrContent(content) {
  return content instanceof Enrolment ? content.toUri() : text(content, 'text')
}

function level(errorCorrection) {
  return optionalText(errorCorrection, 'errorCorrection')
}

module.exports = { qrSvg, qrPng, qrText }
