// What the JavaScript packages promise beside the vectors, both of them: codes, secrets, enrolments, drawings.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import keyfob from './package.mjs';
import { BASE32, NONSENSE, RFC } from './stage.mjs';

const {
  CodePolicy, Enrolment, HOTP, RecoverySet, Secret, Steam, TOTP,
  exportMigration, generate, generateSecret, importMigration, keyuri, normaliseRecoveryCode, parseUri, qrPng, qrSvg,
  qrText, segments, verify,
} = keyfob;

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
