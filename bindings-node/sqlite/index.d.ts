import type { Storage, StorageRecord, Stored } from '../index.js'

/** What is used of a database: `DatabaseSync` of `node:sqlite` has it, and so has `better-sqlite3`. */
export interface SqliteDatabase {
  exec(sql: string): unknown
  prepare(sql: string): {
    get(...values: any[]): any
    run(...values: any[]): { changes: number | bigint }
  }
}

/**
 * A durable {@link Storage} in SQLite, in two tables of its own: `keyfob_records` and
 * `keyfob_counters`. Several processes may share the file. Give it a connection of its own: while
 * a transaction of yours is open on the same one, it refuses to write.
 *
 * Records are sealed, yet nobody else needs to read the file. SQLite makes it as the umask says, and those beside
 * it with its mode: make it before you open it, `closeSync(openSync(path, 'a', 0o600))`.
 *
 * It sets the database to write-ahead logging with `synchronous = FULL`: what was answered
 * survives a crash.
 */
export class SqliteStorage implements Storage {
  constructor(database: SqliteDatabase)
  load(key: string, now: number): Stored | null
  swap(key: string, expected: bigint | null, record: StorageRecord | null, now: number): boolean
  add(key: string, amount: number, expiresAt: number, now: number): number
  /** Removes what has expired, which is absent already: run it now and then. */
  removeExpired(now?: number): void
}
