// The Worker of examples/worker, from outside: a person with a phone, and one who guesses.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { withWorker } from './worker.mjs';

export async function tryWorker(modules, folder) {
  mkdirSync(join(folder, 'dist'), { recursive: true });
  cpSync(join(folder, 'bundled/main.js'), join(folder, 'dist/worker.js'));
  cpSync(join(folder, 'bundled/keyfob.wasm'), join(folder, 'dist/keyfob.wasm'));
  const phone = await gateway();
  const env = {
    ROOT_KEY: Buffer.alloc(32, 1).toString('base64'), SEALING_KEY: Buffer.alloc(32, 2).toString('base64'),
  };
  const externals = { gateway: phone.address };
  try {
    const said = await withWorker(modules, folder, { externals, env }, (url) => scenario(url, phone));
    await withWorker(modules, folder, { externals, env: { ...env, SEALING_KEY: btoa('too short') } }, async (url) => {
      const { status } = await fetch(new URL('/send', url), { method: 'POST', body: '{"to":"+447700900121"}' });
      assert.equal(status, 503, 'keys that are none are no fault of who asks');
    });
    return said;
  } finally {
    phone.server.close();
    phone.server.closeAllConnections();
  }
}

/** The alarm of its Durable Object rings when it likes. */
export async function tryAlarm(folder) {
  const outside = 'data:text/javascript,export class DurableObject { constructor(ctx) { this.ctx = ctx } }';
  const source = readFileSync(join(folder, 'worker.js'), 'utf8').replace('cloudflare:workers', outside);
  writeFileSync(join(folder, 'worker-in-node.mjs'), source);
  const { Record } = await import(pathToFileURL(join(folder, 'worker-in-node.mjs')).href);
  const kept = new Map();
  let alarm = null;
  const record = new Record({ storage: {
    get: async (name) => kept.get(name), put: async (name, value) => void kept.set(name, value),
    deleteAll: async () => kept.clear(), setAlarm: async (time) => { alarm = time; }, deleteAlarm: async () => { alarm = null; },
  } });
  const now = Math.floor(Date.now() / 1000);
  const written = (version, expiresAt) => ({ version, bytes: new Uint8Array(1), expiresAt });
  assert.equal(await record.swap(null, written(1n, now + 600), now), true);
  for (const [version, expiresAt, next] of [[2n, now + 900, (now + 900) * 1000], [3n, null, null]]) {
    assert.equal(await record.swap(version - 1n, written(version, expiresAt), now), true);
    alarm = null; // the one that rings, for what was there before
    await record.alarm();
    assert.equal((await record.load(now))?.version, version, 'what has not expired is there');
    assert.equal(alarm, next, 'and its alarm is still to ring');
  }
  assert.equal(await record.swap(3n, written(4n, now), now), true);
  await record.alarm();
  assert.equal(kept.size, 0, 'what has expired is gone');
  return 'early, late, on time';
}

async function scenario(url, phone) {
  const post = async (path, body) => {
    const response = await fetch(new URL(path, url), { method: 'POST', body: JSON.stringify(body) });
    return { status: response.status, ...(await response.json()) };
  };
  const { otpId } = await post('/send', { to: '+447700900121' });
  const code = /\b\d{6}\b/.exec(phone.messages[0].text)[0];
  const wrong = code === '000000' ? '111111' : '000000';
  assert.deepEqual(await post('/verify', { otpId, code: wrong }), {
    status: 200, valid: false, outcome: 'mismatch', attemptsLeft: 4,
  });
  const verdicts = await Promise.all(Array.from({ length: 20 }, () => post('/verify', { otpId, code })));
  assert.equal(verdicts.filter(({ valid }) => valid).length, 1, 'of 20 at once, one is accepted');
  assert.equal((await post('/verify', { otpId, code: null })).valid, false);
  assert.equal((await post('/send', { to: '+447700900121' })).status, 429);
  assert.equal((await post('/send', { to: 'nobody' })).status, 400);
  assert.equal((await post('/send', { to: '+8821612345678' })).status, 403, 'a number that costs more');
  for (const to of ['ann@example.com', { phone: '+447700900121' }]) assert.equal((await post('/send', { to })).status, 400);
  assert.equal((await post('/send', null)).status, 400);
  assert.equal((await post('/verify', { code })).status, 400);
  assert.equal((await post('/verify', { otpId: '00000000-0000-4000-8000-000000000000', code })).status, 404);
  phone.refuses = true;
  assert.equal((await post('/send', { to: '+447700900122' })).status, 503);
  return 'sent, guessed, raced, limited';
}

/** An SMS gateway that keeps what it takes. */
async function gateway() {
  const phone = { messages: [], refuses: false };
  phone.server = createServer((request, response) => {
    let body = '';
    request.on('data', (text) => (body += text));
    request.on('end', () => {
      if (!phone.refuses) phone.messages.push(JSON.parse(body));
      response.writeHead(phone.refuses ? 500 : 202).end();
    });
  });
  await new Promise((done) => phone.server.listen(0, '127.0.0.1', done));
  phone.address = `127.0.0.1:${phone.server.address().port}`;
  return phone;
}
