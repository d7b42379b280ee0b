// Compiled and never run: the types say what the documentation says.

import { HOTP, KeyfobError, Secret, Service, TOTP, parseUri, qrPng, verify } from '@keyfob/web';
import type { Storage, TotpState, Way } from '@keyfob/web';
import { Enrolment as SmallEnrolment, TOTP as Small, qrText } from '@keyfob/web/generator';
import { init } from '@keyfob/web/slim';

const totp = new TOTP({ secret: Secret.generate(), digits: 8, window: [1, 0] });
const state: TotpState | null = totp.verify('1', { time: 59 }).state;
const step: bigint | null = totp.verify('1', { time: 59n }).step;
const next: bigint | null = new HOTP({ secret: 'MY' }).verify('1', 5n).nextCounter;
const valid: boolean = verify({ secret: new Uint8Array(20), code: '1' }).valid;
const bytes: Uint8Array = qrPng(parseUri('otpauth://totp/a?secret=MY'));
declare const storage: Storage;
const service = new Service({
  keys: { root: bytes, sealing: [{ id: 1, key: bytes }] }, storage, delivery: { sms: async ({ text }) => void text },
});
const left: number | null = (await service.verify('', '')).attemptsLeft;
const created = await service.createUser('', '');
if (created.status === 'pending') created.ticket satisfies string;
else created.secret satisfies Secret;
try {
  await init({ module_or_path: new URL('https://example.com') });
} catch (error) {
  if (error instanceof KeyfobError) error.code satisfies string;
}
new Small({ secret: 'MY' }).generate() satisfies string;
qrText(new SmallEnrolment({ secret: 'MY', account: 'a' })) satisfies string;
// @ts-expect-error what judges apps is in the whole
new SmallEnrolment({ secret: 'MY', account: 'a' }).compatibility();
if ((await service.wanted('', '')) === 'yes') void 0;
const way: Way = await service.fallBack('', '', 'email');
way.reason?.code satisfies string | undefined;
// @ts-expect-error five digits are refused
new TOTP({ secret: '', digits: 5 });
// @ts-expect-error a number is no code
totp.verify(123456);
void [state, step, next, valid, left];
