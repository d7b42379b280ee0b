// The two promises, under parallel requests over storages that are slow, fail, and lose answers.
//
// I1  No outcome is revealed before its attempt is durably recorded.
// I2  Acceptance and consumption are one compare-and-swap: of any number at once one is accepted.
//
// The control has the same attack succeed on the way such code is usually written.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';

import { Service, TOTP } from '@keyfob/node';

import { MemoryStorage } from './vectors.mjs';

const KEYS = { root: new Uint8Array(32).fill(1), sealing: [{ id: 1, key: new Uint8Array(32).fill(2) }] };
const AT_ONCE = 50;
const TO = '+447700900121';

/** Takes its time before and after, and gives others theirs. */
class Slow {
  constructor(kept = new MemoryStorage()) {
    this.kept = kept;
    this.swaps = 0;
  }

  async load(key, now) {
    return this.late(() => this.kept.load(key, now));
  }

  async swap(...given) {
    return this.late(() => this.kept.swap(...given));
  }

  async add(...given) {
    return this.late(() => this.kept.add(...given));
  }

  async late(work) {
    await delay(Math.random() * 5);
    const found = work();
    await delay(Math.random() * 5);
    return found;
  }
}

/** Every third swap fails: half of those before it was written, half after. */
class Failing extends Slow {
  async swap(...given) {
    this.swaps += 1;
    const turn = this.swaps % 6;
    if (turn === 3) throw new Error('lost before the write');
    const swapped = await super.swap(...given);
    if (turn === 0) throw new Error('lost after the write');
    return swapped;
  }
}

async function stage(storage) {
  const messages = [];
  const delivery = { sms: async (message) => void messages.push(message) };
  const calm = new Service({ keys: KEYS, storage: storage.kept, delivery });
  const domain = await calm.createDomain();
  return { calm, domain, messages, service: new Service({ keys: KEYS, storage, delivery }) };
}

for (const Storage of [Slow, Failing]) {
  test(`over a ${Storage.name} storage a sent code lets in once`, async () => {
    const { calm, service, domain, messages } = await stage(new Storage());
    const { otpId } = await calm.send({ domain, channel: 'sms', to: TO });
    const answers = await atOnce(() => service.verify(otpId, messages[0].code));
    const late = await calm.verify(otpId, messages[0].code);
    assertOnce(Storage, [...answers, late.outcome]);
  });

  test(`over a ${Storage.name} storage a device's code lets in once`, async () => {
    const { calm, service, domain } = await stage(new Storage());
    const { secret } = await calm.createUser(domain, 'ann', { returnSecret: true });
    const code = new TOTP({ secret }).generate();
    const answers = await atOnce(() => service.verifyTotp(domain, 'ann', code));
    const late = await calm.verifyTotp(domain, 'ann', code);
    assertOnce(Storage, [...answers, late.outcome]);
  });

  test(`over a ${Storage.name} storage no guess goes uncounted`, async () => {
    const { calm, service, domain, messages } = await stage(new Storage());
    const { otpId, attemptsLeft } = await calm.send({ domain, channel: 'sms', to: TO });
    const wrong = messages[0].code === '000000' ? '111111' : '000000';
    const answers = await atOnce(() => service.verify(otpId, wrong));
    const told = answers.filter((answer) => answer === 'mismatch').length;
    assert.ok(told <= attemptsLeft, `${told} wrong codes were answered, of ${attemptsLeft}`);
    if (Storage === Slow) assert.equal(told, attemptsLeft);
  });
}

test('control: read, compare and then write lets many in', async () => {
  const codes = new Slow(new Map([['a', '123456']]));
  const verify = async (typed) => {
    const kept = await codes.late(() => codes.kept.get('a'));
    if (kept !== typed) return 'mismatch';
    await codes.late(() => codes.kept.delete('a'));
    return 'accepted';
  };
  const answers = await atOnce(() => verify('123456'));
  assert.ok(answers.filter((answer) => answer === 'accepted').length > 1);
});

test('of a code in four threads over one SQLite file, one is accepted', { skip: withoutSqlite() }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyfob-'));
  const file = join(folder, 'codes.db');
  const program = new URL('./sqlite-worker.mjs', import.meta.url);
  const run = (workerData) => new Promise((done, fail) => {
    new Worker(program, { workerData: { file, ...workerData } }).on('message', done).on('error', fail);
  });
  try {
    const { otpId, code } = await run({});
    const answers = (await Promise.all([1, 2, 3, 4].map(() => run({ otpId, code })))).flat();
    assert.equal(answers.length, 80);
    assert.equal(answers.filter((outcome) => outcome === 'accepted').length, 1, String(answers));
    assert.ok(answers.every((outcome) => ['accepted', 'replayed'].includes(outcome)), String(answers));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What each of many came to: an outcome, or that the storage failed. */
async function atOnce(work) {
  const all = await Promise.allSettled(Array.from({ length: AT_ONCE }, work));
  return all.map(({ value, reason }) => {
    if (value !== undefined) return value.outcome ?? value;
    assert.match(reason.message, /^lost /, 'the application sees its own error');
    return 'failed';
  });
}

/** An answer that was lost may have been the acceptance: then nobody was let in. */
function assertOnce(Storage, answers) {
  const accepted = answers.filter((answer) => answer === 'accepted').length;
  assert.ok(accepted <= 1, `accepted ${accepted} times`);
  if (Storage === Slow) assert.equal(accepted, 1);
  assert.ok(answers.every((answer) => ['accepted', 'replayed', 'failed'].includes(answer)), String(answers));
}

function withoutSqlite() {
  return process.getBuiltinModule?.('node:sqlite') === undefined && 'needs node:sqlite';
}

function delay(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}
