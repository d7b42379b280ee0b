'use strict'

const native = require('./native.js')
const { Enrolment, Read, handleOfEnrolment } = require('./enrolment.js')
const { misuse } = require('./shared/error.js')
const { items, text } = require('./shared/values.js')
const { throwing } = require('./thrown.js')

const parse = throwing(native.migrationParse)
const write = throwing(native.migrationExport)

function importMigration(uri) {
  const { entries, ...read } = parse(text(uri, 'uri'))
  return { entries: entries.map((handle) => new Enrolment(new Read(handle))), ...read }
}

function exportMigration(enrolments, batchId) {
  const handles = items(enrolments, 'enrolments', 'Enrolment objects').map(handleOfEnrolment)
  if (batchId === undefined) return write(handles, native.randomBatchId())
  if (typeof batchId === 'number' && Object.is(batchId | 0, batchId)) return write(handles, batchId)
  throw misuse('batchId', 'a whole number of 32 bits')
}

module.exports = { importMigration, exportMigration }
