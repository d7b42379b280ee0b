// What the types declare is what there is: `index.d.ts` is written by hand, for both packages.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

import { name } from './package.mjs';

const require = createRequire(import.meta.url);
const manifest = require.resolve(`${name}/package.json`);
const folder = dirname(manifest);
const { exports: entries } = JSON.parse(readFileSync(manifest, 'utf8'));

/** The names of the values that a file of types exports. */
function declared(file) {
  const text = readFileSync(file, 'utf8').replace(/\/\*[^]*?\*\//g, '');
  const named = [...text.matchAll(/^export (?:declare )?(?:class|function|const|let|enum) (\w+)/gm)].map(([, name]) => name);
  const listed = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names]) => names.match(/\w+/g));
  const all = [...text.matchAll(/^export \* from '(.*?)(\.\w+)?'/gm)].flatMap(([, other]) =>
    declared(join(dirname(file), `${other}.d.ts`)));
  return [...new Set([...named, ...listed, ...all])].sort();
}

const typed = Object.keys(entries).filter((entry) => JSON.stringify(entries[entry]).includes('.d.ts'));
for (const entry of typed.filter((entry) => !/otplib|otpauth|sqlite/.test(entry))) {
  test(`the types of ${join(name, entry)} name what it exports`, async () => {
    const files = [...new Set(JSON.stringify(entries[entry]).match(/[^"]*\.d\.\w+/g))];
    const { default: whole, 'module.exports': _, ...found } = await import(join(name, entry));
    assert.ok(Object.keys(found).length > 5);
    for (const file of files) assert.deepEqual(declared(join(folder, file)), Object.keys(found).sort(), file);
    assert.ok(whole === undefined || Object.keys(whole).sort().join() === Object.keys(found).sort().join());
  });
}
