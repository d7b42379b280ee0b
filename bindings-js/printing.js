// What is shown of objects that hold secrets, and what is left out.

const CONSOLES = [Symbol.for('nodejs.util.inspect.custom'), Symbol.for('Deno.customInspect')];

/** Makes the instances of a class print as `show` says: in every runtime's console, and as text. */
export function redact(constructor, show) {
  for (const key of [...CONSOLES, 'toString']) {
    const value = function shown() { return show(this); };
    Object.defineProperty(constructor.prototype, key, { value, writable: true, configurable: true });
  }
}

/** Leaves properties out of what is printed, copied or made JSON of; by name they are there. */
export function hide(object, ...names) {
  for (const name of names) {
    const value = object[name];
    if (value !== undefined) Object.defineProperty(object, name, { get: () => value, enumerable: false });
  }
  return object;
}

/** Fields that cannot be assigned: what the engine made of them would not follow. */
export function fix(object, fields) {
  for (const [name, value] of Object.entries(fields)) Object.defineProperty(object, name, { value, enumerable: true });
}
