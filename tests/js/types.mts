// Compiled against both packages and never run: the types say what the documentation says.

import { Enrolment, HOTP, KeyfobError, Secret, Service, TOTP, parseUri, qrPng, verify } from 'PACKAGE';
import type { CreatedUser, Delivery, Receipt, Storage, TotpState, Way } from 'PACKAGE';

const totp = new TOTP({ secret: Secret.generate(), digits: 8, window: [1, 0] });
totp.verify('1', { time: 59 }).state satisfies TotpState | null;
totp.verify('1', { time: 59n }).step satisfies bigint | null;
new HOTP({ secret: 'MY' }).verify('1', 5n).nextCounter satisfies bigint | null;
verify({ secret: new Uint8Array(20), code: '1' }).valid satisfies boolean;
const bytes: Uint8Array = qrPng(parseUri('otpauth://totp/a?secret=MY'));
new Enrolment({ secret: 'MY', account: 'a', counter: 1n }).toJSON().counter satisfies string | null;

declare const storage: Storage;
const delivery: Delivery = {
  sms: async ({ text }) => void text, voice: () => 'queued', email: async (): Promise<Receipt> => 'sent',
};
// @ts-expect-error what failed is thrown, and no answer
const failing: Delivery = { sms: () => 'failed' };
const service = new Service({
  keys: { root: bytes, sealing: [{ id: 1, key: bytes }] }, storage, delivery,
  policy: { sends: { perAccountAndDay: null }, traffic: { breaker: null } },
});
(await service.verify('', '')).attemptsLeft satisfies number | null;
const created: CreatedUser = await service.createUser('', '');
if (created.status === 'pending') created.ticket satisfies string;
else created.secret satisfies Secret;
if ((await service.wanted('', '')) === 'yes') void 0;
const way: Way = await service.fallBack('', '', 'email');
way.reason satisfies KeyfobError | null;

// @ts-expect-error a limit that is misspelt
new Service({ keys: { root: bytes, sealing: [] }, storage, policy: { sends: { perAcountAndDay: 5 } } });
// @ts-expect-error a wish is true or false
service.openEnrolment('', '', { revoke: 'true' });
// @ts-expect-error what an object was made of cannot be assigned
totp.digits = 6;
// @ts-expect-error seven digits and eight there are, and no five
new TOTP({ secret: '', digits: 5 });
// @ts-expect-error what comes back for a number is no bigint
totp.verify('1', { time: 59 }).step satisfies bigint | null;
// @ts-expect-error a code is a text
totp.verify(123456);
void failing;
