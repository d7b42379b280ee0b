// Compiled and never run: the further entries of `@keyfob/web`.

import { KeyfobError } from '@keyfob/web';
import { Enrolment, TOTP, qrText } from '@keyfob/web/generator';
import * as small from '@keyfob/web/generator/slim';
import { init, initSync } from '@keyfob/web/slim';

try {
  await init(new URL('https://example.com'));
  await small.init(fetch('https://example.com'));
  initSync(new Uint8Array());
} catch (error) {
  if (error instanceof KeyfobError) error.code satisfies string;
}
new TOTP({ secret: 'MY' }).generate() satisfies string;
new small.TOTP({ secret: 'MY' }).generate() satisfies string;
// @ts-expect-error reading the URIs of others is in the whole
small.parseUri('otpauth://totp/a?secret=MY');
qrText(new Enrolment({ secret: 'MY', account: 'a' })) satisfies string;
// @ts-expect-error what judges apps is in the whole
new Enrolment({ secret: 'MY', account: 'a' }).compatibility();
