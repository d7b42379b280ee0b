// What tries a package as a user would install it, and says how that went: lines that begin with
// `= ` are the report, and the last is the count.

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What works in every project, under `import { TOTP, generateSecret }`. */
export const SMOKE = `
const totp = new TOTP({ secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' });
const first = totp.verify(totp.generate(59), { time: 59 });
const again = totp.verify('287082', { time: 59, state: first.state });
const said = [totp.generate(59), first.valid, again.outcome, String(generateSecret())].join(' ');
if (said !== '287082 true replayed Secret(redacted, 160 bits)') throw new Error(said);
`;
export const SAID = 'import, generate, verify: ok';

/** The tests of what both packages offer. */
export const INTERFACE = ['api.test.mjs', 'arguments.test.mjs', 'service.test.mjs', 'service-arguments.test.mjs'];
/** All that both packages are tried with: files of `tests/js`. */
export const SHARED = [
  ...INTERFACE, 'secrecy.test.mjs', 'exports.test.mjs', 'meanings.test.mjs', 'errors.test.mjs', 'documented.mjs',
  'package.mjs', 'stage.mjs', 'vectors.mjs',
];

const tests = join(dirname(fileURLToPath(import.meta.url)), '..');
const environment = { ...process.env, NO_COLOR: '1' };
let passed = 0;
let failed = 0;

export async function check(name, work) {
  const began = Date.now();
  try {
    const said = (await work()) ?? '';
    passed += 1;
    console.log(`= ${name}: ok ${said} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed += 1;
    console.log(`= ${name}: FAILED\n${error?.stack ?? error}\n${error?.stdout ?? ''}\n${error?.stderr ?? ''}`);
  }
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}

/** Runs files of `node:test` in a folder, none of whose tests may be left out; each counts. */
export function test([program, ...options], files, folder, more = {}) {
  const { status, stdout, stderr } = spawnSync(program, [...options, ...files.map((file) => `./${file}`)], {
    cwd: folder, encoding: 'utf8', timeout: 300_000, maxBuffer: 1 << 28, env: { ...environment, ...more },
  });
  const said = `${stdout}${stderr}`;
  const count = (...words) => Number(words.map((word) => word.exec(said)?.[1]).find(Boolean) ?? 0);
  const right = count(/^# pass (\d+)/m, /(\d+) passed/, /^ *(\d+) pass$/m);
  const skipped = count(/^# skipped (\d+)/m, /(\d+) ignored/, /^ *(\d+) skip$/m);
  if (status !== 0 || right === 0 || skipped > 0) throw new Error(said.slice(-30_000));
  passed += right - 1;
  return `${right} tests`;
}

/** Runs a program to its end, and gives what it prints. */
export function execute([program, ...first], rest, folder) {
  return execFileSync(program, [...first, ...rest], {
    cwd: folder, encoding: 'utf8', stdio: 'pipe', timeout: 600_000, env: environment,
  }).trim();
}

/** A fresh project in `folder` with packages installed from their tarballs. */
export function install(folder, fields, tarballs, ...options) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, ...fields }));
  execute(['npm'], ['install', '--offline', '--no-audit', '--no-fund', ...options, ...tarballs], folder);
  return folder;
}

/** The one of the tarballs in a folder whose name is this. */
export function tarball(folder, name) {
  const found = readdirSync(folder).filter((file) => name.test(file));
  if (found.length !== 1) throw new Error(`${found.length} tarballs are ${name}`);
  return join(folder, found[0]);
}

/** Tries the package in a project: `head` imports it. */
export function smoke(folder, head, program = ['node']) {
  writeFileSync(join(folder, 'main.js'), `${head}${SMOKE}console.log('${SAID}');`);
  return execute(program, ['main.js'], folder);
}

/** Compiles what uses the types of a package, from ES modules and CommonJS: nothing may be lax. */
export function compile(modules, folder, name, entries, ...options) {
  const files = ['types.mts', 'types.cts', 'entries.mts', 'entries.cts'];
  for (const file of files) {
    const text = readFileSync(join(file.startsWith('types') ? tests : entries, file), 'utf8');
    writeFileSync(join(folder, file), text.replaceAll("'PACKAGE'", `'${name}'`));
  }
  const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022'];
  execute(['node', join(modules, 'typescript/bin/tsc')], [...strict, ...options, ...files], folder);
}
