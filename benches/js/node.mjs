// One verification with a window of one step to each side, in @keyfob/node and in the libraries
// people use, all in this process and in turn: `node node.mjs NODE_MODULES PACKAGE`.
// Lines that begin with `= ` go into the table.

import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const [modules, folder] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(modules, 'bench.cjs'));
const { TOTP } = require(folder);
const ourOtpauth = require(join(folder, 'otpauth'));
const ourOtplib = require(join(folder, 'otplib'));
const theirOtpauth = require('otpauth');
const theirOtplib = require('otplib12');
const { verifySync } = require('otplib13');

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const TIME = 1_700_000_000;
const ROUNDS = 15;

/** Half of what is verified is right, as in life; the place in the window is that of now. */
const [right, wrong] = [new TOTP({ secret: SECRET }).generate(TIME), '000000'];

const keyfob = new TOTP({ secret: SECRET });
const SUBJECTS = {
  keyfob: (code) => keyfob.verify(code, { time: TIME }).valid,
  'keyfob/otpauth': inOtpauth(ourOtpauth),
  'otpauth 9.5': inOtpauth(theirOtpauth),
  'keyfob/otplib': inOtplib(ourOtplib),
  'otplib 12': inOtplib(theirOtplib),
  'otplib 13.5': (token) => verifySync({ secret: SECRET, token, epoch: TIME, epochTolerance: 30 }).valid,
};
const ASKED = [
  ['keyfob', 'otpauth 9.5', 8], ['keyfob', 'otplib 13.5', 30],
  ['keyfob/otpauth', 'otpauth 9.5', 8 * (2 / 3)], ['keyfob/otplib', 'otplib 13.5', 30 * (2 / 3)],
  ['keyfob/otplib', 'otplib 12', 1],
];

function inOtpauth({ Secret, TOTP }) {
  const totp = new TOTP({ secret: Secret.fromBase32(SECRET) });
  return (token) => totp.validate({ token, timestamp: TIME * 1000, window: 1 }) !== null;
}

function inOtplib({ authenticator }) {
  const instance = authenticator.clone();
  instance.options = { epoch: TIME * 1000, window: 1 };
  return (token) => instance.check(token, SECRET);
}

const counts = {};
const times = {};
for (const [name, verify] of Object.entries(SUBJECTS)) {
  if (verify(right) !== true || verify(wrong) !== false) throw new Error(`${name} answers wrongly`);
  counts[name] = calibrate(verify);
  times[name] = [];
}
for (let round = 0; round < ROUNDS; round += 1) {
  for (const [name, verify] of Object.entries(SUBJECTS)) times[name].push(time(verify, counts[name]));
}

const medians = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, median(all)]));
for (const [name, nanoseconds] of Object.entries(medians)) {
  console.log(`${name.padEnd(24)} ${(nanoseconds / 1000).toFixed(2).padStart(8)} µs`);
}
for (const [ours, theirs, asked] of ASKED) {
  const ratio = medians[theirs] / medians[ours];
  const verdict = ratio >= asked ? 'ok' : 'MISSED';
  const name = ours.replace('keyfob', '@keyfob/node');
  console.log(`= ${name} against ${theirs} | ${ratio.toFixed(1)} times | at least ${asked.toFixed(0)} | ${verdict}`);
}

/** How often to run it for some 20 ms; a pause of the machine is no measure of that. */
function calibrate(verify) {
  for (let count = 16; ; count *= 2) {
    const shortest = Math.min(...[1, 2, 3].map(() => time(verify, count) * count));
    if (shortest > 20e6) return count;
  }
}

/** Nanoseconds for one. */
function time(verify, count) {
  const began = process.hrtime.bigint();
  for (let done = 0; done < count; done += 2) {
    verify(right);
    verify(wrong);
  }
  return Number(process.hrtime.bigint() - began) / count;
}

function median(values) {
  return values.sort((one, other) => one - other)[values.length >> 1];
}
