// The entries without a module: before one is handed over they say so, and after it they work.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const { resolve } = createRequire(import.meta.url);
const RFC = new TextEncoder().encode('12345678901234567890');
const ENTRIES = { '@keyfob/web/slim': '@keyfob/web/keyfob.wasm', '@keyfob/web/generator/slim': '@keyfob/web/generator.wasm' };

for (const [entry, module] of Object.entries(ENTRIES)) {
  test(`${entry} asks for its module, and takes it once`, async () => {
    const { init, initSync, Enrolment, KeyfobError, HOTP, Secret, Service, TOTP, checkTemplate, generate, qrSvg } = await import(entry);
    const keys = { root: new Uint8Array(32), sealing: [{ id: 1, key: new Uint8Array(32) }] };
    const uses = [
      () => new TOTP({ secret: RFC }), () => new HOTP({ secret: 'GEZDGNBVGY3TQOJQ' }), () => new Secret(RFC), () => Secret.generate(),
      () => generate({ secret: RFC }), () => qrSvg('text'), () => new Enrolment({ secret: RFC, account: 'ann' }),
      ...(Service ? [() => checkTemplate('{{code}}'), () => new Service({ keys, storage: { load() {}, swap() {}, add() {} } })] : []),
    ];
    const refused = () => uses.forEach((use) => assert.throws(use, (error) => {
      assert.ok(error instanceof KeyfobError, String(error));
      assert.equal(error.code, 'not-initialised');
      assert.match(error.message, /`await init/);
      return true;
    }, String(use)));
    refused();

    await assert.rejects(init(new Response('no such file', { status: 404 })), { code: 'not-initialised', message: /404/ });
    await assert.rejects(init(new Uint8Array(8)), WebAssembly.CompileError);
    refused();

    const bytes = readFileSync(resolve(module));
    const answer = new Response(bytes, { headers: { 'content-type': 'application/wasm' } });
    await Promise.all([init(Promise.resolve(answer)), init(bytes)]);
    const totp = new TOTP({ secret: RFC });
    await init(bytes);
    await init(new Response('no such file', { status: 404 })); // there already: nothing is looked at
    initSync(bytes);
    assert.equal(totp.generate(59), '287082', 'what was made stays');
  });
}
