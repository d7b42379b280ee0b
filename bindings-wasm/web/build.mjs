// Puts the package together: `node build.mjs FULL GENERATOR OUT`, where FULL and GENERATOR are
// folders with what keyfob-bindgen wrote (keyfob.js, keyfob_bg.wasm) and OUT becomes the package.
// Modules (binaryen, esbuild) are found as Node finds them, from NODE_PATH.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { MASK } from './js/binary.js';

const here = dirname(fileURLToPath(import.meta.url));
const [full, generator, out] = process.argv.slice(2);
const require = createRequire(join(process.env.NODE_PATH ?? here, 'build.cjs'));
const esbuild = require('esbuild');
const WASM_OPT = require.resolve('binaryen/bin/wasm-opt');

/**
 * All that goes over the wire, gzipped, the module beside the scripts or in them. The whole was to be
 * 120 KiB and is not (docs/decisions/0020-web-size.md); its limits are what it is now, so that it does
 * not grow unseen.
 */
const LIMITS = { full: { beside: 214 * 1024, inside: 220 * 1024 }, generator: { beside: 40 * 1024, inside: 40 * 1024 } };

/** What the module uses, and every runtime has. */
const FEATURES = [
  'bulk-memory', 'bulk-memory-opt', 'call-indirect-overlong', 'multivalue', 'mutable-globals',
  'nontrapping-float-to-int', 'reference-types', 'sign-ext',
];

/** The interface of the generator, and what it needs. */
const GENERATOR = [
  'binary.js', 'bridge.js', 'codes.js', 'enrolment.js', 'generator.js', 'load.js', 'qr.js', 'secret.js', 'slim.js',
  'wide.js', 'entry',
  'shared/enrolment.js', 'shared/error.js', 'shared/printing.js', 'shared/values.js',
];
/** The interface and the layer that both JavaScript packages have. */
const SHARED = join(here, '../../bindings-js');

rmSync(out, { recursive: true, force: true });
const dist = join(out, 'dist');
cpSync(join(here, 'js'), dist, { recursive: true });
mkdirSync(join(dist, 'shared'));
for (const name of readdirSync(SHARED).filter((name) => name.endsWith('.js'))) {
  cpSync(join(SHARED, name), join(dist, 'shared', name));
}
cpSync(join(SHARED, 'index.d.ts'), join(dist, 'index.d.ts'));
for (const name of GENERATOR) {
  cpSync(join(dist, name), join(dist, 'generator', name), { recursive: true });
}
writeFileSync(join(dist, 'generator/api.js'), "export * from './generator.js';\n");
for (const name of ['index', 'generator']) {
  const types = readFileSync(join(dist, `${name}.d.ts`), 'utf8');
  writeFileSync(join(dist, `${name}.d.cts`), types.replaceAll("'./index.js'", "'./index.cjs'"));
}
for (const name of ['package.json', 'README.md']) cpSync(join(here, name), join(out, name));

let failed = false;
for (const [name, from, to] of [['full', full, dist], ['generator', generator, join(dist, 'generator')]]) {
  assemble(from, to);
  for (const [way, { size, parts }] of Object.entries(await measure(to))) {
    const fits = size <= LIMITS[name][way];
    failed ||= !fits;
    console.log(`size of ${name}, gzipped, the module ${way}: ${size} bytes${parts}, at most ${LIMITS[name][way]}: ${fits ? 'ok' : 'TOO LARGE'}`);
  }
  await bundleForNode(to);
}
process.exit(failed ? 1 : 0);

/**
 * Optimises the module and gives what crosses short names, there and in the script. The script
 * leaves loading to `load.js`, and says so of a module that is not there yet: `absent` of `bridge.js`.
 */
function assemble(from, to) {
  const { imports, exports } = optimise(join(from, 'keyfob_bg.wasm'), join(to, 'keyfob.wasm'));
  let script = readFileSync(join(from, 'keyfob.js'), 'utf8');
  for (const [found, instead] of [
    [/^import \{ /, 'import { absent, '],
    [/^let wasmModule, wasmInstance, wasm;$/m, 'let wasmModule, wasmInstance, wasm = absent;'],
    [/^async function __wbg_load[^]*/m, 'export { __wbg_get_imports as imports, __wbg_finalize_init as start };\n'],
    ['"./keyfob_bg.js": import0', 'a: import0'],
    [/^        (__wb\w+)(?=: function)/gm, (_, name) => `        ${imports(name)}`],
    // What every runtime has needs no other way, and nobody disposes of what nobody sees.
    [/\(typeof FinalizationRegistry === 'undefined'\)\n.*\n    : new/g, 'new'],
    [/^if \(!\('encodeInto' in cachedTextEncoder\)\) \{[^]*?^\}\n/m, ''],
    [/^if \(Symbol\.dispose\) .*\n/gm, ''],
    [/\bwasm\.(\w+)/g, (_, name) => `wasm.${exports(name)}`],
  ]) {
    if (script.replace(found, '') === script) throw new Error(`wasm-bindgen writes another script now: no ${found}`);
    script = script.replace(found, instead);
  }
  writeFileSync(join(to, 'keyfob.js'), script);
  writeFileSync(join(to, 'keyfob.wasm.text.js'), `export default '${literal(readFileSync(join(to, 'keyfob.wasm')))}';\n`);
}

/**
 * A character for each byte, as `binary.js` reads it: nearly all then take one byte in UTF-8. Base64
 * would hide from gzip what repeats itself.
 */
function literal(bytes) {
  const escapes = { '\0': '\\x00', '\n': '\\n', '\r': '\\r', '\\': '\\\\', "'": "\\'" };
  const text = bytes.map((byte) => byte ^ MASK).toString('latin1');
  return text.replace(/[\0\n\r\\']/g, (character) => escapes[character]);
}

/** Optimises the module, gives what crosses names of a letter or two, and says which. */
function optimise(from, to) {
  const features = FEATURES.map((feature) => `--enable-${feature}`);
  const run = (...options) => execFileSync(process.execPath, [WASM_OPT, ...features, ...options], { encoding: 'utf8' });
  // What is stripped and shortened first is in no later pass's way: that is 1.2 KiB, gzipped.
  const said = JSON.parse(run('--strip-debug', '--strip-producers', '--minify-imports-and-exports-and-modules', from, '-o', to));
  run('-Oz', '--converge', to, '-o', to);
  return { imports: lookup(said.imports.map(([, name, short]) => [name, short])), exports: lookup(said.exports) };
}

function lookup(pairs) {
  const names = new Map(pairs);
  return (name) => {
    if (!names.has(name)) throw new Error(`the script asks for ${name}, and the module has none`);
    return names.get(name);
  };
}

/** What a bundler makes of it for a page: a module beside the scripts is fetched by the largest of them. */
async function measure(folder) {
  const bundle = async (entry) => {
    const made = await esbuild.build({
      entryPoints: [join(folder, entry)], bundle: true, minify: true, format: 'esm', write: false, charset: 'utf8',
    });
    return gzipSync(made.outputFiles[0].contents, { level: 9 }).length;
  };
  const module = gzipSync(readFileSync(join(folder, 'keyfob.wasm')), { level: 9 }).length;
  const scripts = await bundle('slim.js');
  return {
    beside: { size: module + scripts, parts: ` (module ${module}, scripts ${scripts})` },
    inside: { size: await bundle('entry/inline.js'), parts: '' },
  };
}

/**
 * One CommonJS file that `require` and `import` share in Node: one instance, so that a Secret of
 * the one is a Secret of the other. The module stands in it, so that bundlers lose no file.
 */
async function bundleForNode(folder) {
  const entry = join(folder, 'entry');
  const bundle = (file, format) => esbuild.build({
    entryPoints: [join(folder, file)], bundle: true, format, platform: 'node', target: 'node20',
    write: false, charset: 'utf8', metafile: true, legalComments: 'none', outdir: entry,
  });
  const { metafile } = await bundle('api.js', 'esm');
  const names = Object.values(metafile.outputs).flatMap((output) => output.exports).sort();
  const [file] = (await bundle('entry/inline.js', 'cjs')).outputFiles;
  writeFileSync(join(entry, 'node.cjs'), file.text);
  writeFileSync(
    join(entry, 'node.mjs'),
    `import keyfob from './node.cjs';\n\nexport const { ${names.join(', ')} } = keyfob;\n`,
  );
}
