// Anywhere: the module stands in the script, so that nothing is fetched and nothing awaited.
import text from '../keyfob.wasm.text.js';
import { bytesOf } from '../binary.js';
import { initSync } from '../load.js';

initSync(bytesOf(text));

export * from '../api.js';
