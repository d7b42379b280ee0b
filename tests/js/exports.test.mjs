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
  const listed = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, names]) =>
    names.replace(/\btype \w+|\bdefault\b/g, '').match(/\w+/g) ?? []);
  const all = [...text.matchAll(/^export \* from '(.*?)(\.\w+)?'/gm)].flatMap(([, other]) =>
    declared(join(dirname(file), `${other}.d.ts`)));
  return [...new Set([...named, ...listed, ...all])].sort();
}

/** The members that a file of types gives a class, with those of another that it extends. */
function membersOf(file, name) {
  const text = readFileSync(file, 'utf8').replace(/\/\*[^]*?\*\//g, '');
  const [, parent, body] = new RegExp(`class ${name}\\b(?:[^{]* extends (\\w+)(?:<\\w+>)?)?[^{]*\\{\\n([^]*?)^\\}`, 'm').exec(text) ?? [];
  if (body === undefined) return null;
  const found = [...body.matchAll(/^  (static )?(?:get |set )?(\w+)(?:<[^(]*>)?\(/gm)].map(([, fixed = '', member]) => fixed + member);
  const inherited = (parent && membersOf(file, parent)) || [];
  return new Set([...inherited, ...found.filter((member) => member !== 'constructor')]);
}

/** The methods of a class; properties may be fields, which no class shows. */
function methodsOf(given) {
  const named = (object) => Object.entries(Object.getOwnPropertyDescriptors(object))
    .filter(([, { value }]) => typeof value === 'function').map(([name]) => name);
  const own = named(given.prototype ?? {}).filter((name) => !/^(constructor|toString|toJSON|_.*)$/.test(name));
  return [...own, ...named(given).filter((name) => name !== 'prototype').map((name) => `static ${name}`)];
}

const typed = Object.keys(entries).filter((entry) => JSON.stringify(entries[entry]).includes('.d.ts'));
for (const entry of typed) {
  test(`the types of ${join(name, entry)} name what it exports`, async () => {
    const files = [...new Set(JSON.stringify(entries[entry]).match(/[^"]*\.d\.\w+/g))];
    const { default: whole, 'module.exports': _, ...found } = await import(join(name, entry));
    assert.ok(Object.keys(found).length > 0);
    for (const file of files) assert.deepEqual(declared(join(folder, file)), Object.keys(found).sort(), file);
    for (const [name, value] of Object.entries(found).filter(([, value]) => typeof value === 'function')) {
      const members = files.map((file) => membersOf(join(folder, file), name)).find(Boolean);
      if (!members) continue;
      for (const method of methodsOf(value)) assert.ok(members.has(method), `${name} has ${method}, and its types have not`);
      for (const member of members) {
        const isThere = member.startsWith('static ') ? member.slice(7) in value : member in value.prototype;
        assert.ok(isThere, `the types give ${name} ${member}`);
      }
    }
    assert.ok(whole === undefined || Object.keys(whole).sort().join() === Object.keys(found).sort().join());
  });
}
