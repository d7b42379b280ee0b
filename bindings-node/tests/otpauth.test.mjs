// otpauth's published suite, unedited, against the module that takes its place.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import * as OTPAuth from '@keyfob/node/otpauth';

const { deepStrictEqual: assertEquals, match: assertMatch } = assert;
Object.assign(globalThis, { describe, it, assert, assertEquals, assertMatch, OTPAuth });

await import('./otpauth-9.5/test.mjs');
