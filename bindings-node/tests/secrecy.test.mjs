// Nothing that is printed, copied or made JSON of holds a secret, unless it was asked for by name.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import * as keyfob from '@keyfob/node';
import ourOtplib from '@keyfob/node/otplib';
import { KeyfobError, Secret, Service, TOTP } from '@keyfob/node';

import { MemoryStorage } from './vectors.mjs';

const BASE32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const SECRETS = [BASE32, '12345678901234567890', '3132333435363738393031323334353637383930', '49, 50, 51, 52'];

test('no object with a secret shows it', async () => {
  const messages = [];
  const service = new Service({
    keys: { root: new Uint8Array(32).fill(77), sealing: [{ id: 1, key: new Uint8Array(32).fill(78) }] },
    storage: new MemoryStorage(), delivery: { sms: (message) => void messages.push(message) },
  });
  const domain = await service.createDomain();
  const user = await service.createUser(domain, 'ann', { secret: BASE32, returnSecret: true });
  await service.send({ domain, channel: 'sms', to: '+447700900121' });
  const enrolment = new keyfob.Enrolment({ secret: BASE32, account: 'ann' });
  const holders = [
    new Secret(BASE32), new TOTP({ secret: BASE32 }), new keyfob.HOTP({ secret: BASE32 }),
    new keyfob.Steam({ secret: BASE32 }), enrolment, enrolment.generator(), user, service, messages[0],
    keyfob.RecoverySet.generate().set,
  ];
  const { code, to } = messages[0];
  for (const held of holders) {
    for (const shown of [inspect(held, { depth: 9, showHidden: true }), String(held), JSON.stringify(held), `${inspect([held])}`]) {
      for (const secret of [...SECRETS, to, '77, 77, 77', 'MVWU']) assert.ok(!shown.includes(secret), shown);
      if (held === messages[0]) assert.ok(!shown.includes(code) || shown.includes(held.messageId), shown);
    }
  }
  assert.equal(user.secret.exposeBase32(), BASE32, 'by name it is there');
});

test('a secret cannot be cloned out of its object', () => {
  const copy = structuredClone(new Secret(BASE32));
  assert.deepEqual(Object.keys(copy).filter((key) => JSON.stringify(copy[key]).includes('GEZD')), []);
});

test('no error quotes what it was given', () => {
  const uri = `otpauth://totp/ann?secret=${BASE32}&digits=99`;
  for (const work of [
    () => new Secret(`${BASE32}!`), () => keyfob.parseUri(uri), () => keyfob.importMigration(`otpauth-migration://offline?data=${BASE32}`),
    () => new TOTP({ secret: BASE32, digits: 5 }), () => ourOtplib.authenticator.generate(`${BASE32}!`),
  ]) {
    assert.throws(work, (error) => !inspect(error, { showHidden: true, depth: 9 }).includes('GEZDGNBV'));
  }
  assert.throws(() => new Secret('!'), KeyfobError);
});
