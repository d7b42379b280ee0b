// Puts the package together: `node build.mjs OUT`. esbuild is found as Node finds it, from NODE_PATH.
// What both JavaScript packages share becomes CommonJS in `lib/shared`.

import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const shared = join(here, '../bindings-js');
const [out] = process.argv.slice(2);
const esbuild = createRequire(join(process.env.NODE_PATH ?? here, 'build.cjs'))('esbuild');

rmSync(out, { recursive: true, force: true });
for (const name of ['package.json', 'README.md', 'index.js', 'index.mjs', 'index.d.mts', 'lib', 'otplib', 'otpauth', 'sqlite']) {
  cpSync(join(here, name), join(out, name), { recursive: true });
}
cpSync(join(shared, 'index.d.ts'), join(out, 'index.d.ts'));
mkdirSync(join(out, 'lib/shared'));
for (const name of readdirSync(shared).filter((name) => name.endsWith('.js'))) {
  const { code } = esbuild.transformSync(readFileSync(join(shared, name), 'utf8'), { format: 'cjs', target: 'node20' });
  writeFileSync(join(out, 'lib/shared', name), code);
}
