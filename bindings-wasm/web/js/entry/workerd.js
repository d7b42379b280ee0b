// Cloudflare Workers hand modules over compiled; they compile none themselves.
import module from '../keyfob.wasm';
import { initSync } from '../load.js';

initSync(module);

export * from '../api.js';
