// What `index.d.ts` of the package under test says: tests hold it to that.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { name } from './package.mjs';

const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
const file = join(dirname(manifest), name.endsWith('web') ? 'dist' : '', 'index.d.ts');

/** Its comments, by the path of what they are on, such as `ServicePolicy.attempts.perBlock`. */
export const comments = documented(readFileSync(file, 'utf8'));

function documented(text) {
  const found = new Map();
  const path = [];
  for (const [, comment, indent, line] of text.matchAll(/(?:^ *\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?^( *)([^\s/*].*)$/gm)) {
    const depth = indent.length / 2;
    path.length = Math.min(path.length, depth);
    const [, name] = /^(?:export |declare |static |readonly |class |interface |type |function |const )*(\w+)/.exec(line) ?? [];
    path[depth] = name;
    const said = comment?.replace(/\n *\*/g, ' ').replace(/\s+/g, ' ').trim();
    if (said) found.set(path.filter(Boolean).join('.'), said);
  }
  return found;
}
