// `node benches/js/verify.mjs NODE_MODULES PACKAGE`: one verification with a window of one step to
// each side, by keyfob and by the libraries people use, in turns within one run. The absolute
// figures are this machine's; the ratios are what counts.

import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, file] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(modules, 'bench.cjs'));
const keyfob = await import(pathToFileURL(file).href);
const otpauth = require('otpauth');
const otplib = require('otplib');

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const TIME = 1_800_000_015;
const ROUNDS = 15;
const LIMITS = { otpauth: 3, otplib: 10 };

const ours = new keyfob.TOTP({ secret: SECRET });
const theirs = new otpauth.TOTP({ secret: SECRET });
const code = ours.generate(TIME - 30); // of the step before, so that nobody finds it at once
const state = { lastStep: 1, drift: 0 };

const CONTENDERS = {
  'keyfob, state kept': () => ours.verify(code, { time: TIME, state }).valid,
  keyfob: () => ours.verify(code, { time: TIME }).valid,
  otpauth: () => theirs.validate({ token: code, timestamp: TIME * 1000, window: 1 }) !== null,
  otplib: () => otplib.verifySync({ secret: SECRET, token: code, epoch: TIME, epochTolerance: 30 }).valid,
  'keyfob, secret and all': () => keyfob.verify({ secret: SECRET, code, time: TIME }).valid,
};

for (const [name, verify] of Object.entries(CONTENDERS)) {
  if (verify() !== true) throw new Error(`${name} does not take the code`);
}
const counts = Object.fromEntries(Object.entries(CONTENDERS).map(([name, verify]) => [name, calibrate(verify)]));
const times = Object.fromEntries(Object.keys(CONTENDERS).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, verify] of Object.entries(CONTENDERS)) times[name].push(time(verify, counts[name]));
}
const medians = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
for (const [name, nanoseconds] of Object.entries(medians)) {
  console.log(`${name.padEnd(24)} ${(nanoseconds / 1000).toFixed(2).padStart(8)} µs`);
}
for (const [name, asked] of Object.entries(LIMITS)) {
  const ratio = medians[name] / medians.keyfob;
  const verdict = ratio >= asked ? 'ok' : 'MISSED';
  console.log(`= @keyfob/web against ${name}, verify ±1 | ${ratio.toFixed(1)} times | at least ${asked} | ${verdict}`);
}

/** How often to run it for some 20 ms. */
function calibrate(verify) {
  for (let count = 16; ; count *= 2) if (time(verify, count) * count > 20e6) return count;
}

/** Nanoseconds for one. */
function time(verify, count) {
  const began = process.hrtime.bigint();
  for (let done = 0; done < count; done += 1) verify();
  return Number(process.hrtime.bigint() - began) / count;
}

function median(values) {
  return values.sort((one, other) => one - other)[values.length >> 1];
}
