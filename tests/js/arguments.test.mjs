// What is no argument is refused by its name, and what is in every object is nobody's option.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';

import keyfob from './package.mjs';
import { BASE32, KEYS, RFC, stage } from './stage.mjs';
import { MemoryStorage } from './vectors.mjs';

const {
  CodePolicy, Enrolment, HOTP, KeyfobError, RecoverySet, Secret, Service, Steam, TOTP,
  checkTemplate, composeMessage, composeSpeech, contextBytes, exportMigration, generate, importMigration, keyuri,
  parseRecipient, parseUri, qrPng, qrSvg, qrText, verify,
} = keyfob;

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
  for (const bytes of ['20', 20.5, -1, NaN, {}]) refused(() => Secret.generate(bytes), 'invalid-argument', 'bytes');
  for (const [given, argument] of [
    [{ counter: 0 }, 'counter'], [{ type: 'steam', period: 30 }, 'period'], [{ type: 'hotp', period: 60 }, 'period'],
  ]) {
    refused(() => keyuri({ secret, account: 'ann', ...given }), 'invalid-argument', argument);
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
    refused(() => compose({ ...parts, minutes: 5, context: { payee: 5 } }), 'invalid-argument', 'context.payee');
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
