// What the documentation of the types says is thrown is thrown: every code after a `@throws` of
// `index.d.ts` is read there and raised here. One that nothing raises fails.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { comments } from './documented.mjs';
import keyfob from './package.mjs';
import { BASE32, KEYS, RFC, stage } from './stage.mjs';
import { MemoryStorage } from './vectors.mjs';

const {
  CodePolicy, Enrolment, HOTP, KeyfobError, RecoverySet, Secret, Service, Steam, TOTP,
  checkTemplate, composeMessage, contextBytes, exportMigration, importMigration, keyuri, parseRecipient, parseUri,
  qrPng, qrSvg, qrText,
} = keyfob;

const NOWHERE = '00000000-0000-4000-8000-000000000000';
const MESSAGE = '0'.repeat(32);
const [PHONE, NEIGHBOUR] = ['+447700900121', '+447700900122'];
const LONG = 'a'.repeat(3000);

/** What is thrown by `make` with each of these. */
const of = (make, given) =>
  Object.fromEntries(Object.entries(given).map(([code, value]) => [code, () => make(value)]));

const account = { secret: RFC, account: 'ann' };
/** The faults of an enrolment that is built. */
const BUILT = {
  'uri-account-empty': { ...account, account: '' }, 'uri-issuer-blank': { ...account, issuer: ' ' },
  'uri-control-character': { ...account, account: 'ann\n' }, 'uri-too-long': { ...account, account: 'a'.repeat(9000) },
  'uri-parameter-reserved': { ...account, parameters: [['secret', 'x']] },
};
const totp = (more, label = 'ann') => `otpauth://totp/${label}?secret=${BASE32}${more}`;
const migration = (rest) => `otpauth-migration://offline?data${rest}`;
const message = (more) => composeMessage({ template: '{{code}}', code: '123456', minutes: 5, ...more });

const policy = (policy) => new Service({ keys: KEYS, storage: new MemoryStorage(), policy });
/** Calls a method of a service, with what `given` makes of it. */
const at = (method, given, settings) => async () => {
  const stand = await stage(settings);
  return stand.service[method](...(await given(stand)));
};
const nobody = ({ domain }) => [domain, 'nobody'];
const nowhere = () => [NOWHERE, 'ann', '123456'];
const send = (request, settings) => at('send', ({ domain }) => [{ domain, channel: 'sms', to: PHONE, ...request }], settings);
/** A message to the neighbour after one that was sent, and whatever comes in between. */
const sendAgain = (settings, between = () => {}, to = NEIGHBOUR) => at('send', async (stand) => {
  const { otpId } = await stand.service.send({ domain: stand.domain, channel: 'sms', to: PHONE });
  await between(stand, otpId);
  return [{ domain: stand.domain, channel: 'sms', to }];
}, settings);
/** A method on a message that was sent, after what became of it. */
const onSent = (method, given, become = () => {}, request = {}) => at(method, async (stand) => {
  const { otpId } = await stand.service.send({ domain: stand.domain, channel: 'sms', to: PHONE, ...request });
  await become(stand, otpId);
  return [otpId, ...given(stand)];
});
const used = ({ service, messages }, otpId) => service.verify(otpId, messages[0].code);
const wrong = ({ service, messages }, otpId) => service.verify(otpId, messages[0].code === '000000' ? '111111' : '000000');

function stopped() {
  let now = 1_800_000_000;
  return sendAgain({ clock: () => now, policy: { traffic: { breaker: { sends: 1, verified: 50 } } } }, () => { now += 1200; });
}

/** By the path in the types and the code: what raises it. */
const RAISED = {
  'Secret.constructor': of((secret) => new Secret(secret), {
    'secret-empty': '', 'secret-character': 'AB1', 'secret-length': 'AAA', 'secret-trailing-bits': 'AB', 'secret-too-long': new Uint8Array(257),
  }),
  'Secret.generate': of(Secret.generate, { 'secret-too-short': 15, 'secret-too-long': 257 }),
  'TOTP.constructor': of((given) => new TOTP({ secret: RFC, ...given }), {
    'invalid-algorithm': { algorithm: 'MD5' }, 'invalid-digits': { digits: 10 }, 'invalid-period': { period: 0 }, 'invalid-window': { window: 11 },
  }),
  'HOTP.constructor': { 'invalid-window': () => new HOTP({ secret: RFC, lookAhead: 101 }) },
  'HOTP.resynchronise': { 'invalid-window': () => new HOTP({ secret: RFC }).resynchronise('1', '2', 0, 101) },
  'Steam.constructor': { 'invalid-window': () => new Steam({ secret: RFC, window: 11 }) },
  'Enrolment.constructor': of((given) => new Enrolment(given), BUILT),
  'Enrolment.generator': of((more) => parseUri(totp(more), { mode: 'lenient' }).generator(), {
    'invalid-digits': '&digits=10', 'invalid-period': '&period=300',
  }),
  parseUri: {
    ...of(parseUri, {
      'uri-scheme': 'http://example.com', 'uri-is-migration': migration('=x'), 'uri-type': `otpauth://motp/ann?secret=${BASE32}`,
      'uri-too-long': totp('', 'a'.repeat(9000)), 'uri-escape': totp('', '%zz'), 'uri-not-utf8': totp('', '%C3%28'),
      'uri-control-character': totp('', '%0A'), 'uri-fragment': totp('', 'ann#'), 'uri-secret-missing': 'otpauth://totp/ann',
      'uri-duplicate-parameter': totp(`&secret=${BASE32}`), 'uri-algorithm': totp('&algorithm=MD5'), 'uri-digits': totp('&digits=11'),
      'uri-period': totp('&period=0'), 'uri-counter': `otpauth://hotp/ann?secret=${BASE32}&counter=x`,
    }),
    'invalid-mode': () => parseUri(totp(''), { mode: 'lax' }),
  },
  keyuri: of(keyuri, BUILT),
  importMigration: of(importMigration, {
    'migration-scheme': totp(''), 'migration-too-long': migration(`=${'A'.repeat(20_000)}`), 'migration-data-missing': 'otpauth-migration://offline',
    'migration-duplicate-data': migration('=CgA%3D&data=CgA%3D'), 'migration-encoding': migration('=!'), 'migration-payload': migration('=AAAA'),
    'migration-empty': migration('='),
  }),
  exportMigration: of(exportMigration, {
    'migration-empty': [], 'migration-unrepresentable': [new Enrolment({ ...account, digits: 7 })],
  }),
  qrSvg: of(([text, options]) => qrSvg(text, options), {
    'qr-too-long': [LONG], 'qr-pixels': ['text', { pixels: 0 }], 'invalid-error-correction': ['text', { errorCorrection: 'best' }],
  }),
  qrPng: of(([text, options]) => qrPng(text, options), {
    'qr-too-long': [LONG], 'qr-scale': ['text', { scale: 33 }], 'invalid-error-correction': ['text', { errorCorrection: 'best' }],
  }),
  qrText: of(([text, options]) => qrText(text, options), {
    'qr-too-long': [LONG], 'invalid-error-correction': ['text', { errorCorrection: 'best' }],
  }),
  'CodePolicy.constructor': of((options) => new CodePolicy(options), {
    'invalid-code-length': { length: 3 }, 'invalid-alphabet': { alphabet: 'emoji' },
  }),
  'RecoverySet.generate': of(RecoverySet.generate, { 'invalid-recovery-count': 0 }),
  'RecoverySet.constructor': of((stored) => new RecoverySet(stored), { 'invalid-argument': { entries: [{ hash: 'ff', used: false }] } }),
  parseRecipient: of(([channel, to]) => parseRecipient(channel, to), {
    'phone-format': ['sms', '07700 900121'], 'phone-length': ['sms', '+44'], 'email-format': ['email', 'ann'],
    'email-length': ['email', `${LONG}@example.com`], 'unknown-channel': ['fax', PHONE],
  }),
  checkTemplate: of(checkTemplate, {
    'template-code-missing': 'Hello', 'template-unknown-placeholder': '{{code}} {{name}}', 'template-unclosed': '{{code',
    'template-code-not-apart': 'a{{code}}', 'template-character': '{{code}}\u0000', 'template-too-long': `{{code}} ${LONG}`,
  }),
  composeMessage: of(message, {
    'message-code': { code: '12 34' },
    'message-too-long': { template: `{{code}}${' {{payee}}'.repeat(90)}`, context: { payee: 'a'.repeat(140) } },
    'message-too-long-for-app': { template: `{{code}} ${'a'.repeat(200)}`, ending: { androidAppHash: 'FA+9qCX9VSu' } },
    'amount-not-shown': { context: { amount: '5 EUR' } }, 'payee-not-shown': { context: { payee: 'Ann' } },
    'amount-unknown': { template: '{{code}} {{amount}}' }, 'payee-unknown': { template: '{{code}} {{payee}}' },
    'invalid-host': { ending: { originBound: 'https://example.com' } }, 'invalid-app-hash': { ending: { androidAppHash: 'short' } },
  }),
  contextBytes: of(contextBytes, {
    'context-empty': {}, 'context-too-many-fields': Object.fromEntries(Array.from({ length: 17 }, (_, place) => [`a${place}`, 'b'])),
    'context-name': { Payee: 'Ann' }, 'context-blank': { payee: ' ' }, 'context-too-long': { payee: LONG }, 'context-character': { payee: 'Ann\n' },
    'context-link': { payee: 'https://example.com' },
  }),
  'Service.constructor': {
    'invalid-key': () => new Service({ keys: { ...KEYS, root: RFC }, storage: new MemoryStorage() }),
    'duplicate-sealing-key': () =>
      new Service({ keys: { ...KEYS, sealing: [...KEYS.sealing, ...KEYS.sealing] }, storage: new MemoryStorage() }),
    'invalid-account': () => new Service({ keys: KEYS, storage: new MemoryStorage(), account: 'me' }),
    ...of(policy, {
      'invalid-attempts': { attempts: { perBlock: 0 } }, 'invalid-send-window': { sends: { perRecipient: [{ seconds: 0, messages: 1 }] } },
      'invalid-percent': { traffic: { breaker: { verified: 101 } } }, 'invalid-place': { traffic: { denied: ['Mars'] } },
      'invalid-prefix': { simSwap: { prefixes: ['44'] } }, 'invalid-retention': { retention: { hours: 25 } }, 'invalid-window': { window: 11 },
      'invalid-expiry': { defaultLifetime: 5 }, 'invalid-enrolment-lifetime': { enrolmentLifetime: 0 },
    }),
  },
  'Service.forAccount': { 'invalid-account': at('forAccount', () => ['me']) },
  'Service.createDomain': {
    'invalid-name': at('createDomain', () => [{ name: 'a'.repeat(65) }]),
    'invalid-fallback-after': at('createDomain', () => [{ fallbackAfter: 5 }]),
    'invalid-max-age': at('createDomain', () => [{ simSwap: { maxAgeHours: 0 } }]),
    'invalid-sim-swap-action': at('createDomain', () => [{ simSwap: { onSwapped: 'ask' } }]),
  },
  'Service.changeDomain': { 'domain-not-found': at('changeDomain', () => [NOWHERE, {}]) },
  'Service.viewDomain': { 'domain-not-found': at('viewDomain', nowhere) },
  'Service.createUser': {
    'user-exists': at('createUser', async ({ service, domain }) => {
      await service.createUser(domain, 'ann');
      return [domain, 'ann'];
    }),
    'domain-not-found': at('createUser', () => [NOWHERE, 'ann']),
    'secret-too-short': at('createUser', ({ domain }) => [domain, 'ann', { secret: 'GEZDGNBV' }]),
    'invalid-name': at('createUser', ({ domain }) => [domain, 'ann', { accountName: '' }]),
  },
  'Service.openEnrolment': { 'user-not-found': at('openEnrolment', nobody), 'domain-not-found': at('openEnrolment', () => [NOWHERE, 'ann']) },
  'Service.viewEnrolment': { 'enrolment-not-found': at('viewEnrolment', () => ['ticket']) },
  'Service.confirmEnrolment': { 'enrolment-not-found': at('confirmEnrolment', () => ['ticket', '123456']) },
  'Service.verifyTotp': {
    'user-not-found': at('verifyTotp', (stand) => [...nobody(stand), '123456']), 'domain-not-found': at('verifyTotp', nowhere),
  },
  'Service.viewUser': { 'user-not-found': at('viewUser', nobody), 'domain-not-found': at('viewUser', nowhere) },
  'Service.deleteUser': { 'user-not-found': at('deleteUser', nobody), 'domain-not-found': at('deleteUser', nowhere) },
  'Service.eraseUser': { 'domain-not-found': at('eraseUser', nowhere) },
  'Service.send': {
    'domain-not-found': send({ domain: NOWHERE }),
    'send-limit': sendAgain({}, undefined, PHONE),
    'unverified-sends': sendAgain({ policy: { traffic: { unverified: { perCountryAndDay: 1, share: 0 } } } }),
    'prefix-stopped': stopped(),
    'recipient-blocked': sendAgain({ policy: { attempts: { perBlock: 1, firstBlock: 600 } } }, wrong, PHONE),
    'destination-not-allowed': send({}, { policy: { traffic: { denied: ['GB'] } } }),
    'premium-number': send({ destination: { region: 'GB', premium: true } }),
    'sim-swapped': send({ simSwap: {} }, { simSwap: () => 'swapped' }),
    'sim-swap-unknown': send({ simSwap: {} }, { simSwap: () => 'unknown' }),
    'sim-swap-not-configured': send({ simSwap: {} }),
    'channel-not-configured': send({ channel: 'voice' }),
    'invalid-channel': send({ channel: [] }),
    'fallback-without-channel': send({ fallbackAfter: 60 }),
    'invalid-fallback-after': send({ fallbackAfter: 5 }),
    'invalid-code-length': send({ length: 3 }),
    'invalid-alphabet': send({ alphabet: 'emoji' }),
    'invalid-expiry': send({ expiry: 5 }),
    'invalid-language': send({ language: '?' }),
    'invalid-max-age': send({ simSwap: { maxAgeHours: 0 } }),
    'invalid-sim-swap-action': send({ simSwap: { onUnknown: 'ask' } }),
    'invalid-client-address': send({ client: 'localhost' }),
    'invalid-place': send({ destination: { region: 'Mars' } }),
  },
  'Service.resend': {
    'challenge-not-found': at('resend', () => [NOWHERE]), 'challenge-over': onSent('resend', () => [], used),
    'invalid-channel': onSent('resend', () => [{ channel: 'email' }]),
  },
  'Service.verify': {
    'challenge-not-found': at('verify', () => [NOWHERE, '123456']),
    'context-required': onSent('verify', () => ['123456'], undefined, { context: { order: '7' } }),
  },
  'Service.cancel': { 'challenge-not-found': at('cancel', () => [NOWHERE]), 'challenge-over': onSent('cancel', () => [], used) },
  'Service.viewChallenge': { 'challenge-not-found': at('viewChallenge', () => [NOWHERE]) },
  'Service.deliveryReport': {
    'challenge-not-found': at('deliveryReport', () => [NOWHERE, MESSAGE, 'sms', 'delivered']),
    'unknown-channel': at('deliveryReport', () => [NOWHERE, MESSAGE, 'fax', 'delivered']),
    'invalid-delivery-state': at('deliveryReport', () => [NOWHERE, MESSAGE, 'sms', 'lost']),
  },
  'Service.fallBack': {
    'challenge-not-found': at('fallBack', () => [NOWHERE, MESSAGE, 'email']),
    'invalid-channel': onSent('fallBack', ({ messages }) => [messages[0].messageId, 'voice']),
  },
  'Service.eraseRecipient': { 'domain-not-found': at('eraseRecipient', () => [NOWHERE, PHONE]) },
  'Service.checkSimSwap': {
    'sim-swap-not-configured': at('checkSimSwap', () => [PHONE]),
    'send-limit': at('checkSimSwap', () => [PHONE], { simSwap: () => 'unknown', policy: { sends: { perAccountAndDay: 0 } } }),
    'invalid-max-age': at('checkSimSwap', () => [PHONE, { maxAgeHours: 0 }]),
  },
};

/** What only a machine without random bytes throws. */
const UNSEEN = ['Secret.generate: entropy-unavailable', 'RecoverySet.generate: entropy-unavailable'];

const named = [...comments].flatMap(([path, said]) => {
  const thrown = said.split('@throws').slice(1).join();
  return [...thrown.matchAll(/`([a-z0-9]+(?:-[a-z0-9]+)+)`/g)].map(([, code]) => `${path}: ${code}`);
});

test('every code that the types name is raised, and no other', () => {
  const raised = Object.entries(RAISED).flatMap(([path, works]) => Object.keys(works).map((code) => `${path}: ${code}`));
  assert.ok(named.length > 100, `${named.length} found`);
  assert.deepEqual([...raised, ...UNSEEN].sort(), [...named].sort());
});

for (const [path, works] of Object.entries(RAISED)) {
  test(`${path} throws what its types name`, async () => {
    for (const [code, work] of Object.entries(works)) {
      await assert.rejects(async () => work(), (error) => error instanceof KeyfobError && error.code === code, code);
    }
  });
}
