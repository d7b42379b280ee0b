// Nothing that is printed, copied or made JSON of holds a secret, unless it was asked for by name.
// Runs on both packages.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import keyfob from './package.mjs';
import { MemoryStorage } from './vectors.mjs';

const { Enrolment, HOTP, KeyfobError, RecoverySet, Secret, Service, Steam, TOTP, importMigration, parseUri } = keyfob;

const BASE32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
/** The secret as text, hexadecimal, numbers and base32, and the keys of the service. */
const SECRETS = [
  BASE32, 'GEZDGNBVGY3T', '12345678901234567890', '3132333435363738393031323334353637383930', '49, 50, 51, 52',
  '49,50,51,52', '77, 77, 77', '77,77,77', 'MVWU', 'otpauth://',
];
const TO = { phone: '+447700900121', email: 'ann@example.com' };

/** Each object with a secret, and what of it must not be seen. */
async function holders() {
  const messages = [];
  const service = new Service({
    keys: { root: new Uint8Array(32).fill(77), sealing: [{ id: 1, key: new Uint8Array(32).fill(77) }] },
    storage: new MemoryStorage(), delivery: { sms: (message) => void messages.push(message) },
  });
  const domain = await service.createDomain();
  const user = await service.createUser(domain, 'ann', { secret: BASE32, returnSecret: true });
  const opened = await service.openEnrolment(domain, 'ann', { secret: BASE32 });
  const pending = await service.createUser(domain, 'bob', { secret: BASE32 });
  const viewed = await service.viewEnrolment(opened.ticket);
  await service.send({ domain, channel: ['sms', 'email'], to: TO });
  const [message] = messages;
  const parameters = [['image', 'https://example.com/a.png'], ['pin', '9731']];
  const enrolment = new Enrolment({ secret: BASE32, account: 'ann', parameters });
  const hidden = { [user.uri]: user, [opened.ticket]: opened, [pending.ticket]: pending, [viewed.uri]: viewed };
  const { codes, set } = RecoverySet.generate();
  return [
    ...[new Secret(BASE32), new TOTP({ secret: BASE32 }), new HOTP({ secret: BASE32 }), new Steam({ secret: BASE32 }),
      enrolment.generator(), service, [viewed.secret]].map((held) => [held, []]),
    ...Object.entries(hidden).map(([text, held]) => [held, [text]]),
    [enrolment, ['9731', 'a.png']],
    [message, [TO.phone, TO.email, message.text, `'${message.code}'`, `"${message.code}"`]],
    [message.fallbacks, [TO.email, message.fallbacks[0].text, message.code]],
    [message.fallbacks[0], [TO.email, message.fallbacks[0].text, message.code]],
    [set, codes],
  ];
}

/** All the ways in which something gets into a log or a reply without being asked for by name. */
function seen(held) {
  const copy = Array.isArray(held) ? [...held] : { ...held };
  const shown = [
    inspect(held, { depth: 9, showHidden: true }), inspect([held]), inspect(copy, { depth: 9 }),
    JSON.stringify(held), JSON.stringify({ held }), JSON.stringify(copy), JSON.stringify(Object.entries(held)),
    JSON.stringify(Object.values(held)),
  ];
  if (!Array.isArray(held)) shown.push(String(held), `${held}`);
  for (const [key, value] of Object.entries(held)) {
    if (typeof value === 'function') continue;
    shown.push(`${key}: ${inspect(value, { depth: 9 })}`);
  }
  try {
    shown.push(inspect(structuredClone(held), { depth: 9, showHidden: true }));
  } catch (error) {
    assert.equal(error.name, 'DataCloneError');
  }
  return shown;
}

test('no object with a secret shows it', async () => {
  for (const [held, more] of await holders()) {
    for (const shown of seen(held)) {
      for (const secret of [...SECRETS, ...more]) assert.ok(!String(shown).includes(secret), `${secret} in ${shown}`);
    }
  }
});

test('by name everything is there', async () => {
  const found = await holders();
  const [user, opened] = found.slice(7, 9).map(([held]) => held);
  assert.equal(user.secret.exposeBase32(), BASE32);
  assert.match(user.uri, new RegExp(BASE32));
  assert.match(opened.ticket, /^.{20,}$/);
  const message = found.find(([held]) => held?.fallbacks)[0];
  assert.ok(message.text.includes(message.code) && message.code.length === 6);
  assert.deepEqual([message.channel, message.to, message.language], ['sms', TO.phone, 'en']);
  assert.ok(message.expiresAt > message.fallbackAfter);
  const [{ channel, to, text }] = message.fallbacks;
  assert.deepEqual([channel, to, text.includes(message.code)], ['email', TO.email, true]);
});

test('the console says what an object is', () => {
  const secret = new Secret(BASE32);
  assert.equal(String(secret), 'Secret(redacted, 160 bits)');
  assert.equal(inspect({ secret }), '{ secret: Secret(redacted, 160 bits) }');
  assert.equal(JSON.stringify({ secret }), '{"secret":"Secret(redacted, 160 bits)"}');
  assert.equal(inspect(new TOTP({ secret, digits: 8 })), 'TOTP(SHA1, 8 digits, 30 s)');
  assert.equal(String(new HOTP({ secret })), 'HOTP(SHA1, 6 digits)');
  assert.equal(String(new Steam({ secret })), 'Steam()');
  assert.equal(inspect(RecoverySet.generate(3).set), 'RecoverySet(3 left)');
});

test('an enrolment is JSON with any counter, and without the values of further parameters', () => {
  for (const counter of [0, 7, 2 ** 53 - 1, 2n ** 53n, 2n ** 64n - 1n]) {
    const enrolment = new Enrolment({
      type: 'hotp', secret: BASE32, account: 'ann', issuer: 'Acme', counter, parameters: [['pin', '9731']],
    });
    assert.deepEqual(JSON.parse(JSON.stringify(enrolment)), {
      type: 'hotp', issuer: 'Acme', account: 'ann', secret: 'Secret(redacted, 160 bits)', algorithm: 'SHA1', digits: 6,
      period: null, counter: String(counter), parameters: ['pin'], warnings: [],
    });
    assert.equal(inspect(enrolment), `Enrolment ${JSON.stringify(enrolment)}`);
    assert.deepEqual(enrolment.parameters, [['pin', '9731']], 'by name they are there');
  }
  assert.equal(new Enrolment({ secret: BASE32, account: 'ann' }).toJSON().counter, null);
});

test('no error quotes what it was given', () => {
  const uri = `otpauth://totp/ann?secret=${BASE32}&digits=99`;
  for (const work of [
    () => new Secret(`${BASE32}!`), () => parseUri(uri), () => new TOTP({ secret: BASE32, digits: 5 }),
    () => importMigration(`otpauth-migration://offline?data=${BASE32}`),
  ]) {
    assert.throws(work, (error) => error instanceof KeyfobError &&
      !inspect(error, { showHidden: true, depth: 9 }).includes('GEZDGNBV'));
  }
});

test('no error of a service quotes a key, a ticket, or what was to be sent', async () => {
  const told = 'hunter2-4711';
  const keys = { root: new Uint8Array(32).fill(1), sealing: [{ id: 1, key: new Uint8Array(32).fill(2) }] };
  const made = (given) => new Service({ keys, storage: new MemoryStorage(), delivery: { email() {} }, ...given });
  const service = made();
  const domain = await service.createDomain();
  const sent = (given) => service.send({ domain, channel: 'email', to: 'ann@example.com', ...given });
  const wrong = [told, [told], { phone: told, email: told }, new Map([[told, told]]), () => told, Symbol(told)];
  const works = wrong.flatMap((value) => [
    () => made({ keys: value }), () => made({ keys: { ...keys, root: value } }), () => made({ keys: { ...keys, sealing: value } }),
    () => made({ keys: { ...keys, sealing: [{ id: 1, key: value }] } }), () => made({ account: value }),
    () => service.viewEnrolment(value), () => service.confirmEnrolment(value, value), () => service.verify(value, value),
    () => service.createUser(domain, 'ann', { secret: value }), () => service.createUser(value, 'ann'), () => sent({ to: value }),
    () => sent({ language: value }), () => sent({ client: value }), () => sent({ message: `{{code ${String(value)}` }),
    () => sent({ ending: { originBound: value } }), () => service.checkSimSwap(value),
  ]);
  works.push(() => sent({ context: { payee: told, 'No name': told } }));
  works.push(...wrong.slice(1).map((value) => () => sent({ apiKey: value })));
  for (const work of works) {
    await assert.rejects(async () => work(), (error) => {
      // A misspelt option is told by its name; what it was to be is not.
      assert.ok(error instanceof KeyfobError && !inspect(error, { depth: 9 }).includes(told), `${work}: ${error.message}`);
      return true;
    });
  }
});
