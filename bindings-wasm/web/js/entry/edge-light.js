// As workerd, for edge runtimes whose bundlers want the question mark.
import module from '../keyfob.wasm?module';
import { initSync } from '../load.js';

initSync(module);

export * from '../api.js';
