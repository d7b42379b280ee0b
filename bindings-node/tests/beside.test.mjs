// The drop-in modules beside the packages whose place they take: the same answers to the same
// questions, many of them drawn by chance. The seed of a failure is in its message.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as ourOtpauth from '@keyfob/node/otpauth';
import ourOtplib from '@keyfob/node/otplib';
import * as theirOtpauth from 'otpauth';
import theirOtplib from 'otplib12';

const ROUNDS = 400;

test("otplib's codes, answers and URIs, whatever the key's length, the digits and the window", () => {
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const pick = picker(seed);
    const options = {
      algorithm: pick(['sha1', 'sha256', 'sha512']), digits: pick([6, 7, 8]), step: pick([30, 60, 15]),
      window: pick([0, 1, 2, [2, 0], [0, 3]]), epoch: pick.number(4e12),
    };
    const ascii = Array.from({ length: 1 + pick.number(70) }, () => pick([...'0aZ ~x'])).join('');
    const base32 = Array.from({ length: 8 * (1 + pick.number(13)) }, () => pick([...'ABCDXYZ234567'])).join('');
    const away = (pick.number(9) - 4) * options.step * 1000;
    same(seed, [theirOtplib, ourOtplib].map(({ totp, hotp, authenticator }) => {
      const found = [];
      for (const [otp, secret] of [[totp.clone(), ascii], [authenticator.clone(), base32]]) {
        otp.options = options;
        const token = otp.generate(secret);
        found.push(token, otp.keyuri('a@b', 'An issuer', secret), otp.timeUsed(), otp.timeRemaining());
        otp.options = { epoch: options.epoch + away };
        found.push(otp.check(token, secret), otp.checkDelta(token, secret), otp.checkDelta('000000', secret));
      }
      const counted = hotp.clone();
      counted.options = { algorithm: options.algorithm, digits: options.digits };
      const counter = pick.number(1e9, seed);
      found.push(counted.generate(ascii, counter), counted.keyuri('a', 'b', ascii, counter));
      found.push(counted.check(counted.generate(ascii, counter), ascii, counter + 1));
      return found;
    }));
  }
});

test("otplib's base32 of a secret that is not ASCII, for who makes it anew at each login", () => {
  for (const secret of ['', '00', 'ff00', 'deadbeefcafe', '3132333435363738393031323334353637383930']) {
    const found = [theirOtplib, ourOtplib].map(({ authenticator }) => {
      const encoded = authenticator.encode(secret);
      return [encoded, authenticator.decode(encoded)];
    });
    same(secret, found);
  }
});

test("otplib's answer to what is no token is false, whatever its type", () => {
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  for (const token of ['', ' 12345', '123456\n', 'abcdef', '1234567', null, undefined, NaN, {}, [], 123456]) {
    same(String(token), [theirOtplib, ourOtplib].map(({ authenticator, totp }) =>
      [authenticator.check(token, secret), totp.check(token, secret)]));
  }
});

test("otpauth's codes, deltas and URIs", () => {
  for (let seed = 1; seed <= ROUNDS; seed += 1) {
    const pick = picker(seed);
    const options = {
      issuer: pick(['', 'An Issuer', 'a:b']), label: pick(['a', 'a@b.example', 'é ü']),
      algorithm: pick(['SHA1', 'sha-256', 'SHA512']), digits: pick([6, 7, 8, 5, 10]),
    };
    const period = pick([30, 60, 15]);
    const bytes = Uint8Array.from({ length: 1 + pick.number(70) }, () => pick.number(256));
    const [timestamp, counter] = [pick.number(4e12), pick.number(1e12)];
    const [away, window] = [pick.number(7) - 3, pick.number(4)];
    same(seed, [theirOtpauth, ourOtpauth].map(({ HOTP, Secret, TOTP, URI }) => {
      const secret = new Secret({ buffer: bytes.buffer });
      const totp = new TOTP({ ...options, period, secret });
      const hotp = new HOTP({ ...options, counter, secret });
      const token = totp.generate({ timestamp });
      return [
        token, totp.toString(), totp.counter({ timestamp }), totp.remaining({ timestamp }),
        totp.validate({ token, timestamp: timestamp + away * period * 1000, window }),
        hotp.toString(), hotp.validate({ token: hotp.generate({ counter }), counter: counter + away, window }),
        URI.parse(totp.toString()).toString(), secret.base32, secret.hex, secret.latin1, secret.utf8,
      ];
    }));
  }
});

test("what is no string is no token of otpauth's, whatever it is as text", () => {
  for (const digits of [1, 6]) {
    const totp = new ourOtpauth.TOTP({ secret: 'GEZDGNBVGY3TQOJQ', digits });
    const theirs = new theirOtpauth.TOTP({ secret: 'GEZDGNBVGY3TQOJQ', digits });
    const code = totp.generate({ timestamp: 59_000 });
    const alike = Object.assign(() => {}, { toString: () => code });
    Object.defineProperty(alike, 'length', { value: digits });
    for (const token of [[code], [...code], { length: digits, toString: () => code }, new String(code), alike]) {
      assert.equal(totp.validate({ token, timestamp: 59_000 }), null, `${digits}: ${typeof token}`);
    }
    for (const token of [123456, {}, [], '1234567', 'x'.repeat(digits)]) {
      same(digits, [theirs, totp].map((one) => one.validate({ token, timestamp: 59_000 })));
    }
    assert.equal(totp.validate({ token: code, timestamp: 59_000 }), 0);
  }
});

function same(seed, [theirs, ours]) {
  assert.deepEqual(ours, theirs, `of ${seed}: ours ${JSON.stringify(ours)}, theirs ${JSON.stringify(theirs)}`);
}

/** Choices that a seed decides: the same for both of a pair. */
function picker(seed) {
  let state = seed;
  const number = (below, from = undefined) => {
    state = (Math.imul(from ?? state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Object.assign((all) => all[number(all.length)], { number });
}
