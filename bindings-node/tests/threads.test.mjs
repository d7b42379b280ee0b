// Worker threads have the engine each for themselves: right answers, and nothing held over all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

const PROGRAM = `
const { parentPort, workerData: seed } = require('node:worker_threads');
const { TOTP, HOTP, parseUri, keyuri } = require('@keyfob/node');
let right = 0;
let random = seed; // the same in each run: of secrets drawn anew, some give one code twice in a row
const byte = () => (random = (Math.imul(random, 1103515245) + 12345) >>> 0) >>> 24;
for (let round = 0; round < 2000; round += 1) {
  const secret = Uint8Array.from({ length: 20 }, byte);
  const time = seed * 1e8 + round * 7;
  const totp = new TOTP({ secret });
  const code = totp.generate(time);
  const first = totp.verify(code, { time });
  const again = totp.verify(code, { time, state: first.state });
  const hotp = new HOTP({ secret });
  const counted = hotp.verify(hotp.generate(round), round);
  const read = parseUri(keyuri({ secret, account: 'ann' })).secret.equals(secret);
  right += first.valid && again.outcome === 'replayed' && counted.nextCounter === round + 1 && read;
}
parentPort.postMessage(right);
`;

test('four threads at once answer rightly, each time', async () => {
  const run = (seed) => new Promise((done, fail) => {
    new Worker(PROGRAM, { eval: true, workerData: seed }).on('message', done).on('error', fail);
  });
  assert.deepEqual(await Promise.all([1, 2, 3, 4].map(run)), [2000, 2000, 2000, 2000]);
});
