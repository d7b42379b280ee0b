// The Worker of examples/worker, from outside: a person with a phone, and one who guesses.

import assert from 'node:assert/strict';
import { cpSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

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
