// Makes a component of a core module: node component.mjs CORE.wasm COMPONENT.wasm
// The module says by itself which world it implements; no adapter is put around it, so what
// it imports is what the component imports.

import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { componentNew } from "@bytecodealliance/jco-transpile/wasm-tools";

const [core, component] = process.argv.slice(2);
const wasmOpt = fileURLToPath(new URL("node_modules/binaryen/bin/wasm-opt", import.meta.url));
const small = `${component}.core`;

try {
  const shrink = ["-Oz", "--strip-debug", "--strip-producers", core, "-o", small];
  execFileSync(process.execPath, [wasmOpt, ...shrink]);
  writeFileSync(component, withoutNames(await componentNew(readFileSync(small))));
} finally {
  rmSync(small, { force: true });
}

/** Leaves out what only debuggers read: the custom sections of the component itself. */
function withoutNames(bytes) {
  const CUSTOM = 0;
  const HEADER = 8;
  const kept = [bytes.subarray(0, HEADER)];
  for (let at = HEADER; at < bytes.length; ) {
    const [length, body] = leb128(bytes, at + 1);
    const end = body + length;
    if (bytes[at] !== CUSTOM) kept.push(bytes.subarray(at, end));
    at = end;
  }
  return Buffer.concat(kept);
}

/** An unsigned number and where it ends. */
function leb128(bytes, at) {
  let [value, shift] = [0, 1];
  for (;;) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * shift;
    shift *= 128;
    if (byte < 0x80) return [value, at];
  }
}
