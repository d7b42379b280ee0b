// What a person does with an example: starts it, sends a code, and uses it; after a restart, too.

import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { TOTP, parseUri } from '@keyfob/node';

export async function tryExample(node, folder) {
  const keys = Object.fromEntries(['ROOT', 'SEALING'].map((name) =>
    [`KEYFOB_${name}_KEY`, randomBytes(32).toString('hex')]));
  const umask = process.umask(0);
  const first = await start(node, folder, keys).finally(() => process.umask(umask));
  const said = [];
  const note = ({ status, body }) => said.push(`${status} ${body.outcome ?? body.code}`);
  const { body: { otpId } } = await first.post('/messages', { to: '+447700900121' });
  const code = await first.code('+447700900121');
  note(await first.post('/messages/verify', { otpId, code: code === '000000' ? '111111' : '000000' }));
  note(await first.post('/messages/verify', { otpId, code: [code] }));
  const all = await Promise.all(Array.from({ length: 20 }, () => first.post('/messages/verify', { otpId, code })));
  said.push(`accepted ${all.filter(({ status }) => status === 200).length} of 20`);
  note(await first.post('/messages', { to: 'nobody' }));
  for (const to of ['ann@example.com', 5, { phone: '+447700900121' }]) note(await first.post('/messages', { to }));
  said.push(`${(await first.postText('/messages', '{')).status} for no JSON`);
  note(await first.post('/messages', { to: '+8821612345678' }));
  for (let sent = 1; sent <= 11; sent++) note(await first.post('/messages', { to: `+4477009002${10 + sent}` }));
  const { body: { uri } } = await first.post('/devices', { user: 'ann' });
  const modes = readdirSync(folder).filter((name) => name.startsWith('codes.db'))
    .map((name) => `${name} ${(statSync(join(folder, name)).mode & 0o777).toString(8)}`);
  if (modes.join() !== 'codes.db 600,codes.db-shm 600,codes.db-wal 600') throw new Error(modes.join());
  await first.stop();

  const second = await start(node, folder, { ...keys, DOMAIN: first.domain });
  note(await second.post('/messages/verify', { otpId, code }));
  const device = new TOTP({ secret: parseUri(uri).secret }).generate();
  note(await second.post('/devices/verify', { user: 'ann', code: device }));
  note(await second.post('/devices/verify', { user: 'ann', code: device }));
  note(await second.post('/devices', { user: 'ann' }));
  await second.stop();

  const others = { ...keys, KEYFOB_SEALING_KEY: randomBytes(32).toString('hex') };
  const third = await start(node, folder, { ...others, DOMAIN: first.domain });
  const { status, body } = await third.post('/devices/verify', { user: 'ann', code: device });
  said.push(`${status} with other keys`);
  if (JSON.stringify(body) !== '{"code":"unavailable"}') throw new Error(`a fault of the server is told to everybody: ${JSON.stringify(body)}`);
  await third.stop();

  const { status: exit, stderr } = spawnSync(node, ['server.mjs'], { cwd: folder, encoding: 'utf8' });
  if (exit !== 1 || !stderr.includes('Error: set KEYFOB_ROOT_KEY to 64')) throw new Error(`without keys: ${stderr}`);

  const expected = [
    '403 mismatch', '403 malformed', 'accepted 1 of 20', '400 phone-format', '400 invalid-channel',
    '400 invalid-argument', '400 invalid-argument', '400 for no JSON', '403 premium-number', ...Array(10).fill('202 undefined'), '429 unverified-sends',
    '403 replayed', '200 accepted', '403 replayed', '409 user-exists', '500 with other keys',
  ].join(', ');
  if (said.join(', ') !== expected) throw new Error(`${said.join(', ')}\nand not ${expected}`);
  return said.join(', ');
}

async function start(node, folder, environment) {
  const child = spawn(node, ['server.mjs'], {
    cwd: folder, env: { ...process.env, PORT: '0', ...environment }, stdio: ['ignore', 'pipe', 'ignore'],
  });
  const lines = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));
  const line = (pattern) => within(10_000, () => lines.map((text) => pattern.exec(text)).find(Boolean), child);
  const [, domain, port] = await line(/^DOMAIN=(\S+) listening on (\d+)/);
  return {
    domain,
    code: async (to) => (await line(new RegExp(`^to ${to.replace('+', '\\+')}: .*?(\\d{6})`)))[1],
    post(path, body) {
      return this.postText(path, JSON.stringify(body));
    },
    async postText(path, body) {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
      return { status: response.status, body: await response.json() };
    },
    stop: () => new Promise((done) => child.on('exit', done).kill()),
  };
}

async function within(milliseconds, look, child) {
  for (const began = Date.now(); Date.now() - began < milliseconds;) {
    const found = look();
    if (found) return found;
    if (child.exitCode !== null) break;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error('the example did not say what it should');
}
