/**
 * `@keyfob/web/generator` without its module, which is `@keyfob/web/generator.wasm`: as
 * `@keyfob/web/slim`.
 */
export * from './generator.js';
export { init, initSync } from './slim.js';
export type { ModuleSource } from './slim.js';
