// Compiled and never run: as `types.mts`, from CommonJS.

import keyfob = require('@keyfob/node');
import otpauth = require('@keyfob/node/otpauth');
import otplib = require('@keyfob/node/otplib');
import sqlite = require('@keyfob/node/sqlite');

const code: string = new keyfob.TOTP({ secret: 'MY' }).generate();
const token: string = otplib.authenticator.generate('MY') + new otpauth.TOTP().generate();
const storage: keyfob.Storage = new sqlite.SqliteStorage({ exec() {}, prepare: () => ({ get() {}, run: () => ({ changes: 0 }) }) });

export = { code, token, storage };
