// Puts the package together: `node build.mjs FULL GENERATOR OUT`, where FULL and GENERATOR are
// folders with what keyfob-bindgen wrote (keyfob.js, keyfob_bg.wasm) and OUT becomes the package.
// Modules (binaryen, esbuild) are found as Node finds them, from NODE_PATH.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const [full, generator, out] = process.argv.slice(2);
const require = createRequire(join(process.env.NODE_PATH ?? here, 'build.cjs'));
const esbuild = require('esbuild');

/**
 * All that goes over the wire, gzipped: the module and the scripts. The whole was to be 120 KiB and
 * is not (docs/decisions/0020-web-size.md); its limit is what it is now, so that it does not grow
 * unseen.
 */
const LIMITS = { full: 212 * 1024, generator: 40 * 1024 };

/** What the module uses, and every runtime has. */
const FEATURES = [
  'bulk-memory', 'bulk-memory-opt', 'call-indirect-overlong', 'multivalue', 'mutable-globals',
  'nontrapping-float-to-int', 'reference-types', 'sign-ext',
];

/** The interface of the generator, and what it needs. */
const GENERATOR = [
  'base64.js', 'bridge.js', 'codes.js', 'enrolment.js', 'generator.js', 'qr.js', 'secret.js', 'wide.js', 'entry',
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
  optimise(join(from, 'keyfob_bg.wasm'), join(to, 'keyfob.wasm'));
  cpSync(join(from, 'keyfob.js'), join(to, 'keyfob.js'));
  const base64 = readFileSync(join(to, 'keyfob.wasm')).toString('base64');
  writeFileSync(join(to, 'keyfob.wasm.base64.js'), `export default '${base64}';\n`);
  const size = await measure(to);
  const fits = size.total <= LIMITS[name];
  failed ||= !fits;
  console.log(
    `size of ${name}, gzipped: ${size.total} bytes (module ${size.module}, scripts ${size.scripts}), ` +
      `at most ${LIMITS[name]}: ${fits ? 'ok' : 'TOO LARGE'}; with the module in base64 ${size.inline}`,
  );
  await bundleForNode(to);
}
process.exit(failed ? 1 : 0);

function optimise(from, to) {
  const tool = require.resolve('binaryen/bin/wasm-opt');
  const features = FEATURES.map((feature) => `--enable-${feature}`);
  // What is stripped first is in no later pass's way: that is 1.2 KiB, gzipped.
  const rest = ['--strip-debug', '--strip-producers', '-Oz', '--converge', from, '-o', to];
  execFileSync(process.execPath, [tool, ...features, ...rest], { stdio: 'inherit' });
}

/** What a bundler makes of it for a page. */
async function measure(folder) {
  const bundle = async (entry, external) => {
    const made = await esbuild.build({
      entryPoints: [join(folder, entry)], bundle: true, minify: true, format: 'esm', write: false,
      external,
    });
    return gzipSync(made.outputFiles[0].contents, { level: 9 }).length;
  };
  const module = gzipSync(readFileSync(join(folder, 'keyfob.wasm')), { level: 9 }).length;
  const scripts = await bundle('entry/workerd.js', ['*.wasm']);
  const inline = await bundle('entry/inline.js', []);
  return { module, scripts, total: module + scripts, inline };
}

/**
 * One CommonJS file that `require` and `import` share in Node: one instance, so that a Secret of
 * the one is a Secret of the other. The module stands in it, so that bundlers lose no file.
 */
async function bundleForNode(folder) {
  const entry = join(folder, 'entry');
  const bundle = (file, format) => esbuild.build({
    entryPoints: [join(folder, file)], bundle: true, format, platform: 'node', target: 'node20',
    write: false, metafile: true, legalComments: 'none', outdir: entry,
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
