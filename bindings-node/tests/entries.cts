// Compiled and never run: as `entries.mts`, from CommonJS.

import keyfob = require('@keyfob/node');
import otpauth = require('@keyfob/node/otpauth');
import otplib = require('@keyfob/node/otplib');
import sqlite = require('@keyfob/node/sqlite');

(otplib.authenticator.generate('MY') + new otpauth.TOTP().generate()) satisfies string;
new sqlite.SqliteStorage({
  exec() {}, prepare: () => ({ get() {}, run: () => ({ changes: 0 }) }),
}) satisfies keyfob.Storage;
