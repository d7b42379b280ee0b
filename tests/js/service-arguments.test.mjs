// What a service and its methods are given is taken, or refused by its name.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import keyfob from './package.mjs';
import { KEYS, RFC, stage } from './stage.mjs';
import { MemoryStorage } from './vectors.mjs';

const { KeyfobError, Secret, Service, TOTP } = keyfob;

test('what somebody put into every object is no setting of a service', async () => {
  const polluted = {
    policy: { attempts: { perBlock: 100 }, window: [10, 10] }, returnSecret: true, expiresAt: 1, version: 5n,
    raw: {}, outside: {}, clock: () => 5, replayFloor: 9, client: 'x', simSwap: () => 'swapped', lastStep: null,
  };
  const { service: before, domain } = await stage();
  await before.createUser(domain, 'bob', { returnSecret: true });
  let attempts, created, seen;
  try {
    Object.assign(Object.prototype, polluted);
    const given = { storage: new MemoryStorage(), delivery: { sms: () => {} } };
    const service = new Service({ keys: KEYS, ...given });
    const place = await service.createDomain({ name: 'Bank' });
    created = await service.createUser(place, 'ann');
    const { otpId } = await service.send({ domain: place, channel: 'sms', to: '+447700900121' });
    for (attempts = 1; (await service.verify(otpId, '000000')).outcome === 'mismatch' && attempts < 50;) attempts += 1;
    seen = await service.viewUser(place, 'ann');
  } finally {
    for (const name of Object.keys(polluted)) delete Object.prototype[name];
  }
  assert.ok(attempts <= 6, `${attempts} attempts`);
  assert.equal(created.secret, undefined);
  assert.equal(seen.status, 'pending');
  await before.deleteUser(domain, 'bob');
});

test('misuse of a service rejects with the codes of the core', async () => {
  const { service, domain } = await stage();
  const nowhere = '00000000-0000-4000-8000-000000000000';
  const refused = (work, code, argument) => assert.rejects(work, (error) => {
    assert.ok(error instanceof KeyfobError, String(error));
    assert.deepEqual([error.code, error.argument], [code, argument]);
    return true;
  });
  await refused(service.viewDomain(nowhere), 'domain-not-found');
  await refused(service.createUser(domain, ''), 'invalid-user-id', 'userId');
  await refused(service.verifyTotp(domain, 'nobody', '123456'), 'user-not-found');
  await refused(service.verify(nowhere, '123456'), 'challenge-not-found');
  await refused(service.send({ domain, to: '+447700900121' }), 'invalid-argument', 'channel');
  await refused(service.send({ domain, channel: 'fax', to: '+447700900121' }), 'unknown-channel', 'channel');
  await refused(service.send({ domain, channel: 'sms', to: 'ann@example.com' }), 'invalid-channel', 'channel');
  await refused(service.send({ domain, channel: 'sms', to: '07700 900121' }), 'phone-format', 'to');
  await refused(service.send({ domain, channel: 'sms', to: '+447700900121', expiry: 5 }), 'invalid-expiry', 'expiry');
  await refused(service.send({ domain, channel: 'sms', to: '+447700900121', message: 'Hi' }), 'template-code-missing', 'message');
  await refused(service.checkSimSwap('+447700900121'), 'sim-swap-not-configured');
  assert.throws(() => new Service({ keys: KEYS }), { code: 'invalid-argument', argument: 'storage' });
  assert.throws(() => new Service({ keys: { root: KEYS.root, sealing: [] }, storage: new MemoryStorage() }),
    { code: 'invalid-key', argument: 'keys.sealing' });
  assert.throws(() => new Service({ keys: { ...KEYS, root: new Uint8Array(31) }, storage: new MemoryStorage() }),
    { code: 'invalid-key', argument: 'keys.root' });
});

test('what can be no id is invalid, and is not looked for', async () => {
  const { service, domain } = await stage();
  const message = '0'.repeat(32);
  const nowhere = '00000000-0000-4000-8000-000000000000';
  const refused = (work, code, argument) => assert.rejects(work, (error) => {
    assert.ok(error instanceof KeyfobError, String(error));
    assert.deepEqual([error.code, error.argument], [code, argument]);
    return true;
  });
  for (const id of ['', 'x', message, `{${nowhere}}`, `urn:uuid:${nowhere}`, ` ${nowhere}`]) {
    await refused(service.viewDomain(id), 'invalid-domain', 'domain');
    await refused(service.verifyTotp(id, 'ann', '123456'), 'invalid-domain', 'domain');
    await refused(service.send({ domain: id, channel: 'sms', to: '+447700900121' }), 'invalid-domain', 'domain');
    await refused(service.verify(id, '123456'), 'invalid-otp-id', 'otpId');
    await refused(service.wanted(id, message), 'invalid-otp-id', 'otpId');
    await refused((async () => service.forAccount(id).viewDomain(domain))(), 'invalid-account', 'account');
    await refused(service.viewEnrolment(id), 'enrolment-not-found');
  }
  for (const id of ['', nowhere, `+${message.slice(1)}`, message.slice(1), `${message}0`]) {
    await refused(service.wanted(nowhere, id), 'invalid-message-id', 'messageId');
  }
  await refused(service.deliveryReport(nowhere, message, 'sms', 'lost'), 'invalid-delivery-state', 'state');
  await refused(service.createDomain({ simSwap: { onSwapped: 'ask' } }), 'invalid-sim-swap-action', 'simSwap.onSwapped');
  await refused(service.verify(nowhere.toUpperCase(), '123456'), 'challenge-not-found');
  assert.equal(await service.wanted(nowhere, 'aA'.repeat(16)), 'no');
  assert.equal((await service.viewDomain(domain.toUpperCase())).domain, domain);
});

test('what is misspelt or of the wrong type is refused by its name, and is no limit that is not there', async () => {
  const { service, domain } = await stage();
  const to = '+447700900121';
  const refused = async (work, argument, code = 'invalid-argument') => {
    const given = await work().then(() => 'taken', (error) => [error.name, error.code, error.argument]);
    assert.deepEqual(given, ['KeyfobError', code, argument]);
  };
  for (const [policy, argument] of [
    [{ send: {} }, 'policy.send'], [{ sends: { perAcountAndDay: 50 } }, 'policy.sends.perAcountAndDay'],
    [{ sends: { perRecipient: [{ seconds: 60, message: 1 }] } }, 'policy.sends.perRecipient.message'],
    [{ attempts: { perblock: 3 } }, 'policy.attempts.perblock'], [{ traffic: { breaker: { send: 1 } } }, 'policy.traffic.breaker.send'],
    [{ traffic: { unverified: { perCountry: 1 } } }, 'policy.traffic.unverified.perCountry'], [{ traffic: { prices: { '+44': 5 } } }, 'policy.traffic.prices.+44'],
    [{ simSwap: { prefix: ['+44'] } }, 'policy.simSwap.prefix'], [{ attempts: 5 }, 'policy.attempts'],
    [{ traffic: { denied: 'GB' } }, 'policy.traffic.denied'], [{ traffic: { denied: [44] } }, 'policy.traffic.denied'],
    [{ traffic: { prices: { places: { GB: '5' } } } }, 'policy.traffic.prices.places'], [{ issuer: 5 }, 'policy.issuer'],
    [{ defaultLifetime: '300' }, 'policy.defaultLifetime'], [{ defaultLifetime: 2.5 }, 'policy.defaultLifetime'],
    [{ sends: { perRecipient: {} } }, 'policy.sends.perRecipient'], [{ traffic: { costPerDay: NaN } }, 'policy.traffic.costPerDay'],
    [{ traffic: { costPerDay: '9' } }, 'policy.traffic.costPerDay'],
    [{ sends: { perRecipient: [{ seconds: 60 }] } }, 'policy.sends.perRecipient.messages'],
    [{ sends: { perRecipient: [{ messages: 1 }] } }, 'policy.sends.perRecipient.seconds'],
    [{ sends: { perRecipient: [{ seconds: -1, messages: 1 }] } }, 'policy.sends.perRecipient.seconds'],
    [{ traffic: { breaker: { sends: 1.5 } } }, 'policy.traffic.breaker.sends'],
    [{ traffic: { prices: { default: 2 ** 53 } } }, 'policy.traffic.prices.default'],
    [{ retention: { accounts: { me: 2.5 } } }, 'policy.retention.accounts'],
  ]) {
    await refused(() => stage({ policy }), argument);
  }
  await refused(() => stage({ policy: { window: [1, 1, 1] } }), 'policy.window', 'invalid-window');
  await refused(() => stage({ policy: { defaultLifetime: 5 } }), 'policy.defaultLifetime', 'invalid-expiry');
  await refused(() => stage({ policy: { enrolmentLifetime: 0 } }), 'policy.enrolmentLifetime', 'invalid-enrolment-lifetime');
  const noTime = { perRecipient: [{ seconds: 60, messages: 1 }, { seconds: 0, messages: 1 }] };
  await refused(() => stage({ policy: { sends: noTime } }), 'policy.sends.perRecipient', 'invalid-send-window');
  await refused(() => stage({ policy: { attempts: { perBlock: 2.5 } } }), 'policy.attempts.perBlock');
  await refused(() => stage({ policy: new Map([['sends', { perAccountAndDay: 5 }]]) }), 'policy');
  await refused(() => stage({ policy: { traffic: [] } }), 'policy.traffic');
  await refused(() => service.send({ domain, channel: 'sms', to, context: new Map([['payee', 'Ann']]) }), 'context');
  await refused(() => stage({ polcy: {} }), 'polcy');
  await refused(() => stage({ delivery: { sms: 'https://example.com' } }), 'delivery.sms');
  await refused(() => stage({ policy: { traffic: { prices: { places: { GB: 4, gb: 1 } } } } }), 'policy.traffic.prices.places', 'named-twice');
  const account = '0a0a0a0a-0000-4000-8000-000000000000';
  const hours = { [account]: 1, [account.toUpperCase()]: 2 };
  await refused(() => stage({ policy: { retention: { accounts: hours } } }), 'policy.retention.accounts', 'named-twice');
  await refused(() => stage({ clock: 5 }), 'clock');
  await refused(() => stage({ keys: { ...KEYS, seal: [] } }), 'keys.seal');
  const [{ key }] = KEYS.sealing;
  for (const [keys, argument, code] of [
    [undefined, 'keys'], [{ sealing: KEYS.sealing }, 'keys.root'], [{ root: KEYS.root }, 'keys.sealing'],
    [{ ...KEYS, root: 'secret' }, 'keys.root'], [{ ...KEYS, sealing: [{ key }] }, 'keys.sealing.id'],
    [{ ...KEYS, sealing: [{ id: 1 }] }, 'keys.sealing.key'], [{ ...KEYS, sealing: [{ id: 2 ** 32, key }] }, 'keys.sealing.id'],
    [{ ...KEYS, sealing: [{ id: 1n, key }] }, 'keys.sealing.id'], [{ ...KEYS, sealing: [{ id: Symbol('1'), key }] }, 'keys.sealing.id'],
    [{ ...KEYS, sealing: [{ id: -1, key }] }, 'keys.sealing.id'], [{ ...KEYS, sealing: [{ id: 1, key: [1] }] }, 'keys.sealing.key'],
    [{ ...KEYS, sealing: [{ id: 1, key: key.slice(1) }] }, 'keys.sealing.key', 'invalid-key'],
    [{ ...KEYS, sealing: [{ id: 1, key }, { id: 2, key }, { id: 1, key: KEYS.root }] }, 'keys.sealing', 'duplicate-sealing-key'],
  ]) await refused(() => stage({ keys }), argument, code);
  await refused(() => stage({ account: 'me' }), 'account', 'invalid-account');
  await refused(async () => service.forAccount('me'), 'account', 'invalid-account');
  await refused(() => service.createDomain({ fallback: 60 }), 'fallback');
  await refused(() => service.createDomain({ simSwap: { maxAge: 3 } }), 'simSwap.maxAge');
  await refused(() => service.createUser(domain, 'ann', { returnsecret: true }), 'returnsecret');
  await refused(() => service.createUser(domain, 'ann', { revoke: true }), 'revoke');
  for (const wish of ['true', 1, 0, 'yes', {}]) {
    await refused(() => service.createUser(domain, 'ann', { returnSecret: wish }), 'returnSecret');
    await refused(() => service.createUser(domain, 'ann', { acceptShortSecret: wish }), 'acceptShortSecret');
    await refused(() => service.openEnrolment(domain, 'ann', { revoke: wish }), 'revoke');
  }
  await refused(() => service.createUser(domain, 'ann', { digits: '6' }), 'digits', 'invalid-digits');
  await refused(() => service.createUser(domain, 'ann', { accountName: 5 }), 'accountName');
  await refused(() => service.createUser(domain, 'ann', { secret: 5 }), 'secret');
  await refused(() => service.createUser(domain, 'ann', { secret: 'GEZDGNBV' }), 'secret', 'secret-too-short');
  await refused(() => service.send({ domain, channel: 'sms', to, lenght: 8 }), 'lenght');
  await refused(() => service.send({ domain, channel: 'sms', to, length: '8' }), 'length', 'invalid-code-length');
  await refused(() => service.send({ domain, channel: 'sms', to, expiry: '60' }), 'expiry');
  await refused(() => service.send({ domain, channel: 'sms', to, expiry: 60.5 }), 'expiry');
  await refused(() => service.send({ domain, channel: 'sms', to, context: { payee: 5 } }), 'context.payee');
  await refused(() => service.send({ domain, channel: 'sms', to: { phone: to } }), 'to.email');
  await refused(() => service.send({ domain, channel: 'sms', to: { phone: to, email: 'x' } }), 'to.email', 'email-format');
  await refused(() => service.send({ domain, channel: 'sms', to: 5 }), 'to');
  await refused(() => service.send({ channel: 'sms', to }), 'domain');
  await refused(() => service.send({ domain, channel: 'sms' }), 'to');
  await refused(() => service.send({ domain, channel: [5], to }), 'channel');
  await refused(() => service.send({ domain, channel: [], to }), 'channel', 'invalid-channel');
  await refused(() => service.resend('x', { chanel: 'sms' }), 'chanel');
  await refused(() => service.verify('x', '123456', { contxt: {} }), 'contxt');
  await refused(() => service.checkSimSwap(to, { hours: 5 }), 'hours');
  assert.ok((await stage({ policy: { sends: null, traffic: { denied: null }, issuer: null } })).domain, 'null is as absent');
});

test('every option that is documented is taken', async () => {
  const { service, domain } = await stage({
    account: '04040404-0404-4404-8404-040404040404', replayFloor: 5, simSwap: () => 'not-swapped',
    policy: {
      attempts: { perBlock: 3, firstBlock: 60, longestBlock: 3600, disableAfter: 50 },
      sends: { perRecipient: [{ seconds: 60, messages: 2 }], perAccountAndDay: 100 },
      traffic: {
        perDomainAndDay: 50, perApiKeyAndDay: 50, perClientAndDay: 50, perCountryAndDay: null, perPrefixAndDay: 50, costPerDay: 500,
        prices: { default: 2, places: { GB: 5 } },
        unverified: { perCountryAndDay: 9, perCountryAndHour: 9, perClientAndDay: 9, share: 10, countriesPerClientAndDay: 2 },
        breaker: { sends: 9, verified: 10 }, allowed: ['GB', '+44'], denied: ['+4479'], premium: ['+4470'],
      },
      simSwap: { prefixes: ['+44'], cache: 60 },
      retention: { hours: 2, accounts: { '05050505-0505-4505-8505-050505050505': 1 } }, window: [1, 0], defaultLifetime: 60,
      enrolmentLifetime: 3600, issuer: 'Example',
    },
  });
  const whole = await service.createDomain({ name: 'Whole', fallbackAfter: 30, simSwap: { maxAgeHours: 48, onSwapped: 'flag', onUnknown: 'flag' } });
  assert.deepEqual((await service.viewDomain(whole)).simSwap, { maxAgeHours: 48, onSwapped: 'flag', onUnknown: 'flag' });
  const sent = await service.send({
    domain, channel: ['sms', 'email'], to: { phone: '+447700900121', email: 'ann@example.com' }, message: '{{code}} pays {{payee}}',
    language: 'fr', length: 8, alphabet: 'letters', expiry: 90, context: { payee: 'Ann' }, ending: { originBound: 'example.com' },
    simSwap: { maxAgeHours: 24 }, fallbackAfter: 20, client: '192.0.2.1',
    apiKey: 'shop', destination: { region: 'GB', premium: false },
  });
  assert.deepEqual([sent.language, sent.simSwap], ['fr', 'not-swapped']);
  const device = { secret: RFC, acceptShortSecret: true, accountName: 'Ann', algorithm: 'SHA256', digits: 8, period: 60 };
  const created = await service.createUser(domain, 'ann', { ...device, returnSecret: true });
  assert.ok(created.secret.equals(RFC));
  const opened = await service.openEnrolment(domain, 'ann', { ...device, revoke: true });
  assert.deepEqual(opened.parameters, { algorithm: 'SHA256', digits: 8, period: 60 });
  assert.equal((await service.checkSimSwap('+447700900121', { maxAgeHours: 24 })).answer, 'not-swapped');
});

test('an id that is no text is as one that can be none', async () => {
  const { service } = await stage();
  const found = async (otpId) => service.cancel(otpId).then(() => 'cancelled', ({ code }) => code);
  for (const otpId of [undefined, null, 5, {}, ['x']]) assert.equal(await found(otpId), await found(''));
});

test('a clock that answers anything but a number of seconds is refused by name', async () => {
  const answers = [new Date(0), null, undefined, '5', 5n, NaN, Infinity, -1, true, [5], {}, Symbol('now'), Promise.resolve(5)];
  for (const answer of answers) {
    const service = new Service({ keys: KEYS, storage: new MemoryStorage(), clock: () => answer });
    await assert.rejects(service.createDomain(), { name: 'KeyfobError', code: 'invalid-argument', argument: 'clock' }, typeof answer);
  }
});

test('what was not waited for, or is of another type, is told by what it is', async () => {
  const { service, domain } = await stage();
  for (const [to, message] of [
    [447700900123, 'to must be a string and no number'], [['+447700900123'], 'to must be an object with phone, email'],
    [() => 5, 'to must be a string and no function'],
  ]) {
    await assert.rejects(service.send({ domain, channel: 'sms', to }), { code: 'invalid-argument', message });
  }
  await assert.rejects(service.send({ domain: Promise.resolve(domain), channel: 'sms', to: '+447700900123' }), {
    argument: 'domain', message: 'domain must be a string and no promise: await it',
  });
});

test('bytes are as many as they are, whatever their class says, and those of a buffer that was given away are none', async () => {
  const otherwise = (bytes, length) => Object.defineProperty(Uint8Array.from(bytes), 'length', { value: length });
  const kept = new TOTP({ secret: RFC });
  const code = kept.generate(59);
  for (const length of [0, 1, -1, 4_000_000_000, 2.5, NaN]) {
    assert.equal(new TOTP({ secret: otherwise(RFC, length) }).generate(59), code, `${length}`);
    const large = otherwise(new Uint8Array(4_000).fill(65), length);
    assert.throws(() => new Secret(large), { name: 'KeyfobError', code: 'secret-too-long' });
    await assert.rejects(stage({ keys: { ...KEYS, root: large } }), { name: 'KeyfobError', code: 'invalid-key' });
    const memory = new MemoryStorage();
    const storage = { swap: memory.swap.bind(memory), add: memory.add.bind(memory), async load(...all) {
      const found = await memory.load(...all);
      return found && { ...found, bytes: otherwise(found.bytes, length) };
    } };
    const { service, domain } = await stage({ storage });
    await service.createUser(domain, 'ann', { secret: RFC });
    assert.equal((await service.viewUser(domain, 'ann')).status, 'pending');
  }
  const gone = new Uint8Array(32);
  structuredClone(gone.buffer, { transfer: [gone.buffer] });
  assert.throws(() => new Secret(gone), { name: 'KeyfobError', code: 'secret-empty' });
  await assert.rejects(stage({ keys: { ...KEYS, root: gone } }), { name: 'KeyfobError', code: 'invalid-key' });
  for (const none of [Object.create(Uint8Array.prototype), new Proxy(new Uint8Array(32), {}), new Uint16Array(32)]) {
    assert.throws(() => new Secret(none), { name: 'KeyfobError', code: 'invalid-argument', argument: 'secret' });
    await assert.rejects(stage({ keys: { ...KEYS, root: none } }), { code: 'invalid-argument', argument: 'keys.root' });
  }
  assert.equal(kept.verify(code, { time: 59 }).outcome, 'accepted', 'what was there before is as it was');
});

test('a delivery that has no way to anybody is refused when the service is made', () => {
  const made = (delivery) => new Service({ keys: KEYS, storage: new MemoryStorage(), delivery });
  for (const delivery of [{ telegram() {} }, () => {}, {}, 'sms']) {
    assert.throws(() => made(delivery), { code: 'invalid-argument', argument: 'delivery' });
  }
  assert.throws(() => made({ sms() {}, telegram() {} }), {
    code: 'invalid-argument', argument: 'delivery.telegram', message: 'delivery has no telegram: it takes sms, voice, email',
  });
  class Gateway {
    log = () => {};
    sms() {}
  }
  for (const delivery of [new Gateway(), { sms() {}, url: 'https://example.com' }, { sms() {}, voice: undefined }]) {
    assert.ok(made(delivery), 'what else belongs to it is its own affair');
  }
});
