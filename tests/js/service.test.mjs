// What the service of both packages promises over storage and delivery of an application.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import keyfob from './package.mjs';
import { KEYS, NONSENSE, stage } from './stage.mjs';
import { MemoryStorage } from './vectors.mjs';

const { KeyfobError, Service, TOTP } = keyfob;

test('of many submissions of one code at once, one is accepted', async () => {
  const { service, domain, messages } = await stage();
  const { otpId, delivery } = await service.send({ domain, channel: 'sms', to: '+447700900121' });
  assert.equal(delivery, 'sent');
  const { code } = messages[0];
  const verdicts = await Promise.all(Array.from({ length: 50 }, () => service.verify(otpId, code)));
  assert.equal(verdicts.filter(({ valid }) => valid).length, 1);
  assert.ok(verdicts.every(({ outcome }) => ['accepted', 'replayed'].includes(outcome)));
});

test('of many submissions of one device code at once, one is accepted', async () => {
  const { service, domain } = await stage();
  const { secret } = await service.createUser(domain, 'ann', { returnSecret: true });
  const code = new TOTP({ secret }).generate();
  const verdicts = await Promise.all(
    Array.from({ length: 50 }, () => service.verifyTotp(domain, 'ann', code)));
  assert.equal(verdicts.filter(({ valid }) => valid).length, 1);
});

test('parallel guesses are all counted', async () => {
  const { service, domain, messages } = await stage();
  const { otpId } = await service.send({ domain, channel: 'sms', to: '+447700900121' });
  const wrong = messages[0].code === '000000' ? '111111' : '000000';
  const verdicts = await Promise.all(Array.from({ length: 40 }, () => service.verify(otpId, wrong)));
  assert.equal(verdicts.filter(({ outcome }) => outcome === 'mismatch').length, 5);
  assert.equal((await service.verify(otpId, messages[0].code)).valid, false);
});

test('a store that throws surfaces as its own error, and nothing was accepted', async () => {
  const { service, domain, messages, storage } = await stage();
  const { otpId } = await service.send({ domain, channel: 'sms', to: '+447700900121' });
  const { code } = messages[0];
  const fault = new RangeError('the disk is full');
  for (const method of ['swap', 'load']) {
    const works = storage[method];
    storage[method] = async () => { throw fault; };
    await assert.rejects(service.verify(otpId, code), (error) => error === fault);
    storage[method] = () => { throw fault; };
    await assert.rejects(service.verify(otpId, code), (error) => error === fault);
    storage[method] = works;
  }
  assert.deepEqual((await service.verify(otpId, code)).outcome, 'accepted');
  storage.add = async () => { throw fault; };
  await assert.rejects(service.send({ domain, channel: 'sms', to: '+447700900122' }), (e) => e === fault);
});

test('a store that fails is no channel to pass over, whatever it says', async () => {
  const { domain, storage, messages } = await stage();
  const unset = new KeyfobError('channel-not-configured', 'said by a store');
  const deliver = async (message) => void messages.push(message);
  for (const name of ['load', 'swap', 'add']) {
    const failing = { ...storage, [name]: async () => { throw unset; } };
    const service = new Service({ keys: KEYS, storage: failing, delivery: { sms: deliver, email: deliver } });
    const to = { phone: '+447700900121', email: 'ann@example.com' };
    await assert.rejects(service.send({ domain, channel: ['sms', 'email'], to }), (error) => error === unset);
  }
  assert.equal(messages.length, 0);
});

test('a store that answers nonsense is an error, and nothing was accepted', async () => {
  const { service, domain, messages, storage } = await stage();
  const { otpId } = await service.send({ domain, channel: 'sms', to: '+447700900121' });
  const works = storage.swap;
  for (const nonsense of [undefined, 1, 'OK', null, {}]) {
    storage.swap = async () => nonsense;
    await assert.rejects(service.verify(otpId, messages[0].code), { name: 'KeyfobError', argument: 'storage' });
  }
  storage.swap = works;
  const { load } = storage;
  for (const nonsense of [{ version: 1n, bytes: new Uint8Array(80) }, { version: 1n, bytes: new Uint8Array() }]) {
    storage.load = async () => nonsense;
    await assert.rejects(service.verify(otpId, messages[0].code), { name: 'KeyfobError' });
  }
  for (const version of [undefined, null, -1n, 2n ** 64n, 'one', true]) {
    storage.load = async () => ({ version, bytes: new Uint8Array(80) });
    await assert.rejects(service.verify(otpId, messages[0].code), { name: 'KeyfobError', argument: 'storage' });
  }
  storage.load = load;
  assert.equal((await service.verify(otpId, messages[0].code)).valid, true);
  for (const nonsense of [undefined, null, '', '3', true, 1.5, -1, NaN, Infinity]) {
    storage.add = async () => nonsense;
    const send = service.send({ domain, channel: 'sms', to: '+447700900122' });
    await assert.rejects(send, { name: 'KeyfobError', argument: 'storage' }, String(nonsense));
  }
  assert.equal(messages.length, 1);
});

test('a delivery answers that it sent, that it queued, or nothing', async () => {
  const send = async (receipt) => {
    const { service, domain } = await stage({ delivery: { sms: async () => receipt } });
    return service.send({ domain, channel: 'sms', to: '+447700900121' });
  };
  for (const [receipt, delivery] of [[undefined, 'sent'], ['sent', 'sent'], ['queued', 'queued']]) {
    assert.equal((await send(receipt)).delivery, delivery);
  }
  for (const receipt of ['failed', 'SENT', '', false, true, null, 0, 202, {}, { delivery: 'sent' }]) {
    await assert.rejects(send(receipt), { name: 'KeyfobError', code: 'invalid-argument', argument: 'delivery' }, inspect(receipt));
  }
});

test('a delivery that throws surfaces as its own error', async () => {
  const fault = new TypeError('no route');
  const { service, domain } = await stage({ delivery: { sms: async () => { throw fault; } } });
  await assert.rejects(service.send({ domain, channel: 'sms', to: '+447700900121' }), (e) => e === fault);
  await assert.rejects(service.send({ domain, channel: 'email', to: 'ann@example.com' }),
    { name: 'KeyfobError', code: 'channel-not-configured' });
});

test('of several ways that fail the error is that of the one the service tells of', async () => {
  const fault = new TypeError('the relay is down');
  const unset = new KeyfobError('channel-not-configured', 'no gateway yet');
  const delivery = { sms: async () => { throw unset; }, email: async () => { throw fault; } };
  const { service, domain, storage } = await stage({ delivery });
  const request = { domain, channel: ['sms', 'email'], to: { phone: '+447700900121', email: 'ann@example.com' } };
  await assert.rejects(service.send(request), (error) => error === fault);
  await assert.rejects(service.send({ domain, channel: 'sms', to: '+447700900122' }), (error) => error === unset);
  const broken = new RangeError('the disk is full');
  storage.swap = async () => { throw broken; };
  await assert.rejects(service.send({ domain, channel: 'sms', to: '+447700900123' }), (error) => error === broken);
});

test('the stored bytes tell neither code nor recipient nor secret', async () => {
  const { service, domain, messages, memory } = await stage();
  await service.send({ domain, channel: 'sms', to: '+447700900121' });
  const { secret } = await service.createUser(domain, 'ann.of.example', { returnSecret: true });
  const stored = Buffer.concat([...memory.records.values()].map(({ bytes }) => Buffer.from(bytes)));
  const keys = [...memory.records.keys(), ...memory.counters.keys()];
  for (const hidden of [messages[0].code, '447700900121', 'ann.of.example', secret.exposeBase32()]) {
    assert.ok(!stored.includes(hidden), hidden);
    assert.ok(!keys.some((key) => Buffer.from(key, 'hex').includes(hidden)));
  }
  assert.ok(!stored.includes(Buffer.from(secret.exposeBytes())));
  assert.ok(keys.every((key) => /^[0-9a-f]{66}$/.test(key)));
});

test('what a user types at a service rejects nothing', async () => {
  const { service, domain } = await stage();
  await service.createUser(domain, 'ann', { returnSecret: true });
  const { otpId } = await service.send({ domain, channel: 'sms', to: '+447700900121' });
  const { ticket } = await service.createUser(domain, 'bob');
  for (const typed of NONSENSE) {
    const verdicts = [
      await service.verifyTotp(domain, 'ann', typed), await service.verify(otpId, typed),
      await service.confirmEnrolment(ticket, typed),
    ];
    assert.ok(verdicts.every(({ valid }) => valid === false));
  }
});

test('the policy says where messages go, and which numbers are asked about', async () => {
  const asked = [];
  const { service, domain } = await stage({
    policy: { traffic: { allowed: ['+33'], denied: ['+336'] }, simSwap: { prefixes: ['+33'] } },
    simSwap: (phone, hours) => { asked.push([phone, hours]); return 'not-swapped'; },
  });
  const send = (to) => service.send({ domain, channel: 'sms', to, simSwap: {} });
  await assert.rejects(send('+447700900121'), { code: 'destination-not-allowed' });
  await assert.rejects(send('+33612345678'), { code: 'destination-not-allowed' });
  assert.equal((await send('+33712345678')).simSwap, 'not-swapped');
  assert.deepEqual(asked, [['+33712345678', 240]]);
  assert.equal((await service.checkSimSwap('+447700900121')).source, 'not-asked');
  await assert.rejects(stage({ policy: { traffic: { denied: ['Mars'] } } }), { code: 'invalid-place', argument: 'policy.traffic.denied' });
  await assert.rejects(stage({ policy: { simSwap: { prefixes: ['44'] } } }), { code: 'invalid-prefix', argument: 'policy.simSwap.prefixes' });
  await assert.rejects(stage({ policy: { attempts: { perBlock: 0 } } }), { code: 'invalid-attempts', argument: 'policy.attempts' });
  await assert.rejects(stage({ policy: { retention: { hours: 25 } } }), { code: 'invalid-retention', argument: 'policy.retention.hours' });
});

test('numbers that cost more are sent to where that is allowed, by what is known of them', async () => {
  const to = '+449001234567';
  const sent = async (policy, destination) => {
    const { service, domain } = await stage({ policy });
    return service.send({ domain, channel: 'sms', to, destination }).then(() => 'sent', ({ code }) => code);
  };
  const premium = { region: 'GB', premium: true };
  assert.equal(await sent({}, null), 'sent', 'who does not know it sends');
  assert.equal(await sent({}, premium), 'premium-number');
  assert.equal(await sent({ traffic: { premium: ['+4490'] } }, premium), 'sent');
  assert.equal(await sent({ traffic: { premium: ['+4491'] } }, premium), 'premium-number');
  assert.equal(await sent({ traffic: { denied: ['JE'] } }, { region: 'JE' }), 'destination-not-allowed');
  assert.equal(await sent({}, { region: 'Mars' }), 'invalid-place');
});

test('an API key has its own limit', async () => {
  const { service, domain } = await stage({ policy: { traffic: { perApiKeyAndDay: 1 } } });
  const send = (to, apiKey) => service.send({ domain, channel: 'sms', to, apiKey });
  await send('+447700900121', 'shop');
  await assert.rejects(send('+447700900122', 'shop'), { code: 'send-limit', limit: 'api-key' });
  assert.ok((await send('+447700900122', 'bank')).otpId);
});

test('an account may be remembered for less long than others', async () => {
  const own = '05050505-0505-4505-8505-050505050505';
  let now = 1_800_000_000;
  const { service } = await stage({ policy: { retention: { accounts: { [own]: 1 } } }, clock: () => now });
  for (const [tenant, found] of [[service, 'expired'], [service.forAccount(own), 'challenge-not-found']]) {
    const { otpId } = await tenant.send({ domain: await tenant.createDomain(), channel: 'sms', to: '+447700900121' });
    now += 2 * 3600;
    assert.equal(await tenant.viewChallenge(otpId).then(({ status }) => status, ({ code }) => code), found);
  }
  await assert.rejects(stage({ policy: { retention: { accounts: { me: 1 } } } }), { code: 'invalid-account' });
  await assert.rejects(stage({ policy: { retention: { accounts: { [own]: 25 } } } }), { code: 'invalid-retention' });
});

test('of a domain what is said is changed, what is null goes, and the rest stays', async () => {
  const { service } = await stage();
  const domain = await service.createDomain({ name: 'Shop', fallbackAfter: 30, simSwap: { maxAgeHours: 48, onSwapped: 'flag' } });
  const changed = await service.changeDomain(domain, { name: 'Bank', simSwap: { onUnknown: 'flag', maxAgeHours: null } });
  assert.deepEqual([changed.name, changed.fallbackAfter], ['Bank', 30]);
  assert.deepEqual(changed.simSwap, { maxAgeHours: 240, onSwapped: 'flag', onUnknown: 'flag' });
  assert.deepEqual(await service.viewDomain(domain), changed);
  const bare = await service.changeDomain(domain, { name: null, simSwap: null, fallbackAfter: null });
  assert.deepEqual([bare.name, bare.simSwap, bare.fallbackAfter], [null, null, null]);
  assert.deepEqual(await service.changeDomain(domain, {}), bare);
  const refused = (change, code) => assert.rejects(service.changeDomain(domain, change), { code });
  await refused({ fallbackAfter: 5 }, 'invalid-fallback-after');
  await refused({ simSwap: { maxAgeHours: 0 } }, 'invalid-max-age');
  await refused({ simSwap: { onSwapped: 'ask' } }, 'invalid-sim-swap-action');
  await refused({ nam: 'Bank' }, 'invalid-argument');
  await assert.rejects(service.changeDomain('00000000-0000-4000-8000-000000000000', {}), { code: 'domain-not-found' });
});

test('limits can be lifted one by one, and shares are percents', async () => {
  const flood = async (policy) => {
    const { service, domain } = await stage({ policy });
    const send = (to) => service.send({ domain, channel: 'sms', to });
    await send('+447700900121');
    return send('+447700900122');
  };
  await assert.rejects(flood({ sends: { perAccountAndDay: 1 } }), { code: 'send-limit', limit: 'account' });
  await assert.rejects(flood({ sends: { perAccountAndDay: 1 }, traffic: { perDomainAndDay: 1 } }), { code: 'send-limit' });
  await assert.rejects(flood({ traffic: { costPerDay: 9, prices: { default: 1, places: { '+44': 5 } } } }), { code: 'send-limit' });
  await assert.rejects(flood({ traffic: { unverified: { perCountryAndDay: 1, share: 0 } } }), { code: 'unverified-sends' });
  assert.ok((await flood({ sends: { perAccountAndDay: null } })).otpId);
  assert.ok((await flood({ traffic: { unverified: null, breaker: null, perPrefixAndDay: null } })).otpId);
  await assert.rejects(flood({ traffic: { unverified: { share: 101 } } }), { code: 'invalid-percent', argument: 'policy.traffic.unverified.share' });
  await assert.rejects(flood({ traffic: { breaker: { verified: 101 } } }), { code: 'invalid-percent', argument: 'policy.traffic.breaker.verified' });
  await assert.rejects(flood({ traffic: { prices: { places: { Mars: 1 } } } }), { code: 'invalid-place', argument: 'policy.traffic.prices.places' });
  await assert.rejects(flood({ traffic: { perDomainAndDay: -1 } }), { code: 'invalid-argument', argument: 'policy.traffic.perDomainAndDay' });
});

test('the limits and wrong codes of a request are those of whom its first channel reaches', async () => {
  const { service, domain } = await stage();
  const to = { phone: '+447700900121', email: 'ann@example.com' };
  await service.send({ domain, channel: ['email', 'sms'], to });
  await assert.rejects(service.send({ domain, channel: 'email', to: to.email }), { code: 'send-limit' });
  assert.ok((await service.send({ domain, channel: 'sms', to: to.phone })).otpId);
});

test('a message is sent while it is wanted, and another way is taken once', async () => {
  let at = 1_800_000_000;
  const { service, domain, messages } = await stage({ clock: () => at });
  const to = { phone: '+447700900121', email: 'ann@example.com' };
  const { otpId } = await service.send({ domain, channel: ['sms', 'email'], to });
  const [first] = messages;
  assert.equal(first.fallbacks[0].to, 'ann@example.com');
  const { callingCode, passages } = await service.viewChallenge(otpId);
  assert.deepEqual([callingCode, passages.map(({ channel, state }) => [channel, state])], ['+44', [['sms', 'queued'], ['sms', 'sent']]]);
  assert.equal(await service.wanted(otpId, first.messageId), 'yes');
  const turn = () => service.fallBack(otpId, first.messageId, 'email');
  assert.deepEqual(await turn(), { open: true, outcome: 'open', reason: null });
  assert.equal((await turn()).outcome, 'open', 'asked again before it was handed over');
  at += 60;
  await service.resend(otpId);
  assert.equal(await service.wanted(otpId, first.messageId), 'replaced');
  assert.deepEqual(await turn(), { open: false, outcome: 'replaced', reason: null });
  await service.cancel(otpId);
  assert.equal(await service.wanted(otpId, messages.at(-1).messageId), 'no');

  const full = await stage({ policy: { traffic: { perDomainAndDay: 1 } } });
  const sent = await full.service.send({ domain: full.domain, channel: ['sms', 'voice'], to: '+447700900121' });
  const closed = await full.service.fallBack(sent.otpId, full.messages[0].messageId, 'voice');
  assert.deepEqual([closed.open, closed.outcome, closed.reason.code], [false, 'closed', 'send-limit']);
  assert.ok(closed.reason instanceof KeyfobError);
});

test('a user enrols by a link, and another tenant sees nothing of it', async () => {
  const { service, domain } = await stage();
  const opened = await service.createUser(domain, 'ann', { accountName: 'Ann' });
  assert.equal(opened.status, 'pending');
  const view = await service.viewEnrolment(opened.ticket);
  assert.deepEqual([view.issuer, view.accountName, view.userId], ['Example Bank', 'Ann', 'ann']);
  assert.ok(!inspect(view.secret).includes(view.secret.exposeBase32()));
  const totp = new TOTP({ secret: view.secret });
  assert.equal((await service.confirmEnrolment(opened.ticket, totp.generate())).valid, true);
  assert.equal((await service.viewUser(domain, 'ann')).status, 'active');
  const other = service.forAccount('04040404-0404-4404-8404-040404040404');
  await assert.rejects(other.viewUser(domain, 'ann'), { code: 'domain-not-found' });
});

test('the clock and the random bytes can be replaced', async () => {
  let calls = 0;
  let drawn = 0;
  const random = (bytes) => { calls += 1; drawn += bytes.length; bytes.fill(calls); };
  const { service, domain, messages } = await stage({ random, clock: () => 1_800_000_000.7 });
  const sent = await service.send({ domain, channel: 'email', to: 'ann@example.com' });
  assert.deepEqual([sent.expiresAt, sent.delivery], [1_800_000_300, 'queued']);
  assert.ok(calls > 0 && messages.length === 1);
  assert.ok(drawn < 500, `${drawn} bytes for a domain and a code: more than are needed`);
  const late = async (bytes) => void setTimeout(() => bytes.fill(7));
  for (const random of [() => { throw new Error('none'); }, late]) {
    const broken = new Service({ keys: KEYS, storage: new MemoryStorage(), random });
    await assert.rejects(broken.createDomain(), { code: 'entropy-unavailable' });
  }
});

test('random bytes that were not filled make no code', async () => {
  const storage = new MemoryStorage();
  const keys = { root: new Uint8Array(32).fill(1), sealing: [{ id: 1, key: new Uint8Array(32).fill(2) }] };
  const answers = (bytes) => new Uint8Array(bytes.length).fill(7);
  for (const random of [answers, () => {}, async (bytes) => { bytes.fill(7); }]) {
    const service = new Service({ keys, storage, random });
    await assert.rejects(service.createDomain(), { code: 'entropy-unavailable' }, String(random));
  }
  let seen;
  const service = new Service({ keys, storage, random: (bytes) => { seen = bytes.buffer.byteLength; bytes.fill(7); } });
  await service.createDomain();
  assert.ok(seen <= 1024, 'no view of the engine\'s memory');
});
