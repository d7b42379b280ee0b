// What the documentation of the types says is what happens: every "5 if not given" and "1 to 10" of
// `index.d.ts` is read there and tried here. One that nothing tries fails.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';

import { comments } from './documented.mjs';
import keyfob from './package.mjs';
import { MemoryStorage } from './vectors.mjs';

const {
  CodePolicy, Enrolment, HOTP, KeyfobError, RecoverySet, Secret, Service, Steam, TOTP, qrPng, qrSvg, qrText,
} = keyfob;

const NOW = 1_800_000_000;
const secret = new TextEncoder().encode('12345678901234567890');
const KEYS = { root: new Uint8Array(32).fill(1), sealing: [{ id: 1, key: new Uint8Array(32).fill(2) }] };
const OPERATOR = () => 'not-swapped';
const ACCOUNT = '04040404-0404-4404-8404-040404040404';

/** A service, its clock and what it sends. */
async function stage({ policy, storage = new MemoryStorage(), settings = {}, ...given } = {}) {
  const stand = { now: NOW, sent: [] };
  const deliver = (message) => void stand.sent.push(message);
  const service = new Service({
    keys: KEYS, storage, delivery: { sms: deliver, email: deliver }, policy, clock: () => stand.now, simSwap: OPERATOR, ...given,
  });
  return Object.assign(stand, { service, domain: await service.createDomain(settings) });
}

const answer = (work) => work.then(() => 'ok', ({ code, limit, retryAt, until }) => [code, limit, retryAt, until]);
const settings = async (given) => {
  const { service, domain } = await stage({ settings: given });
  return (await service.viewDomain(domain)).simSwap;
};

/** What becomes of a device at which one wrong code after the other is tried, as soon as it may be. */
async function guessed(attempts) {
  const stand = await stage({ policy: { attempts } });
  await stand.service.createUser(stand.domain, 'ann', { returnSecret: true, secret });
  const wrong = () => (new TOTP({ secret }).verify('000000', { time: stand.now }).valid ? '111111' : '000000');
  const said = [];
  while (said.length < 400 && said.at(-1)?.outcome !== 'disabled') {
    const { outcome, until } = await stand.service.verifyTotp(stand.domain, 'ann', wrong());
    said.push({ outcome, rest: until && until - stand.now });
    stand.now = until ?? stand.now;
  }
  return said;
}

const ALL = { perClientAndDay: null, perPrefixAndDay: null, unverified: null, breaker: null };

/** Whether a message goes out when the store has counted so many, of those that this limit alone counts. */
function counted(limit, set) {
  return async (value) => {
    const said = [];
    for (const sum of [1, limit - 1, limit, limit + 1, 2 * limit]) {
      const storage = Object.assign(new MemoryStorage(), { add: () => sum });
      const policy = { sends: { perAccountAndDay: null }, traffic: { ...ALL } };
      set(policy, value);
      const { service, domain } = await stage({ policy, storage });
      said.push(await answer(service.send({ domain, channel: 'sms', to: '+447700900121', client: '192.0.2.1' })));
    }
    return said;
  };
}

/** What becomes of so many messages, each some seconds before the next, and verified or not. */
async function flooded(traffic, {
  messages = 26, seconds = () => 200, isVerified = () => false, to = (place) => `+4477009${10_000 + 7 * place}`, client,
}) {
  const sends = { perAccountAndDay: null };
  const stand = await stage({ policy: { sends, traffic: { ...ALL, ...traffic } } });
  const { service, domain } = stand;
  const said = [];
  for (let place = 1; place <= messages; place += 1) {
    const { otpId, code } = await service.send({ domain, channel: 'sms', to: to(place), client }).catch((error) => error);
    said.push(code);
    if (otpId && isVerified(place)) await service.verify(otpId, stand.sent.at(-1).code);
    stand.now += seconds(place);
  }
  return said;
}
const OPEN = { perCountryAndDay: 1e6, perCountryAndHour: 1e6, perClientAndDay: 1e6, countriesPerClientAndDay: 1e6, share: 100 };
const unverified = (name, how) => (value) => flooded({ unverified: { ...OPEN, [name]: value } }, how);
/** Whether another message goes to a range of numbers to which so many went, and so many codes came back. */
const stopped = async (breaker, sends, verified) => (await flooded({ breaker }, {
  messages: sends + 1, seconds: (place) => (place === sends ? 1200 : 0), isVerified: (place) => place <= verified,
  to: (place) => `+44770090${1000 + place}`,
})).at(-1);

const sending = (name) => async (value) => {
  const stand = await stage();
  const request = { domain: stand.domain, channel: ['sms', 'email'], to: { phone: '+447700900121', email: 'ann@example.com' } };
  const { expiresAt } = await stand.service.send({ ...request, [name]: value });
  return [expiresAt - stand.now, stand.sent[0].text.replace(/\d+/, (digits) => digits.length)];
};
const asked = async (simSwap, checked = {}) => {
  const questions = [];
  const { service } = await stage({ policy: { simSwap }, simSwap: (...given) => { questions.push(given); return 'not-swapped'; } });
  for (const phone of ['+447700900121', '+33612345678']) await service.checkSimSwap(phone, checked);
  return questions;
};
const at = (time) => new TOTP({ secret }).generate(time);
const deltas = (options) => {
  const totp = new TOTP({ secret, ...options });
  return Array.from({ length: 27 }, (_, place) => totp.verify(totp.atStep(1000 + place - 13), { time: 30_000 }).valid);
};
const generated = (parameters) => new TOTP({ secret, ...parameters }).generate(NOW + 17);
const ahead = (options) => {
  const hotp = new HOTP({ secret, ...options });
  return Array.from({ length: 105 }, (_, place) => hotp.verify(hotp.generate(place), 0).valid);
};
const found = (count) => {
  const hotp = new HOTP({ secret });
  return [99, 100, 101].map((place) => hotp.resynchronise(hotp.generate(place), hotp.generate(place + 1), 0, count).valid);
};
const enrolled = (options) => new Enrolment({ secret, account: 'ann', ...options }).toUri();

/**
 * By its path in the types: what is seen when it is given (`see`), a value of which something else is
 * seen (`other`), and `value` where the documentation has words for it.
 */
const SAID = {
  'Secret.generate': { see: (bytes) => Secret.generate(bytes).bits, other: 21 },
  'TotpParameters.algorithm': { see: (algorithm) => generated({ algorithm }), other: 'SHA256' },
  'TotpParameters.digits': { see: (digits) => generated({ digits }), other: 7 },
  'TotpParameters.period': { see: (period) => generated({ period }), other: 29 },
  'TotpOptions.window': { see: (window) => deltas({ window }), other: 2 },
  'TotpOptions.epoch': { see: (epoch) => generated({ epoch }), other: 30 },
  'TotpOptions.driftLimit': {
    see: (driftLimit) => new TOTP({ secret, driftLimit }).verify(at(120), { time: 60, state: { lastStep: null, drift: 1 } }).valid, other: 1,
  },
  'TotpJudging.time': { see: (time) => new TOTP({ secret, window: 0 }).verify(at(Date.now() / 1000), { time }).valid, other: 59 },
  'TOTP.generate': { see: at, other: 59 },
  'TOTP.step': { see: (time) => new TOTP({ secret }).step(time), other: 59 },
  'Steam.generate': { see: (time) => new Steam({ secret }).generate(time), other: 59 },
  'HotpOptions.lookAhead': { see: (lookAhead) => ahead({ lookAhead }), other: 11 },
  'HOTP.resynchronise': { see: found, other: 99 },
  'EnrolmentOptions.type': { see: (type) => enrolled({ type }), other: 'hotp' },
  'EnrolmentOptions.period': { see: (period) => enrolled({ period }), other: 29 },
  'EnrolmentOptions.counter': { see: (counter) => enrolled({ type: 'hotp', counter }), other: 1 },
  'QrOptions.errorCorrection': { see: (errorCorrection) => qrText('text'.repeat(20), { errorCorrection }), other: 'high' },
  'qrSvg.title': { see: (title) => qrSvg('text', { title }), other: 'Scan' },
  'qrSvg.pixels': { see: (pixels) => qrSvg('text', { pixels }) },
  qrPng: { see: (scale) => String(qrPng('text', { scale })), other: 7 },
  'CodePolicy.constructor': { see: (length) => new CodePolicy({ length, alphabet: 'alphanumeric' }).length, other: 7 },
  'RecoverySet.generate': { see: (count) => RecoverySet.generate(count).codes.length, other: 9 },
  'SimSwapPolicy.maxAgeHours': { see: (maxAgeHours) => settings({ simSwap: { maxAgeHours } }), other: 239 },
  'SimSwapPolicy.onSwapped': { see: (onSwapped) => settings({ simSwap: { onSwapped } }), other: 'flag' },
  'SimSwapPolicy.onUnknown': { see: (onUnknown) => settings({ simSwap: { onUnknown } }), other: 'flag' },
  'ServicePolicy.attempts.perBlock': { see: (perBlock) => guessed({ perBlock }), other: 4 },
  'ServicePolicy.attempts.firstBlock': { see: (firstBlock) => guessed({ firstBlock }), other: 31 },
  'ServicePolicy.attempts.longestBlock': { see: (longestBlock) => guessed({ longestBlock }), other: 3599 },
  'ServicePolicy.attempts.disableAfter': { see: (disableAfter) => guessed({ disableAfter }), other: 99 },
  'ServicePolicy.sends.perRecipient': {
    async see(perRecipient) {
      const stand = await stage({ policy: { sends: { perRecipient }, traffic: ALL } });
      const said = [];
      while (said.length < 14) {
        const { retryAt } = await stand.service.send({ domain: stand.domain, channel: 'sms', to: '+447700900121' }).catch((error) => error);
        if (retryAt === undefined) said.push(stand.now - NOW);
        else stand.now = retryAt;
      }
      return said;
    },
    value: [{ messages: 1, seconds: 30 }, { messages: 5, seconds: 600 }, { messages: 10, seconds: 86400 }],
    words: '1 in 30, 5 in 600 and 10 in 86400', other: [{ messages: 1, seconds: 30 }, { messages: 5, seconds: 600 }],
  },
  'ServicePolicy.sends.perAccountAndDay': {
    see: counted(10000, (policy, value) => { policy.sends.perAccountAndDay = value; }), other: 10001,
  },
  'ServicePolicy.traffic.perClientAndDay': {
    see: counted(1000, (policy, value) => { policy.traffic.perClientAndDay = value; }), other: 1001,
  },
  'ServicePolicy.traffic.perPrefixAndDay': {
    see: counted(1000, (policy, value) => { policy.traffic.perPrefixAndDay = value; }), other: 1001,
  },
  'ServicePolicy.traffic.prices.default': {
    see: (price) => flooded({ costPerDay: 5, prices: { default: price } }, {}), other: 1,
  },
  'ServicePolicy.traffic.unverified.perCountryAndDay': { see: unverified('perCountryAndDay', {}), other: 21 },
  'ServicePolicy.traffic.unverified.perCountryAndHour': { see: unverified('perCountryAndHour', {}), other: 11 },
  'ServicePolicy.traffic.unverified.perClientAndDay': { see: unverified('perClientAndDay', { client: '192.0.2.1' }), other: 11 },
  'ServicePolicy.traffic.unverified.countriesPerClientAndDay': {
    see: unverified('countriesPerClientAndDay', {
      messages: 6, client: '192.0.2.1', to: (place) => ['+447700900121', '+33612345678', '+4915123456789', '+34612345678', '+393123456789', '+351912345678'][place - 1],
    }), other: 4,
  },
  'ServicePolicy.traffic.unverified.share': {
    see: (share) => flooded({ unverified: { ...OPEN, perCountryAndDay: 2, share } }, {
      messages: 50, seconds: (place) => (place <= 24 ? 3600 : 60), isVerified: (place) => place <= 24,
    }),
    other: 10,
  },
  'ServicePolicy.traffic.breaker.sends': { see: (sends) => Promise.all([19, 20, 21].map((all) => stopped({ sends }, all, 0))), other: 21 },
  'ServicePolicy.traffic.breaker.verified': { see: (verified) => Promise.all([1, 2, 3, 4, 5].map((some) => stopped({ verified }, 20, some))), other: 10 },
  'ServicePolicy.simSwap.prefixes': { see: (prefixes) => asked({ prefixes }), value: ['+44'], words: '`+44`', other: ['+33'] },
  'ServicePolicy.simSwap.cache': {
    async see(cache) {
      const stand = await stage({ policy: { simSwap: { cache } } });
      const said = [];
      for (const later of [0, 599, 1, 1]) {
        stand.now += later;
        said.push((await stand.service.checkSimSwap('+447700900121')).source);
      }
      return said;
    },
    other: 601,
  },
  'ServicePolicy.retention.hours': {
    async see(hours) {
      const stand = await stage({ policy: { retention: { hours } } });
      const { otpId } = await stand.service.send({ domain: stand.domain, channel: 'sms', to: '+447700900121' });
      const said = [];
      for (const hour of [22, 23, 24, 25]) {
        stand.now = NOW + hour * 3600 - 1;
        said.push(await answer(stand.service.viewChallenge(otpId)));
      }
      return said;
    },
    other: 23,
  },
  'ServicePolicy.retention.accounts': { see: (hours) => stage({ policy: { retention: { accounts: { [ACCOUNT]: hours } } } }) },
  'ServicePolicy.window': {
    async see(window) {
      const stand = await stage({ policy: { window } });
      await stand.service.createUser(stand.domain, 'ann', { secret, returnSecret: true });
      const codes = [-3, -2, -1, 0, 1, 2].map((step) => at(stand.now + 30 * step));
      const said = [];
      for (const code of codes) said.push((await stand.service.verifyTotp(stand.domain, 'ann', code)).valid);
      return said;
    },
    other: 2,
  },
  'ServicePolicy.defaultLifetime': {
    async see(defaultLifetime) {
      const stand = await stage({ policy: { defaultLifetime } });
      return (await stand.service.send({ domain: stand.domain, channel: 'sms', to: '+447700900121' })).expiresAt;
    },
    other: 299,
  },
  'ServicePolicy.enrolmentLifetime': {
    async see(enrolmentLifetime) {
      const stand = await stage({ policy: { enrolmentLifetime } });
      return (await stand.service.createUser(stand.domain, 'ann')).expiresAt;
    },
    other: 86399,
  },
  'ServicePolicy.issuer': {
    async see(issuer) {
      const { service, domain } = await stage({ policy: { issuer } });
      return (await service.createUser(domain, 'ann', { returnSecret: true, secret })).uri;
    },
    other: 'Example',
  },
  'ServiceOptions.account': {
    async see(account) {
      const storage = new MemoryStorage();
      const { domain } = await stage({ storage });
      return answer(new Service({ keys: KEYS, storage, account }).viewDomain(domain));
    },
    value: '00000000-0000-0000-0000-000000000000', words: 'one of zeroes', other: ACCOUNT,
  },
  'ServiceOptions.clock': {
    async see(clock) {
      const { service, domain } = await stage({ clock });
      return Math.floor((await service.viewDomain(domain)).createdAt / 1000);
    },
    value: () => Date.now() / 1000, other: () => NOW - 1e6,
  },
  'DomainSettings.simSwap': { see: (simSwap) => settings({ simSwap }), value: null, words: 'not asked about', other: {} },
  'DomainSettings.fallbackAfter': { see: (fallbackAfter) => settings({ fallbackAfter }) },
  'EnrolmentRequest.accountName': {
    async see(accountName) {
      const { service, domain } = await stage();
      return (await service.createUser(domain, 'ann', { accountName, returnSecret: true, secret })).uri;
    },
    value: 'ann', words: "the user's id", other: 'Ann',
  },
  'SendRequest.message': { see: sending('message'), value: null, words: 'a plain one', other: 'Yours is {{code}}.' },
  'SendRequest.language': { see: sending('language'), value: 'en', words: 'English', other: 'fr' },
  'SendRequest.length': { see: sending('length'), other: 7 },
  'SendRequest.expiry': { see: sending('expiry'), value: 300, words: 'as the policy has it', other: 60 },
  'SendRequest.fallbackAfter': { see: sending('fallbackAfter') },
  'SendRequest.simSwap': {
    async see(simSwap) {
      const { service, domain } = await stage({ settings: { simSwap: { maxAgeHours: 48 } } });
      return (await service.send({ domain, channel: 'sms', to: '+447700900121', simSwap })).simSwap;
    },
    value: { maxAgeHours: 48 }, words: 'As the domain has it',
  },
  'Service.checkSimSwap': { see: (maxAgeHours) => asked({}, { maxAgeHours }), other: 239 },
  'Service.createUser': { see: (bytes) => users('é'.repeat(bytes / 2 | 0) + 'a'.repeat(bytes % 2)) },
};
const users = async (userId) => {
  const { service, domain } = await stage();
  return service.createUser(domain, userId);
};

/** What is said of nothing that can be given, or cannot be seen from outside. */
const UNSEEN = new Set(['Enrolment.digits', 'exportMigration', 'ServiceOptions.random']);

const claims = [...comments].filter(([, said]) => /if not given|\b\d+ to \d+\b/.test(said));

test('whatever the types say of a default or of a range is tried', () => {
  assert.ok(claims.length > 50, `${claims.length} found`);
  assert.deepEqual(claims.map(([path]) => path).filter((path) => !SAID[path] && !UNSEEN.has(path)), []);
  assert.deepEqual([...Object.keys(SAID), ...UNSEEN].filter((path) => !claims.some(([claimed]) => claimed === path)), []);
});

for (const [path, said] of claims.filter(([path]) => SAID[path])) {
  const { see, other, words, ...rest } = SAID[path];
  const [, before] = /([^.;:(]+?) if not given/.exec(said) ?? [];
  if (before !== undefined) {
    test(`${path}:${before} if not given`, async () => {
      const [plain] = /[^ ,(]+$|`[^`]+`$/.exec(/`[^`]+`$/.exec(before)?.[0] ?? before);
      const given = () => {
        if (plain === 'now') return Date.now() / 1000;
        if ('value' in rest) return rest.value;
        return /^\d+$/.test(plain) ? Number(plain) : plain.replaceAll('`', '');
      };
      if (words !== undefined) assert.ok(said.includes(words), said);
      let [seen, alike] = [await see(undefined), await see(given())];
      if (plain === 'now' && !isDeepStrictEqual(seen, alike)) [seen, alike] = [await see(undefined), await see(given())]; // a step began
      assert.deepEqual(alike, seen, 'as if it were given');
      if (other !== undefined) assert.notDeepEqual(await see(other), seen, 'and not as if another were');
    });
  }
  const [, least, most] = /\b(\d+) to (\d+)\b/.exec(said) ?? [];
  if (most !== undefined) {
    test(`${path}: ${least} to ${most}`, async () => {
      for (const value of [least, most]) await see(Number(value));
      for (const value of [least - 1, Number(most) + 1]) {
        await assert.rejects(async () => see(value), KeyfobError, String(value));
      }
    });
  }
}
