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
  for (const driftLimit of [-1, 128, 200, 1e9, 0.5]) refused(() => new TOTP({ secret, driftLimit }), 'invalid-window', 'driftLimit');
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
  for (const given of [[{}], undefined, null, 5, {}]) refused(() => exportMigration(given), 'invalid-argument', 'enrolments');
  refused(() => qrSvg('a'.repeat(3000)), 'qr-too-long', 'text');
  refused(() => qrPng('a', { scale: 33 }), 'qr-scale', 'scale');
  refused(() => qrText('a', { errorCorrection: 'best' }), 'invalid-error-correction', 'errorCorrection');
  refused(() => new CodePolicy({ length: 3 }), 'invalid-code-length', 'length');
  refused(() => new CodePolicy({ alphabet: 'emoji' }), 'invalid-alphabet', 'alphabet');
  refused(() => new RecoverySet({ entries: [{ hash: 'ff', used: false }] }), 'invalid-argument', 'stored');
  for (const count of [0, -1, 128, 200, 1000]) refused(() => RecoverySet.generate(count), 'invalid-recovery-count', 'count');
  refused(() => parseRecipient('fax', '+447700900121'), 'unknown-channel', 'channel');
  refused(() => checkTemplate('none'), 'template-code-missing', 'template');
  refused(() => composeMessage({ code: '1' }), 'invalid-argument', 'template');
  for (const compose of [composeMessage, composeSpeech]) {
    refused(() => compose({ template: '{{code}}', code: '12 34', minutes: 5 }), 'message-code', 'code');
  }
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
  for (const pixels of [0, -1, 1.5, 2 ** 32, NaN, '64']) refused(() => qrSvg('a', { pixels }), 'qr-pixels', 'pixels');
  for (const window of [[], [1, 1, 1], [1, '1'], [undefined, 1]]) {
    refused(() => new TOTP({ secret, window }), 'invalid-window', 'window');
    refused(() => new Steam({ secret, window }), 'invalid-window', 'window');
  }
  for (const counter of [1.5, NaN, 2 ** 53, '1', null, -1n, 1n << 64n]) {
    refused(() => new HOTP({ secret }).generate(counter), 'invalid-argument', 'counter');
    refused(() => new HOTP({ secret }).verify('755224', counter), 'invalid-argument', 'counter');
  }
  refused(() => totp.atStep(1.5), 'invalid-argument', 'step');
  for (const batchId of ['1', 1.5, 2 ** 31, -0, null, 1n, Symbol('1')]) {
    refused(() => exportMigration([new Enrolment({ secret, account: 'a' })], batchId), 'invalid-argument', 'batchId');
  }
  refused(() => new Enrolment({ secret, account: 'a', parameters: [['image', 5]] }), 'invalid-argument', 'parameters');
  for (const parameters of [[5], 5, { image: 'a.png' }]) {
    refused(() => new Enrolment({ secret, account: 'a', parameters }), 'invalid-argument', 'parameters');
  }
});

test('an error says the same in both packages: the argument, and what is wanted of it', async () => {
  const said = (work, message) => assert.throws(work, { message });
  for (const Generator of [TOTP, HOTP, Steam]) {
    for (const alone of [BASE32, RFC, 5]) said(() => new Generator(alone), 'options must be an object such as { secret: … }');
    for (const lacking of [undefined, {}, new Secret(BASE32), { secret: null }]) said(() => new Generator(lacking), 'secret must be given, as in { secret: … }');
  }
  said(() => generate({ time: 59 }), 'secret must be given, as in { secret: … }');
  said(() => new Enrolment({ secret: RFC }), 'account must be given, as a string');
  said(() => parseUri(), 'uri must be given, as a string');
  said(() => qrSvg(), 'text must be given, as a string');
  said(() => parseRecipient('sms'), 'to must be given, as a string');
  said(() => composeMessage({ code: '1', minutes: 1 }), 'template must be given');
  said(() => exportMigration(), 'enrolments must be Enrolment objects');
  said(() => new CodePolicy(6), 'options must be an object such as { length, alphabet }');
  said(() => new Service(), 'keys must be given');
  said(() => new Service({ keys: 'key' }), 'keys must be an object with root, sealing');
  said(() => new TOTP({ secret: RFC, digits: 5 }), 'digits must be 6, 7 or 8');
  said(() => new TOTP({ secret: '' }), 'the secret is empty; give its base32 text or its bytes');
  said(() => new TOTP({ secret: RFC }).generate(-1), 'time must be in Unix seconds, a whole number from 0 to 2^53 - 1, or a bigint below 2^64');
  said(() => RecoverySet.generate(0), 'count: make 1 to 100 recovery codes');
  said(() => qrSvg('a', { pixels: 0 }), 'pixels: the width must be 1 to 65535 pixels');
  said(() => keyuri({ secret: RFC, account: 'a', type: 'motp' }), 'type must be totp, hotp or steam');
  said(() => composeMessage({ template: '{{code}}', code: '1', minutes: -1 }), 'minutes must be a whole number from 0 to 2^53 - 1');
  said(() => new Service({ keys: { ...KEYS, root: RFC }, storage: new MemoryStorage() }), /^keys\.root: /);
  const { service, domain } = await stage();
  await assert.rejects(service.createDomain({ simSwap: { maxAgeHours: 0 } }), { message: 'simSwap.maxAgeHours: use 1 to 2400 hours' });
  await assert.rejects(service.createUser(domain), { message: 'userId must be given, as a string' });
  await assert.rejects(service.createUser(domain, ''), { message: /^userId: / });
  await assert.rejects(service.send(), { message: 'domain must be given' });
  await assert.rejects(service.createDomain('Bank'), { message: 'options must be an object with name, simSwap, fallbackAfter' });
  await assert.rejects(service.send({ domain, channel: 'sms', to: '1' }), { message: /^to: / });
  await assert.rejects(service.viewUser(domain, 'nobody'), { message: 'the domain has no such user; create the user first' });
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

test('an option that is misspelt is refused: a replay would pass, or another code be right', () => {
  const totp = new TOTP({ secret: RFC });
  const { state } = totp.verify('287082', { time: 59 });
  const refused = (work, argument) => assert.throws(work, { code: 'invalid-argument', argument });
  refused(() => totp.verify('287082', state), 'lastStep');
  refused(() => totp.verify('287082', { timestamp: 59 }), 'timestamp');
  refused(() => totp.verify('287082', 59), 'options');
  refused(() => new Steam({ secret: RFC }).verify('287082', state), 'lastStep');
  refused(() => new TOTP({ secret: RFC, digit: 8 }), 'digit');
  refused(() => new TOTP({ secret: RFC, step: 60 }), 'step');
  refused(() => new HOTP({ secret: RFC, window: 1 }), 'window');
  refused(() => verify({ secret: RFC, token: '287082' }), 'token');
  refused(() => generate({ secret: RFC, at: 59 }), 'at');
  refused(() => new Enrolment({ secret: RFC, account: 'ann', label: 'ann' }), 'label');
  refused(() => new CodePolicy({ size: 8 }), 'size');
  refused(() => qrSvg('text', { scale: 8 }), 'scale');
});

test('what somebody put into every object is nobody\'s option', () => {
  const totp = new TOTP({ secret: RFC });
  const polluted = { time: 59, window: 10, digits: 8, state: { lastStep: null }, title: 'theirs' };
  try {
    Object.assign(Object.prototype, polluted);
    assert.equal(totp.verify('287082').valid, false);
    assert.equal(totp.verify('287082', {}).valid, false);
    assert.equal(totp.verify('287082', { time: 59, state: { lastStep: 1, drift: 0 } }).outcome, 'replayed');
    assert.equal(new TOTP({ secret: RFC }).verify('287082', { time: 150 }).valid, false);
    assert.equal(generate({ secret: RFC, time: 59 }), '287082');
    assert.equal(verify({ secret: RFC, code: '94287082', time: 59 }).valid, false);
    assert.doesNotMatch(qrSvg('text', {}), /theirs/);
    assert.throws(() => totp.verify('287082', { time: 59, state: {} }), { code: 'invalid-argument', argument: 'state' });
    Object.assign(Object.prototype, { lastStep: null, drift: 5 });
    assert.throws(() => totp.verify('287082', { time: 59, state: {} }), { code: 'invalid-argument', argument: 'state' });
    for (const name of ['lastStep', 'drift']) delete Object.prototype[name];
  } finally {
    for (const key of Object.keys(polluted)) delete Object.prototype[key];
  }
});

test('half a character is no text: two names would be one', () => {
  for (const account of ['ann\ud800', '\udfff']) {
    assert.throws(() => new Enrolment({ secret: RFC, account }), { code: 'invalid-argument', argument: 'account' });
  }
  assert.equal(new Enrolment({ secret: RFC, account: 'ann 😀' }).account, 'ann 😀');
});

test('half a character is no key of an object either', async () => {
  const { service, domain } = await stage();
  const { otpId } = await service.send({ domain, channel: 'sms', to: '+447700900121', context: { payee: 'Ann' } });
  const half = { name: 'KeyfobError', code: 'invalid-argument', message: /halves of characters/ };
  for (const key of ['payee\ud800', '\udfff']) {
    const context = { [key]: 'Ann' };
    const message = { template: '{{code}}', code: '123456', minutes: 5, context };
    for (const work of [() => contextBytes(context), () => composeMessage(message), () => composeSpeech(message)]) {
      assert.throws(work, { ...half, argument: 'context' });
    }
    await assert.rejects(service.send({ domain, channel: 'sms', to: '+447700900122', context }), { ...half, argument: 'context' });
    await assert.rejects(service.verify(otpId, '123456', { context }), { ...half, argument: 'context' });
    await assert.rejects(stage({ policy: { traffic: { prices: { places: { [key]: 1 } } } } }),
      { ...half, argument: 'policy.traffic.prices.places' });
    await assert.rejects(stage({ policy: { retention: { accounts: { [key]: 1 } } } }),
      { ...half, argument: 'policy.retention.accounts' });
  }
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
  const zero = '{"entries":[{"hash":"374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb","used":false}]}';
  assert.equal(JSON.stringify(new RecoverySet(JSON.parse(zero))), zero); // as every language writes it
  assert.ok(new RecoverySet(JSON.parse(zero)).redeem('0'.repeat(26)).valid);
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
  await refused(() => stage({ delivery: { sms: 'https://example.com' } }), 'delivery');
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
  await refused(() => service.send({ domain, channel: 'sms', to, context: { payee: 5 } }), 'context');
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

test('a clock that answers anything but a number of seconds is refused by name', async () => {
  const answers = [new Date(0), null, undefined, '5', 5n, NaN, Infinity, -1, true, [5], {}, Symbol('now'), Promise.resolve(5)];
  for (const answer of answers) {
    const service = new Service({ keys: KEYS, storage: new MemoryStorage(), clock: () => answer });
    await assert.rejects(service.createDomain(), { name: 'KeyfobError', code: 'invalid-argument', argument: 'clock' }, typeof answer);
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
