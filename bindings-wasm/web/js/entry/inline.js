// Anywhere: the module stands in the script, so that nothing is fetched and nothing awaited.
import base64 from '../keyfob.wasm.base64.js';
import { decode } from '../base64.js';
import { initSync } from '../keyfob.js';

initSync({ module: decode(base64) });

export * from '../api.js';
