// The storage in SQLite keeps the contract that `Storage` states.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';

import { SqliteStorage } from '@keyfob/node/sqlite';

const KEY = 'a'.repeat(66);
const record = (version, expiresAt = null, bytes = [1, 2]) => ({ version, bytes: Uint8Array.from(bytes), expiresAt });
const folder = mkdtempSync(join(tmpdir(), 'keyfob-storage-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
const file = () => join(folder, `${++files}.db`);
const fresh = () => new SqliteStorage(new DatabaseSync(file()));

test('what is no database is named, with what would be one', () => {
  for (const database of [undefined, null, 'codes.db', {}, { exec() {} }]) {
    assert.throws(() => new SqliteStorage(database), {
      name: 'KeyfobError', code: 'invalid-argument', argument: 'database', message: /such as new DatabaseSync\(path\)/,
    });
  }
});

test('a database that forgets is refused', () => {
  assert.throws(() => new SqliteStorage(new DatabaseSync(':memory:')), {
    name: 'KeyfobError', code: 'invalid-argument', argument: 'database', message: /a file/,
  });
});

test('a record is replaced only at the version expected', () => {
  const storage = fresh();
  assert.equal(storage.load(KEY, 0), null);
  assert.equal(storage.swap(KEY, 1n, record(2n), 0), false);
  assert.equal(storage.swap(KEY, null, record(1n), 0), true);
  assert.equal(storage.swap(KEY, null, record(2n), 0), false);
  assert.deepEqual(storage.load(KEY, 0), { version: 1n, bytes: Uint8Array.from([1, 2]) });
  assert.equal(storage.swap(KEY, 1n, record(2n ** 64n - 1n, null, []), 0), true);
  assert.deepEqual(storage.load(KEY, 0), { version: 2n ** 64n - 1n, bytes: new Uint8Array() });
  assert.equal(storage.swap(KEY, 1n, null, 0), false);
  assert.equal(storage.swap(KEY, 2n ** 64n - 1n, null, 0), true);
  assert.equal(storage.load(KEY, 0), null);
});

test('an expired record is absent to every operation', () => {
  const storage = fresh();
  assert.equal(storage.swap(KEY, null, record(1n, 100), 0), true);
  assert.equal(storage.swap(KEY, null, null, 99), false);
  assert.ok(storage.load(KEY, 99));
  assert.equal(storage.load(KEY, 100), null);
  assert.equal(storage.swap(KEY, 1n, record(2n), 100), false);
  assert.equal(storage.swap(KEY, 1n, null, 100), false);
  assert.equal(storage.swap(KEY, null, record(7n, 300), 100), true);
  assert.equal(storage.load(KEY, 100).version, 7n);
  assert.equal(storage.swap(KEY, null, null, 300), true);
});

test('a counter starts from 0, never goes below, and ends', () => {
  const storage = fresh();
  assert.equal(storage.add(KEY, -3, 100, 0), 0);
  assert.equal(storage.add(KEY, 5, 100, 0), 5);
  assert.equal(storage.add(KEY, 0, 100, 50), 5);
  assert.equal(storage.add(KEY, -7, 100, 50), 0);
  const largest = Number.MAX_SAFE_INTEGER;
  const sums = [largest, largest, 1, 0, -3].map((amount) => storage.add(KEY, amount, 100, 50));
  assert.deepEqual(sums, [largest, largest, largest, largest, largest - 3], 'a sum at its end stays there');
  storage.add(KEY, -largest, 100, 50);
  assert.equal(storage.add(KEY, 2, 100, 50), 2);
  assert.equal(storage.add(KEY, 1, 200, 100), 1);
});

test('what has expired can be removed', () => {
  const database = new DatabaseSync(file());
  const storage = new SqliteStorage(database);
  storage.swap(KEY, null, record(1n, 100), 0);
  storage.swap('b'.repeat(66), null, record(1n), 0);
  storage.add(KEY, 1, 100, 0);
  storage.removeExpired(100);
  const count = (table) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get().n;
  assert.deepEqual([count('keyfob_records'), count('keyfob_counters')], [1, 0]);
});

test('nothing is written within a transaction of the application, which could take it back', () => {
  const database = new DatabaseSync(file());
  const storage = new SqliteStorage(database);
  database.exec('BEGIN');
  assert.throws(() => storage.swap(KEY, null, record(1n), 0), /transaction/);
  assert.throws(() => storage.add(KEY, 1, 100, 0), /transaction/);
  database.exec('CREATE TABLE theirs (id)');
  database.exec('COMMIT');
  assert.equal(storage.load(KEY, 0), null);
  assert.equal(database.prepare('SELECT count(*) AS n FROM theirs').get().n, 0, 'theirs went on');
  assert.equal(storage.swap(KEY, null, record(1n), 0), true);
});
