// Makes components that misbehave, for the tests of a host that runs them:
// node hostile.mjs CORE.wasm FOLDER
// Each is keyfob's service but for one flow, `verify-totp`, which does what its name says. So it
// starts as every other does, and has a host's trust when it begins.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { componentNew, parse, print } from "@bytecodealliance/jco-transpile/wasm-tools";

const FLOW = "keyfob:otp/flows@0.1.0#[method]service.verify-totp";
const [core, folder] = process.argv.slice(2);
const text = await print(readFileSync(core));

const original = find(/\(export "keyfob:otp\/flows@0\.1\.0#\[method\]service\.verify-totp" \(func (\S+?)\)\)/);
const declared = text.split("\n").find((line) => line.startsWith(`  (func ${original} `));
const [signature, parameters] =
  declared?.match(/\(type \d+\) \(param((?: i32| i64)+)\) \(result i32\)/) ?? fail(`no function ${FLOW}`);
const given = parameters.trim().split(" ").map((_, at) => `(local.get ${at})`).join(" ");
const now = find(/\(import "wasi:clocks\/wall-clock@0\.2\.0" "now" \(func (\S+)/);
const forever = (body) => `(loop $again ${body} (br $again)) unreachable`;

const BODIES = {
  traps: "unreachable",
  loops: forever(""),
  grows: forever("(drop (memory.grow (i32.const 16)))"),
  asks: forever(`(call ${now} (i32.const 1024))`),
  recurses: `(call $hostile ${given})`,
  "judges-and-traps": `(drop (call ${original} ${given})) unreachable`,
};

mkdirSync(folder, { recursive: true });
for (const [name, body] of Object.entries(BODIES)) {
  const turned = text.replace(`(export "${FLOW}" (func ${original}))`, `(export "${FLOW}" (func $hostile))`);
  await write(name, `${withoutEnd(turned)}\n(func $hostile ${signature} ${body})\n)`);
}
await write("stumbles", `${withoutEnd(text)}\n(func $stumbles unreachable)\n(start $stumbles)\n)`);
await write("swells", text.replace(/\(memory \(;0;\) \d+\)/, "(memory (;0;) 1024)"));

async function write(name, module) {
  writeFileSync(join(folder, `${name}.wasm`), await componentNew(await parse(module)));
}

function find(pattern) {
  return text.match(pattern)?.[1] ?? fail(`nothing like ${pattern}`);
}

function withoutEnd(module) {
  return module.slice(0, module.lastIndexOf(")"));
}

function fail(reason) {
  throw new Error(`${core}: ${reason}`);
}
