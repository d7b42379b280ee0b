// Compiled and never run: the types say what the documentation says.

import { DatabaseSync } from 'node:sqlite';

import { HOTP, KeyfobError, Secret, Service, TOTP, parseUri, qrPng, verify } from '@keyfob/node';
import type { Storage, TotpState, Way } from '@keyfob/node';
import { HOTP as AuthHOTP, Secret as AuthSecret, TOTP as AuthTOTP, URI } from '@keyfob/node/otpauth';
import otplib, { authenticator, hotp, totp as otplibTotp } from '@keyfob/node/otplib';
import { SqliteStorage } from '@keyfob/node/sqlite';

const totp = new TOTP({ secret: Secret.generate(), digits: 8, window: [1, 0] });
const state: TotpState | null = totp.verify('1', { time: 59 }).state;
const step: bigint | null = totp.verify('1', { time: 59n }).step;
const next: bigint | null = new HOTP({ secret: 'MY' }).verify('1', 5n).nextCounter;
const valid: boolean = verify({ secret: new Uint8Array(20), code: '1' }).valid;
const bytes: Uint8Array = qrPng(parseUri('otpauth://totp/a?secret=MY'));
const storage: Storage = new SqliteStorage(new DatabaseSync('codes.db'));
const service = new Service({
  keys: { root: bytes, sealing: [{ id: 1, key: bytes }] }, storage, delivery: { sms: async ({ text }) => void text },
  policy: { sends: { perAccountAndDay: null }, traffic: { breaker: null } },
});
const left: number | null = (await service.verify('', '')).attemptsLeft;
const way: Way = await service.fallBack('', '', 'sms');
const why: KeyfobError | null = way.reason;

authenticator.options = { window: [1, 0], step: 60 };
const delta: number | null = authenticator.checkDelta('123456', authenticator.generateSecret());
const token: string = hotp.generate('secret', 1) + otplibTotp.generate('secret') + otplib.authenticator.keyuri('a', 'b', 'c');
const validated: number | null = new AuthTOTP({ secret: new AuthSecret({ size: 20 }) }).validate({ token, window: 1 });
const parsed: AuthTOTP | AuthHOTP = URI.parse('otpauth://totp/a?secret=MY');

// @ts-expect-error: seven digits and eight there are, and no nine
new TOTP({ secret: 'MY', digits: 9 });
// @ts-expect-error: what comes back for a number is no bigint
const wrong: bigint | null = totp.verify('1', { time: 59 }).step;
// @ts-expect-error: a code is a text
totp.verify(123456);

export { state, step, next, valid, left, why, delta, token, validated, parsed, wrong };
