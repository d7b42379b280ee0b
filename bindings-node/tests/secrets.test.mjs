// The drop-in modules show no secret either, and within the package none is text on its way.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { Service } from '@keyfob/node';
import { Secret, TOTP } from '@keyfob/node/otpauth';
import otplib from '@keyfob/node/otplib';

const BASE32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

test('secrets of otpauth print as redacted', () => {
  const secret = Secret.fromBase32(BASE32);
  for (const shown of [inspect(secret), String(secret), JSON.stringify({ secret }), inspect([new TOTP({ secret })], { depth: 9 }),
    inspect(structuredClone(secret), { depth: 9, showHidden: true }), inspect({ ...secret })]) {
    assert.ok(!shown.includes('GEZD') && !/49, ?50, ?51/.test(shown), shown);
  }
  assert.equal(secret.base32, BASE32, 'by name it is there');
});

test('no error of otplib quotes a secret', () => {
  assert.throws(() => otplib.authenticator.generate(`${BASE32}!`),
    (error) => !inspect(error, { showHidden: true, depth: 9 }).includes('GEZDGNBV'));
});

test('a secret that is no text is named', () => {
  for (const secret of [undefined, null, 5, new Uint8Array(20)]) {
    for (const use of [() => otplib.authenticator.generate(secret), () => otplib.authenticator.verify({ token: '123456', secret })]) {
      assert.throws(use, { name: 'KeyfobError', code: 'invalid-argument', argument: 'secret' });
    }
  }
});

test('the secret of a user is text nowhere between the engine and its Secret', async () => {
  const records = new Map();
  const storage = {
    load: (key) => records.get(key) ?? null,
    swap: (key, _, record) => { records.set(key, record); return true; },
    add: () => 0,
  };
  const service = new Service({ keys: { root: new Uint8Array(32), sealing: [{ id: 1, key: new Uint8Array(32) }] }, storage });
  const domain = await service.createDomain();
  const { parse, stringify } = JSON;
  const crossed = [];
  try {
    JSON.parse = (text, ...rest) => { crossed.push(text); return parse(text, ...rest); };
    JSON.stringify = (...given) => { const text = stringify(...given); crossed.push(text); return text; };
    const user = await service.createUser(domain, 'ann', { secret: BASE32, returnSecret: true });
    const { ticket } = await service.openEnrolment(domain, 'ann', { secret: BASE32 });
    const view = await service.viewEnrolment(ticket);
    for (const { secret, uri } of [user, view]) {
      assert.equal(secret.exposeBase32(), BASE32);
      assert.match(uri, new RegExp(BASE32));
    }
  } finally {
    Object.assign(JSON, { parse, stringify });
  }
  assert.ok(crossed.length >= 6, String(crossed.length));
  for (const text of crossed) assert.ok(!text.includes(BASE32), 'JSON with the secret');
});
