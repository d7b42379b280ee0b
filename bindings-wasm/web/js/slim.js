// Without the module: fetch it, stream it or bundle it as you like, and hand it over once.
export { default as init, initSync } from './keyfob.js';
export * from './api.js';
