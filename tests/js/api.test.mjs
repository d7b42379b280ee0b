// What the JavaScript packages promise beside the vectors, both of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import keyfob from './package.mjs';
import { MemoryStorage } from './vectors.mjs';

const {
  CodePolicy, Enrolment, HOTP, KeyfobError, RecoverySet, Secret, Service, Steam, TOTP,
  checkTemplate, composeMessage, composeSpeech, contextBytes, exportMigration, generate, generateSecret, importMigration,
  keyuri, normaliseRecoveryCode, parseRecipient, parseUri, qrPng, qrSvg, qrText, segments, verify,
} = keyfob;

const RFC = new TextEncoder().encode('12345678901234567890');
const BASE32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
/** Whatever a user may send in place of a code, in any type that JSON or a form gives. */
const NONSENSE = [
  '', ' ', '28708', '2870822', '28708 ', '２８７０８２', '28708\u0000', 'abcdef', '-12345', '+12345',
  '1e5', '\ud800', '😀', 'a'.repeat(3_000_000), 287082, 287082n, null, undefined, true, [], ['287082'],
  {}, { toString: () => '287082' }, Symbol('code'), () => '287082', NaN,
];

test('a code is right once, and wrong as a value', () => {
  const totp = new TOTP({ secret: RFC });
  const code = totp.generate(59);
  assert.equal(code, '287082'); // RFC 6238, appendix B, six digits of it
  const first = totp.verify(code, { time: 59 });
  assert.deepEqual(first, {
    valid: true, outcome: 'accepted', delta: 0, step: 1, state: { lastStep: 1, drift: 0 },
  });
  const again = totp.verify(code, { time: 59, state: first.state });
  assert.deepEqual(again, { valid: false, outcome: 'replayed', delta: null, step: 1, state: null });
  const wrong = totp.verify('000000', { time: 59 });
  assert.deepEqual(wrong, { valid: false, outcome: 'mismatch', delta: null, step: null, state: null });
  assert.equal(totp.verify(code, { time: 89 }).delta, -1);
  assert.equal(totp.verify(code, { time: 120 }).valid, false);
  assert.equal(totp.verify(code, { time: 119, state: JSON.parse(JSON.stringify(first.state)) }).valid, false);
});

test('nothing that is typed throws', () => {
  const totp = new TOTP({ secret: RFC });
  const hotp = new HOTP({ secret: RFC });
  const steam = new Steam({ secret: RFC });
  const { set } = RecoverySet.generate(1);
  for (const typed of NONSENSE) {
    assert.equal(totp.verify(typed, { time: 59 }).valid, false);
    assert.equal(steam.verify(typed, { time: 59 }).valid, false);
    assert.equal(hotp.verify(typed, 0).valid, false);
    assert.equal(hotp.resynchronise(typed, typed, 0).valid, false);
    assert.equal(verify({ secret: RFC, code: typed, time: 59 }).valid, false);
    assert.equal(set.redeem(typed).valid, false);
    assert.equal(normaliseRecoveryCode(typed), null);
    assert.equal(new CodePolicy().normalise(typed), null);
  }
  assert.equal(totp.verify('287082', { time: 59 }).valid, true, 'and the module still works');
});

test('misuse throws a KeyfobError that names the argument', () => {
  const refused = (work, code, argument) => assert.throws(work, (error) => {
    assert.ok(error instanceof KeyfobError && error instanceof Error, String(error));
    assert.deepEqual([error.name, error.code, error.argument], ['KeyfobError', code, argument]);
    assert.ok(error.message.length > 10);
    return true;
  });
  const secret = RFC;
  for (const digits of [5, 9, 6.5, -1, 262, NaN, Infinity, '6', 6n, true, {}]) {
    refused(() => new TOTP({ secret, digits }), 'invalid-digits', 'digits');
    refused(() => new HOTP({ secret, digits }), 'invalid-digits', 'digits');
  }
  for (const period of [0, 121, 30.5, 286, '30']) {
    refused(() => new TOTP({ secret, period }), 'invalid-period', 'period');
  }
  for (const window of [11, -1, 0.5, 257, [1, 11], [1], '1']) {
    refused(() => new TOTP({ secret, window }), 'invalid-window', 'window');
  }
  refused(() => new TOTP({ secret, driftLimit: -1 }), 'invalid-window', 'driftLimit');
  refused(() => new HOTP({ secret, lookAhead: 101 }), 'invalid-window', 'lookAhead');
  refused(() => new HOTP({ secret }).resynchronise('1', '2', 0, 101), 'invalid-window', 'range');
  refused(() => new TOTP({ secret, algorithm: 'MD5' }), 'invalid-algorithm', 'algorithm');
  refused(() => new TOTP({ secret, algorithm: 1 }), 'invalid-argument', 'algorithm');
  refused(() => new TOTP({ secret: '' }), 'secret-empty', 'secret');
  refused(() => new TOTP({ secret: 'AB1' }), 'secret-character', 'secret');
  refused(() => new TOTP({ secret: 'AAA' }), 'secret-length', 'secret');
  refused(() => new TOTP({ secret: 'AB' }), 'secret-trailing-bits', 'secret');
  refused(() => new TOTP({ secret: new Uint8Array(257) }), 'secret-too-long', 'secret');
  refused(() => new TOTP({ secret: new Uint8Array(1e6) }), 'secret-too-long', 'secret');
  for (const other of [undefined, null, 5, {}, [], new ArrayBuffer(20)]) {
    refused(() => new TOTP({ secret: other }), 'invalid-argument', 'secret');
  }
  refused(() => new TOTP(BASE32), 'invalid-argument', 'options');
  refused(() => Secret.generate(15), 'secret-too-short', 'bytes');
  refused(() => Secret.generate(257), 'secret-too-long', 'bytes');
  const totp = new TOTP({ secret });
  for (const time of [-1, NaN, Infinity, 2 ** 53, '59', new Date(), -1n, 1n << 64n]) {
    refused(() => totp.generate(time), 'invalid-argument', 'time');
    refused(() => totp.verify('287082', { time }), 'invalid-argument', 'time');
  }
  refused(() => totp.verify('287082', { state: { lastStep: '1' } }), 'invalid-argument', 'state');
  refused(() => new HOTP({ secret }).generate(-1), 'invalid-argument', 'counter');
  refused(() => new HOTP({ secret }).verify('755224'), 'invalid-argument', 'counter');
  refused(() => parseUri('http://example.com'), 'uri-scheme', 'uri');
  refused(() => parseUri(5), 'invalid-argument', 'uri');
  refused(() => parseUri('x', { mode: 'lax' }), 'invalid-mode', 'mode');
  refused(() => parseUri('a'.repeat(2_000_000)), 'invalid-argument', 'uri');
  refused(() => keyuri({ secret, account: '' }), 'uri-account-empty', 'account');
  refused(() => keyuri({ secret, account: 'a', issuer: ' ' }), 'uri-issuer-blank', 'issuer');
  refused(() => keyuri({ secret, account: 'a', type: 'motp' }), 'invalid-argument', 'type');
  refused(() => importMigration('otpauth://totp/a'), 'migration-scheme', 'uri');
  refused(() => exportMigration([]), 'migration-empty', 'enrolments');
  refused(() => exportMigration([{}]), 'invalid-argument', 'enrolments');
  refused(() => qrSvg('a'.repeat(3000)), 'qr-too-long', 'text');
  refused(() => qrPng('a', { scale: 33 }), 'qr-scale', 'scale');
  refused(() => qrText('a', { errorCorrection: 'best' }), 'invalid-error-correction', 'errorCorrection');
  refused(() => new CodePolicy({ length: 3 }), 'invalid-code-length', 'length');
  refused(() => new CodePolicy({ alphabet: 'emoji' }), 'invalid-alphabet', 'alphabet');
  refused(() => new RecoverySet({ entries: [{ hash: 'ff', used: false }] }), 'invalid-argument', 'stored');
  refused(() => RecoverySet.generate(0), 'invalid-argument', 'count');
  refused(() => parseRecipient('fax', '+447700900121'), 'unknown-channel', 'channel');
  refused(() => checkTemplate('none'), 'template-code-missing', 'template');
  refused(() => composeMessage({ code: '1' }), 'invalid-argument', 'template');
  for (const compose of [composeMessage, composeSpeech]) {
    const parts = { template: '{{code}} for {{minutes}}', code: '1' };
    refused(() => compose(parts), 'invalid-argument', 'minutes');
    for (const minutes of ['5', -1, 1.5, NaN, 5n]) {
      refused(() => compose({ ...parts, minutes }), 'invalid-argument', 'minutes');
    }
    refused(() => compose({ ...parts, minute: 5 }), 'invalid-argument', 'minute');
    refused(() => compose({ ...parts, minutes: 5, context: { payee: 5 } }), 'invalid-argument', 'context');
    assert.match(compose({ ...parts, minutes: 5 }), /5/);
  }
  for (const ending of [{}, { originBound: 'a.example', androidAppHash: 'FA+9qCX9VSu' }, 'a.example']) {
    refused(() => composeMessage({ template: '{{code}}', code: '1', minutes: 5, ending }), 'invalid-argument', 'ending');
  }
  refused(() => contextBytes(['payee']), 'invalid-argument', 'context');
  for (const pixels of [0, -1, 1.5, 2 ** 32, NaN, '64']) refused(() => qrSvg('a', { pixels }), 'invalid-argument', 'pixels');
  for (const window of [[], [1, 1, 1], [1, '1'], [undefined, 1]]) {
    refused(() => new TOTP({ secret, window }), 'invalid-window', 'window');
    refused(() => new Steam({ secret, window }), 'invalid-window', 'window');
  }
  for (const counter of [1.5, NaN, 2 ** 53, '1', null, -1n, 1n << 64n]) {
    refused(() => new HOTP({ secret }).generate(counter), 'invalid-argument', 'counter');
    refused(() => new HOTP({ secret }).verify('755224', counter), 'invalid-argument', 'counter');
  }
  refused(() => totp.atStep(1.5), 'invalid-argument', 'step');
  for (const batchId of ['1', 1.5, 2 ** 31, -0, null]) {
    refused(() => exportMigration([new Enrolment({ secret, account: 'a' })], batchId), 'invalid-argument', 'batchId');
  }
  refused(() => new Enrolment({ secret, account: 'a', parameters: [['image', 5]] }), 'invalid-argument', 'parameters');
  refused(() => new Enrolment({ secret, account: 'a', parameters: [5] }), 'invalid-argument', 'parameters');
});

test('what an object was made of cannot be assigned: its codes would not follow', () => {
  const totp = new TOTP({ secret: RFC, algorithm: 'sha-256', digits: 8, period: 60 });
  const enrolment = new Enrolment({ secret: RFC, account: 'ann' });
  for (const [object, name, value] of [
    [totp, 'algorithm', 'SHA256'], [totp, 'digits', 8], [totp, 'period', 60],
    [new HOTP({ secret: RFC }), 'digits', 6], [new CodePolicy(), 'length', 6], [new CodePolicy(), 'alphabet', 'digits'],
    [enrolment, 'account', 'ann'], [enrolment, 'digits', 6],
  ]) {
    assert.equal(object[name], value);
    assert.throws(() => { object[name] = 'other'; }, TypeError, name);
  }
});

test('what is not given is as the core has it', () => {
  const totp = new TOTP({ secret: RFC });
  assert.deepEqual({ ...totp }, { algorithm: 'SHA1', digits: 6, period: 30 });
  assert.deepEqual({ ...new TOTP({ secret: RFC, algorithm: null, digits: null, period: null, window: null }) }, { ...totp });
  assert.deepEqual([0, 30, 60, 90].map((late) => totp.verify('287082', { time: 59 + late }).valid), [true, true, false, false]);
  const hotp = new HOTP({ secret: RFC });
  assert.deepEqual({ ...hotp }, { algorithm: 'SHA1', digits: 6 });
  assert.deepEqual([10, 11].map((ahead) => hotp.verify(hotp.generate(ahead), 0).valid), [true, false]);
  assert.deepEqual([100, 101].map((ahead) =>
    hotp.resynchronise(hotp.generate(ahead), hotp.generate(ahead + 1), 0).valid), [true, false]);
  assert.deepEqual({ ...new CodePolicy() }, { length: 6, alphabet: 'digits' });
  assert.equal(RecoverySet.generate().codes.length, 10);
  assert.deepEqual(qrPng('a'), qrPng('a', { scale: 8, errorCorrection: 'medium' }));
  assert.equal(qrSvg('a'), qrSvg('a', { title: 'QR code' }));
  const { type, digits, period, counter } = new Enrolment({ secret: RFC, account: 'a' });
  assert.deepEqual([type, digits, period, counter], ['totp', 6, 30, null]);
});

test('a state that is none does not pass for one of a code never used', () => {
  const totp = new TOTP({ secret: RFC });
  const { state } = totp.verify('287082', { time: 59 });
  for (const broken of [JSON.stringify(state), {}, [], 5, { last_step: 1 }, { lastStep: '1' }, { lastStep: -1 },
    { lastStep: 1.5 }, { lastStep: 1, drift: '0' }, { lastStep: 1, drift: 1e9 }, { lastStep: 1, drift: 0.5 }, { lastStep: 1, drift: 0n }, { lastStep: 1, drift: 128 }]) {
    for (const judge of [totp, new Steam({ secret: RFC })]) {
      assert.throws(() => judge.verify('287082', { time: 59, state: broken }),
        { name: 'KeyfobError', code: 'invalid-argument', argument: 'state' }, inspect(broken));
    }
  }
  assert.equal(totp.verify('287082', { time: 59, state: { lastStep: null, drift: 0 } }).valid, true);
  assert.equal(totp.verify('287082', { time: 59, state: null }).valid, true);
});

test('a secret leaves when it is exposed', () => {
  const secret = new Secret(BASE32);
  assert.equal(secret.exposeBase32(), BASE32);
  assert.deepEqual(Uint8Array.from(secret.exposeBytes()), RFC);
  assert.ok(secret.equals(RFC) && secret.equals(BASE32.toLowerCase()) && !secret.equals('GEZDGNBV'));
  assert.deepEqual([secret.bits, secret.isShort, new Secret('GEZDGNBV').isShort], [160, false, true]);
  assert.ok(new Secret(secret).equals(secret));
});

test('new secrets differ and are as long as asked', () => {
  assert.equal(generateSecret().bits, 160);
  assert.equal(generateSecret(256).bits, 2048);
  const all = new Set(Array.from({ length: 100 }, () => generateSecret(16).exposeBase32()));
  assert.equal(all.size, 100);
});

test('a number comes back for a number and a bigint for a bigint', () => {
  const totp = new TOTP({ secret: RFC });
  assert.equal(totp.verify('287082', { time: 59n }).step, 1n);
  assert.equal(totp.step(59), 1);
  assert.equal(totp.step(59n), 1n);
  assert.equal(new TOTP({ secret: RFC, epoch: 100 }).step(59), null);
  const hotp = new HOTP({ secret: RFC });
  assert.deepEqual(hotp.verify('287082', 0), {
    valid: true, outcome: 'accepted', delta: 1, nextCounter: 2,
  });
  assert.equal(hotp.verify('287082', 0n).nextCounter, 2n);
  const far = 2n ** 63n;
  assert.equal(hotp.verify(hotp.generate(far), far).nextCounter, far + 1n);
});

test('fractions of seconds are dropped, and without a time it is now', () => {
  const totp = new TOTP({ secret: RFC });
  assert.equal(totp.generate(59.999), totp.generate(59));
  assert.equal(totp.verify(totp.generate()).valid, true);
  assert.equal(generate({ secret: RFC, time: 59 }), '287082');
  assert.equal(verify({ secret: BASE32, code: '287082', time: 59 }).valid, true);
  assert.ok(totp.remaining() >= 1 && totp.remaining() <= 30);
});

test('what is written as a URI is read again', () => {
  const uri = keyuri({
    type: 'hotp', secret: BASE32, account: 'alice@example.com', issuer: 'Ä & Co', counter: 2n ** 60n,
    parameters: [['image', 'https://example.com/i.png']],
  });
  const read = parseUri(uri);
  assert.equal(read.counter, 2n ** 60n);
  assert.equal(read.issuer, 'Ä & Co');
  assert.deepEqual(read.parameters, [['image', 'https://example.com/i.png']]);
  assert.deepEqual(read.warnings, []);
  assert.equal(read.toUri(), uri);
  assert.equal(read.generator().generate(0), new HOTP({ secret: RFC }).generate(0));
  const apps = new Enrolment({ secret: BASE32, account: 'a', algorithm: 'SHA-256' }).compatibility();
  assert.ok(apps.some(({ app, code }) => app && code === 'algorithm-ignored'));
});

test('accounts go through an export whole', () => {
  const given = Array.from({ length: 12 }, (_, place) =>
    new Enrolment({ secret: generateSecret(), account: `user ${place}`, issuer: 'Acme' }));
  const uris = exportMigration(given, 7);
  const read = uris.map(importMigration);
  assert.deepEqual(read.map(({ batchIndex, batchSize, batchId }) => [batchIndex, batchSize, batchId]),
    [[0, 2, 7], [1, 2, 7]]);
  assert.deepEqual(read.flatMap(({ entries }) => entries.map((entry) => entry.toUri())),
    given.map((entry) => entry.toUri()));
});

test('QR codes are drawn as SVG, PNG and text', () => {
  const enrolment = new Enrolment({ secret: RFC, account: 'alice' });
  const svg = qrSvg(enrolment, { title: 'Scan & go', pixels: 200 });
  assert.match(svg, /^<svg [^>]*width="200"/);
  assert.match(svg, /<title>Scan &amp; go<\/title>/);
  assert.ok(!svg.includes(BASE32));
  const png = qrPng(enrolment);
  assert.deepEqual([...png.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10]);
  assert.ok(qrPng(enrolment, { scale: 2 }).length < png.length);
  assert.ok(qrText(enrolment.toUri(), { errorCorrection: 'high' }).includes('▀'));
});

test('random codes and recovery codes', () => {
  const policy = new CodePolicy({ length: 8, alphabet: 'unambiguous' });
  assert.match(policy.generate(), /^[2-9BCDFGHJKMNPQRTVWXY]{8}$/);
  assert.equal(policy.normalise('bcdf2345'), 'BCDF2345');
  const { codes, set } = RecoverySet.generate();
  assert.equal(new Set(codes).size, 10);
  assert.deepEqual(set.redeem(codes[3].toLowerCase().replaceAll('-', ' ')), {
    valid: true, outcome: 'accepted', remaining: 9,
  });
  const stored = JSON.parse(JSON.stringify(set));
  const again = new RecoverySet(stored);
  assert.equal(again.redeem(codes[3]).outcome, 'replayed');
  assert.equal(again.redeem(codes[4]).outcome, 'accepted');
  assert.ok(!JSON.stringify(stored).includes(codes[0]));
  assert.deepEqual(segments('a'.repeat(161)), { encoding: 'gsm-7', units: 161, count: 2 });
});

// ------------------------------------------------------------------------------ the service

const KEYS = { root: new Uint8Array(32).fill(1), sealing: [{ id: 1, key: new Uint8Array(32).fill(2) }] };

/** A service over a store that takes its time, with what was sent. */
async function stage(given = {}) {
  const messages = [];
  const memory = new MemoryStorage();
  const late = (work) => async (...all) => {
    await new Promise((done) => setTimeout(done, Math.random() * 3));
    return work.call(memory, ...all);
  };
  const storage = { load: late(memory.load), swap: late(memory.swap), add: late(memory.add) };
  const delivery = { sms: async (message) => void messages.push(message), email: async (message) => {
    messages.push(message);
    return 'queued';
  } };
  const service = new Service({ keys: KEYS, storage, delivery, ...given });
  const domain = await service.createDomain({ name: 'Example Bank' });
  return { service, domain, messages, memory, storage };
}

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
    { code: 'invalid-key', argument: 'keys' });
  assert.throws(() => new Service({ keys: { ...KEYS, root: new Uint8Array(31) }, storage: new MemoryStorage() }),
    { code: 'invalid-key', argument: 'keys' });
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
  await refused(service.createDomain({ simSwap: { onSwapped: 'ask' } }), 'invalid-sim-swap-action', 'onSwapped');
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
    [{ send: {} }, 'send'], [{ sends: { perAcountAndDay: 50 } }, 'perAcountAndDay'],
    [{ sends: { perRecipient: [{ seconds: 60, message: 1 }] } }, 'message'],
    [{ attempts: { perblock: 3 } }, 'perblock'], [{ traffic: { breaker: { send: 1 } } }, 'send'],
    [{ traffic: { unverified: { perCountry: 1 } } }, 'perCountry'], [{ traffic: { prices: { '+44': 5 } } }, '+44'],
    [{ simSwap: { prefix: ['+44'] } }, 'prefix'], [{ attempts: 5 }, 'attempts'],
    [{ traffic: { denied: 'GB' } }, 'denied'], [{ traffic: { denied: [44] } }, 'denied'],
    [{ traffic: { prices: { places: { GB: '5' } } } }, 'prices'], [{ issuer: 5 }, 'issuer'],
    [{ defaultLifetime: '300' }, 'defaultLifetime'], [{ defaultLifetime: 2.5 }, 'defaultLifetime'],
    [{ sends: { perRecipient: {} } }, 'perRecipient'], [{ traffic: { costPerDay: NaN } }, 'costPerDay'],
    [{ traffic: { costPerDay: '9' } }, 'costPerDay'],
  ]) {
    await refused(() => stage({ policy }), argument);
  }
  await refused(() => stage({ policy: { window: [1, 1, 1] } }), 'window', 'invalid-window');
  await refused(() => stage({ policy: { attempts: { perBlock: 2.5 } } }), 'perBlock');
  await refused(() => stage({ policy: new Map([['sends', { perAccountAndDay: 5 }]]) }), 'policy');
  await refused(() => stage({ policy: { traffic: [] } }), 'traffic');
  await refused(() => service.send({ domain, channel: 'sms', to, context: new Map([['payee', 'Ann']]) }), 'context');
  await refused(() => stage({ polcy: {} }), 'polcy');
  await refused(() => stage({ delivery: { sms: 'https://example.com' } }), 'delivery');
  await refused(() => stage({ clock: 5 }), 'clock');
  await refused(() => stage({ keys: { ...KEYS, seal: [] } }), 'seal');
  await refused(() => stage({ account: 'me' }), 'account', 'invalid-account');
  await refused(async () => service.forAccount('me'), 'account', 'invalid-account');
  await refused(() => service.createDomain({ fallback: 60 }), 'fallback');
  await refused(() => service.createDomain({ simSwap: { maxAge: 3 } }), 'maxAge');
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
  await refused(() => service.send({ domain, channel: 'sms', to, lenght: 8 }), 'lenght');
  await refused(() => service.send({ domain, channel: 'sms', to, length: '8' }), 'length', 'invalid-code-length');
  await refused(() => service.send({ domain, channel: 'sms', to, expiry: '60' }), 'expiry');
  await refused(() => service.send({ domain, channel: 'sms', to, expiry: 60.5 }), 'expiry');
  await refused(() => service.send({ domain, channel: 'sms', to, context: { payee: 5 } }), 'context');
  await refused(() => service.send({ domain, channel: 'sms', to: { phone: to } }), 'email');
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
        perDomainAndDay: 50, perClientAndDay: 50, perCountryAndDay: null, perPrefixAndDay: 50, costPerDay: 500,
        prices: { default: 2, places: { GB: 5 } },
        unverified: { perCountryAndDay: 9, perCountryAndHour: 9, perClientAndDay: 9, share: 10, countriesPerClientAndDay: 2 },
        breaker: { sends: 9, verified: 10 }, allowed: ['GB', '+44'], denied: ['+4479'], premium: ['+4470'],
      },
      simSwap: { prefixes: ['+44'], cache: 60 }, retentionHours: 2, window: [1, 0], defaultLifetime: 60,
      enrolmentLifetime: 3600, issuer: 'Example',
    },
  });
  const whole = await service.createDomain({ name: 'Whole', fallbackAfter: 30, simSwap: { maxAgeHours: 48, onSwapped: 'flag', onUnknown: 'flag' } });
  assert.deepEqual((await service.viewDomain(whole)).simSwap, { maxAgeHours: 48, onSwapped: 'flag', onUnknown: 'flag' });
  const sent = await service.send({
    domain, channel: ['sms', 'email'], to: { phone: '+447700900121', email: 'ann@example.com' }, message: '{{code}} pays {{payee}}',
    language: 'fr', length: 8, alphabet: 'letters', expiry: 90, context: { payee: 'Ann' }, ending: { originBound: 'example.com' },
    simSwap: { maxAgeHours: 24 }, fallbackAfter: 20, client: '192.0.2.1',
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
  await assert.rejects(stage({ policy: { traffic: { denied: ['Mars'] } } }), { code: 'invalid-place', argument: 'denied' });
  await assert.rejects(stage({ policy: { simSwap: { prefixes: ['44'] } } }), { code: 'invalid-prefix', argument: 'prefixes' });
  await assert.rejects(stage({ policy: { attempts: { perBlock: 0 } } }), { code: 'invalid-attempts', argument: 'attempts' });
  await assert.rejects(stage({ policy: { retentionHours: 25 } }), { code: 'invalid-retention', argument: 'retentionHours' });
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
  await assert.rejects(flood({ traffic: { unverified: { share: 101 } } }), { code: 'invalid-percent', argument: 'share' });
  await assert.rejects(flood({ traffic: { breaker: { verified: 101 } } }), { code: 'invalid-percent', argument: 'verified' });
  await assert.rejects(flood({ traffic: { prices: { places: { Mars: 1 } } } }), { code: 'invalid-place', argument: 'prices' });
  await assert.rejects(flood({ traffic: { perDomainAndDay: -1 } }), { code: 'invalid-argument', argument: 'perDomainAndDay' });
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
