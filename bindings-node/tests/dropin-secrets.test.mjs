// The drop-in modules show no secret either.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import { Secret, TOTP } from '@keyfob/node/otpauth';
import otplib from '@keyfob/node/otplib';

const BASE32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

test('secrets of otpauth print as redacted', () => {
  const secret = Secret.fromBase32(BASE32);
  for (const shown of [inspect(secret), String(secret), JSON.stringify({ secret }), inspect([new TOTP({ secret })], { depth: 9 })]) {
    assert.ok(!shown.includes('GEZD') && !/49, ?50, ?51/.test(shown), shown);
  }
  assert.equal(secret.base32, BASE32, 'by name it is there');
});

test('no error of otplib quotes a secret', () => {
  assert.throws(() => otplib.authenticator.generate(`${BASE32}!`),
    (error) => !inspect(error, { showHidden: true, depth: 9 }).includes('GEZDGNBV'));
});
