// Without the module: fetch it, stream it or bundle it as you like, and hand it over once.
export { init, initSync } from './load.js';
export * from './api.js';
