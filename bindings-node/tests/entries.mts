// Compiled and never run: the further entries of `@keyfob/node`.

import { DatabaseSync } from 'node:sqlite';

import type { Storage } from '@keyfob/node';
import { HOTP, Secret, TOTP, URI } from '@keyfob/node/otpauth';
import otplib, { authenticator, hotp, totp } from '@keyfob/node/otplib';
import { SqliteStorage } from '@keyfob/node/sqlite';

new SqliteStorage(new DatabaseSync('codes.db')) satisfies Storage;
authenticator.options = { window: [1, 0], step: 60 };
authenticator.checkDelta('123456', authenticator.generateSecret()) satisfies number | null;
const token: string = hotp.generate('secret', 1) + totp.generate('secret') + otplib.authenticator.keyuri('a', 'b', 'c');
new TOTP({ secret: new Secret({ size: 20 }) }).validate({ token, window: 1 }) satisfies number | null;
URI.parse('otpauth://totp/a?secret=MY') satisfies TOTP | HOTP;
