// `node fuzz.mjs SECONDS`: feeds the module what no one should, each target for so many seconds.
// Whatever it is given, it answers or throws a KeyfobError; a trap or any other error fails.

import { readFileSync } from 'node:fs';

import * as keyfob from '@keyfob/web';
import { MemoryStorage } from './vectors.mjs';

const { KeyfobError, Service, TOTP } = keyfob;
const seconds = Number(process.argv[2] ?? 60);
const texts = JSON.parse(readFileSync(new URL('./texts.json', import.meta.url), 'utf8'));
let seed = Number(process.env.KEYFOB_FUZZ_SEED ?? Date.now() % 2 ** 31);
console.log(`seed ${seed}`);

/** Strings of the vectors, to begin with what is nearly right. */
const corpus = Object.values(texts).flatMap((text) => [...strings(JSON.parse(text))]);

const TARGETS = {
  secret: (text) => new keyfob.Secret(text).exposeBase32(),
  bytes: (text) => new keyfob.Secret(new TextEncoder().encode(text)).bits,
  uri(text) {
    const enrolment = keyfob.parseUri(text, { mode: 'lenient' });
    keyfob.parseUri(enrolment.toUri(), { mode: 'lenient' });
    enrolment.compatibility();
    if (enrolment.digits >= 6 && enrolment.digits <= 8) enrolment.generator().generate(number());
  },
  migration: (text) => keyfob.importMigration(text),
  keyuri: (text) => keyfob.parseUri(keyfob.keyuri({ secret: RFC, account: text, issuer: pick(corpus) })),
  code(text) {
    const totp = new TOTP({ secret: RFC, digits: 6 + (next() % 3), window: next() % 11, epoch: wide() });
    totp.verify(text, { time: wide(), state: { lastStep: wide(), drift: number() } });
    const hotp = new keyfob.HOTP({ secret: RFC, lookAhead: next() % 101 });
    hotp.verify(text, wide());
    hotp.resynchronise(text, pick(corpus), wide());
    new keyfob.Steam({ secret: RFC }).verify(text, { time: wide() });
  },
  options(text) {
    const value = () => pick([number(), text, wide(), null, undefined, [], {}, true, NaN, -0, 1e308]);
    new TOTP({ secret: RFC, digits: value(), period: value(), window: value(), driftLimit: value() });
  },
  recovery(text) {
    keyfob.normaliseRecoveryCode(text);
    keyfob.RecoverySet.generate(1).set.redeem(text);
    new keyfob.CodePolicy({ length: 4 + (next() % 9), alphabet: 'alphanumeric' }).normalise(text);
  },
  qr: (text) => keyfob.qrPng(text.slice(0, 3000), { scale: 1 }).length + keyfob.qrSvg(text, { title: text }).length,
  message(text) {
    const context = { amount: pick(corpus), payee: text };
    keyfob.segments(text);
    keyfob.toSsml(text);
    attempt(() => keyfob.checkTemplate(text));
    attempt(() => keyfob.contextBytes(context));
    attempt(() => keyfob.composeSpeech({ template: text, code: '123456', minutes: number(), context }));
    keyfob.composeMessage({ template: `{{code}} ${text}`, code: pick(corpus), minutes: number() });
  },
  recipient: (text) => keyfob.parseRecipient(pick(['sms', 'voice', 'email']), text),
};

/** The service, with a store that answers with what others wrote, cut and turned. */
async function service() {
  const storage = new MemoryStorage();
  const { load } = storage;
  const broken = new MemoryStorage();
  broken.load = (key, now) => {
    const found = load.call(storage, key, now);
    if (found === null || next() % 4 !== 0) return found;
    const bytes = found.bytes.slice(0, next() % 3 === 0 ? next() % (found.bytes.length + 1) : undefined);
    if (bytes.length > 0) bytes[next() % bytes.length] ^= 1 << next() % 8;
    return { version: next() % 2 ? found.version : BigInt(next()), bytes };
  };
  broken.swap = (...all) => next() % 8 !== 0 && storage.swap(...all);
  broken.add = (...all) => (next() % 16 === 0 ? Number.MAX_SAFE_INTEGER : storage.add(...all));
  const key = new Uint8Array(32).fill(1);
  let time = 1_800_000_000;
  const keys = { root: key, sealing: [{ id: 1, key }] };
  const made = new Service({
    keys, storage: broken, delivery: { sms: () => 'queued', email() {} }, simSwap: () => 'unknown',
    clock: () => time,
  });
  const whole = new Service({ keys, storage });
  const domain = await whole.createDomain();
  const ids = [domain, '', 'x'];
  return async (text) => {
    time = pick([time, time + (next() % 600), wide(false)]);
    const calls = [
      () => made.createUser(pick(ids), text, { returnSecret: next() % 2 === 0, accountName: pick(corpus) }),
      () => made.verifyTotp(domain, text, pick(corpus)),
      async () => ids.push((await made.send({
        domain: pick(ids), channel: pick(['sms', 'email', ['sms', 'email'], text]),
        to: pick([text, '+447700900121', 'ann@example.com']), message: pick([undefined, `{{code}} ${text}`]),
        language: pick([undefined, 'de', text]), expiry: pick([undefined, number()]),
        context: pick([undefined, { amount: text }]), length: pick([undefined, number()]),
      })).otpId),
      () => made.verify(pick(ids), text), () => made.resend(pick(ids)), () => made.viewChallenge(pick(ids)),
      () => made.cancel(pick(ids)), () => made.viewEnrolment(text), () => made.viewUser(domain, text),
      () => made.checkSimSwap(text, { maxAgeHours: number() }), () => made.eraseRecipient(domain, text),
    ];
    if (ids.length > 50) ids.splice(3, 20);
    return pick(calls)();
  };
}

const RFC = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
let total = 0;
const parts = [];
for (const [name, target] of Object.entries({ ...TARGETS, service: await service() })) {
  const end = Date.now() + seconds * 1000;
  let runs = 0;
  while (Date.now() < end) {
    const text = mutate(pick(corpus));
    try {
      await target(text);
    } catch (error) {
      if (!(error instanceof KeyfobError)) {
        console.error(`${name} with ${JSON.stringify(text)}:`);
        throw error;
      }
    }
    runs += 1;
  }
  if (new TOTP({ secret: RFC }).generate(59) !== '287082') throw new Error(`${name} broke the module`);
  parts.push(`${name} ${runs}`);
  total += runs;
}
console.log(parts.join(', '));
console.log(`${Object.keys(TARGETS).length + 1} targets, ${seconds} s each, ${total} inputs`);

function attempt(work) {
  try {
    work();
  } catch (error) {
    if (!(error instanceof KeyfobError)) throw error;
  }
}

function mutate(text) {
  for (let times = next() % 4; times > 0; times -= 1) {
    const at = next() % (text.length + 1);
    const rest = text.slice(at + (next() % 3));
    const put = pick([
      '', '%', '%00', ':', '&', '=', '{{', '}}', '\u0000', '\ud83d', 'é', '\u202e', '😀', pick(corpus), text,
      String.fromCharCode(next() % 0xffff),
    ]);
    text = (text.slice(0, at) + put + rest).slice(0, 20_000);
  }
  return text;
}

function* strings(value) {
  if (typeof value === 'string') yield value;
  else if (value !== null && typeof value === 'object') for (const each of Object.values(value)) yield* strings(each);
}

function number() {
  return pick([0, 1, -1, 0.5, 6, 30, 255, 256, 1e9, 2 ** 32, 2 ** 53 - 1, 2 ** 53, NaN, Infinity, next()]);
}

function wide(bigints = true) {
  const whole = pick([0, 1, 59, 1_800_000_000, 2 ** 53 - 1, next()]);
  return bigints && next() % 3 === 0 ? pick([0n, (1n << 64n) - 1n, 1n << 63n, BigInt(whole)]) : whole;
}

function pick(values) {
  return values[next() % values.length];
}

/** xorshift, so that a seed repeats a run. */
function next() {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed >>> 0;
}
