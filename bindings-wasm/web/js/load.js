// Takes the module into use, once.

import { imports, start } from './keyfob.js';
import { KeyfobError } from './shared/error.js';

let isThere = false;
let loading = null;

export function initSync(module) {
  if (isThere) return;
  const compiled = module instanceof WebAssembly.Module ? module : new WebAssembly.Module(module);
  take(new WebAssembly.Instance(compiled, imports()));
}

export async function init(source) {
  if (isThere) return;
  loading ??= load(source);
  try {
    await loading;
  } finally {
    loading = null; // what failed can be tried again
  }
}

async function load(source) {
  const module = await fetched(await source);
  const made = await WebAssembly.instantiate(module, imports());
  if (!isThere) take(made.instance ?? made);
}

/** The module, or its bytes, of whatever one can be loaded from. */
async function fetched(source) {
  const isAddress = typeof source === 'string' || source instanceof URL || source instanceof Request;
  const found = isAddress ? await fetch(source) : source;
  if (!(found instanceof Response)) return found;
  if (!found.ok) throw new KeyfobError('not-initialised', `there is no module at ${found.url}: the answer is ${found.status}`);
  const isStreamed = found.headers.get('content-type') === 'application/wasm';
  return isStreamed ? WebAssembly.compileStreaming(found) : found.arrayBuffer();
}

function take(instance) {
  start(instance);
  isThere = true;
}
