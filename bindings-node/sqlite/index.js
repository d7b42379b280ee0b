'use strict'

const { misuse } = require('../lib/shared/error.js')

/**
 * A durable storage in SQLite. Every write is a transaction of its own, so processes that share
 * the file see one sequence of swaps. Versions are texts, for they go to 2^64 - 1.
 */
class SqliteStorage {
  #database
  #statements
  #removals

  constructor(database) {
    if (typeof database?.exec !== 'function' || typeof database.prepare !== 'function') {
      throw misuse('database', 'an open database, such as new DatabaseSync(path) of node:sqlite')
    }
    // Others may have the file open: first of all, wait for them. The log is flushed before each
    // answer, for `swap` and `add` must survive a crash.
    database.exec('PRAGMA busy_timeout = 5000')
    const { journal_mode: log } = database.prepare('PRAGMA journal_mode = WAL').get()
    if (log !== 'wal') throw misuse('database', 'a file that can have a write-ahead log: in memory used codes would be forgotten')
    database.exec('PRAGMA synchronous = FULL')
    database.exec(TABLES)
    this.#database = database
    this.#statements = prepared(database, STATEMENTS)
    this.#removals = ['keyfob_records', 'keyfob_counters'].map((table) =>
      database.prepare(`DELETE FROM ${table} WHERE expires_at <= ?`))
  }

  load(key, now) {
    const found = this.#statements.load.get(key, now)
    return found ? { version: BigInt(found.version), bytes: new Uint8Array(found.bytes) } : null
  }

  swap(key, expected, record, now) {
    return this.#write(({ create, replace, remove, clear, load }) => {
      if (record === null) {
        if (expected !== null) return isDone(remove.run(key, String(expected), now))
        clear.run(key, now)
        return load.get(key, now) === undefined
      }
      const fields = [String(record.version), record.bytes, record.expiresAt]
      if (expected === null) return isDone(create.run(key, ...fields, now))
      return isDone(replace.run(...fields, key, String(expected), now))
    })
  }

  add(key, amount, expiresAt, now) {
    return this.#write(({ add }) => Number(add.get(key, amount, expiresAt, now, amount).sum))
  }

  removeExpired(now = Math.floor(Date.now() / 1000)) {
    for (const removal of this.#removals) removal.run(now)
  }

  // Within a transaction of the application this fails: what was answered could be rolled back.
  #write(run) {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      const answer = run(this.#statements)
      this.#database.exec('COMMIT')
      return answer
    } catch (error) {
      try {
        this.#database.exec('ROLLBACK')
      } catch {} // SQLite did so already
      throw error
    }
  }
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS keyfob_records (
    key TEXT PRIMARY KEY, version TEXT NOT NULL, bytes BLOB NOT NULL, expires_at INTEGER
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS keyfob_records_expire ON keyfob_records (expires_at);
  CREATE TABLE IF NOT EXISTS keyfob_counters (
    key TEXT PRIMARY KEY, sum INTEGER NOT NULL, expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS keyfob_counters_expire ON keyfob_counters (expires_at);
`
const ALIVE = '(expires_at IS NULL OR expires_at > ?)'
const STATEMENTS = {
  load: `SELECT version, bytes FROM keyfob_records WHERE key = ? AND ${ALIVE}`,
  create: `INSERT INTO keyfob_records (key, version, bytes, expires_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE
    SET version = excluded.version, bytes = excluded.bytes, expires_at = excluded.expires_at
    WHERE keyfob_records.expires_at <= ?`,
  replace: `UPDATE keyfob_records SET version = ?, bytes = ?, expires_at = ?
    WHERE key = ? AND version = ? AND ${ALIVE}`,
  remove: `DELETE FROM keyfob_records WHERE key = ? AND version = ? AND ${ALIVE}`,
  clear: 'DELETE FROM keyfob_records WHERE key = ? AND expires_at <= ?',
  add: `INSERT INTO keyfob_counters (key, sum, expires_at) VALUES (?, max(0, ?), ?)
    ON CONFLICT (key) DO UPDATE
    SET sum = min(max(0, iif(keyfob_counters.expires_at > ?, sum, 0) + ?), ${Number.MAX_SAFE_INTEGER}), expires_at = excluded.expires_at
    RETURNING sum`,
}

function prepared(database, texts) {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, database.prepare(text)]))
}

function isDone({ changes }) {
  return Number(changes) === 1
}

module.exports = { SqliteStorage }
