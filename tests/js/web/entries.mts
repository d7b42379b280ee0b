// Compiled and never run: the further entries of `@keyfob/web`.

import { KeyfobError } from '@keyfob/web';
import { Enrolment, TOTP, qrText } from '@keyfob/web/generator';
import { init } from '@keyfob/web/slim';

try {
  await init({ module_or_path: new URL('https://example.com') });
} catch (error) {
  if (error instanceof KeyfobError) error.code satisfies string;
}
new TOTP({ secret: 'MY' }).generate() satisfies string;
qrText(new Enrolment({ secret: 'MY', account: 'a' })) satisfies string;
// @ts-expect-error what judges apps is in the whole
new Enrolment({ secret: 'MY', account: 'a' }).compatibility();
