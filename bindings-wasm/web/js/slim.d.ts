/**
 * `@keyfob/web` without its module, for those who load `@keyfob/web/keyfob.wasm` themselves.
 * Call `init` or `initSync` once before anything else; until then everything throws a
 * `KeyfobError` with the code `not-initialised`.
 */
export * from './index.js';

/** What a module can be loaded from. */
export type ModuleSource = string | URL | Request | Response | BufferSource | WebAssembly.Module;

/**
 * Loads the module: `await init(fetch(url))`. Once it is there, this does nothing.
 * @throws {KeyfobError} `not-initialised` for an answer that is no module; else what `fetch` or the
 *   compiler throws. It can be tried again.
 */
export function init(source: ModuleSource | PromiseLike<ModuleSource>): Promise<void>;
/** Takes a module, or compiles its bytes, at once. */
export function initSync(module: BufferSource | WebAssembly.Module): void;
