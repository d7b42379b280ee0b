// otplib's published suites, unedited, against the module that takes its place. They are written
// for jest in TypeScript: here they are translated and run by Node's own test runner.

import { before as beforeAll, beforeEach, describe, it, test } from 'node:test';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { expect } from 'expect';
import * as jest from 'jest-mock';

const PUBLIC = `
import * as preset from '@otplib/core';
import { testSuitePreset } from '@tests/suite/preset';
import '@tests/issue-7.test.js';
testSuitePreset('@keyfob/node/otplib', preset);
`;
const CLASSES = `
import { Authenticator, HOTP, TOTP } from '@otplib/core';
import { testSuiteAuthenticator } from '@tests/suite/authenticator';
import { testSuiteHOTP } from '@tests/suite/hotp';
import { testSuiteTOTP } from '@tests/suite/totp';
testSuiteHOTP('hotp', HOTP);
testSuiteTOTP('totp', TOTP);
testSuiteAuthenticator('authenticator', Authenticator);
`;
/** Their packages: the presets, one for each platform, are one here. */
const PACKAGES = ['core', 'preset-default', 'preset-default-async', 'preset-browser'];

Object.assign(globalThis, { beforeAll, beforeEach, describe, expect, it, jest, test });
await describe('what is public', () => run(PUBLIC, './otplib.public.built.mjs'));
await describe('the classes', () => run(CLASSES, './otplib.classes.built.mjs'));

async function run(contents, name) {
  const outfile = fileURLToPath(new URL(name, import.meta.url));
  await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'error', external: ['@keyfob/*'],
    alias: {
      '@tests': './otplib-12.0.1',
      ...Object.fromEntries(PACKAGES.map((name) => [`@otplib/${name}`, '@keyfob/node/otplib'])),
    },
  });
  await import(name);
  rmSync(outfile);
}
