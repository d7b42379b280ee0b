/**
 * `@keyfob/web` without its module, for those who load `@keyfob/web/keyfob.wasm` themselves.
 * Call `init` or `initSync` once before anything else.
 */
export * from './index.js';

/** What a module can be loaded from. */
export type ModuleSource =
  | RequestInfo
  | URL
  | Response
  | BufferSource
  | WebAssembly.Module
  | Promise<Response | BufferSource | WebAssembly.Module>;

/** Loads the module, streaming it where the runtime can. */
export function init(options: { module_or_path: ModuleSource }): Promise<unknown>;
/** Takes a module, or compiles its bytes, at once. */
export function initSync(options: { module: BufferSource | WebAssembly.Module }): unknown;
