// What several files of tests are given: secrets, what a person may type, and a service to try.

import keyfob from './package.mjs';
import { MemoryStorage } from './vectors.mjs';

const { Service } = keyfob;

export const RFC = new TextEncoder().encode('12345678901234567890');
export const BASE32 = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
/** Whatever a user may send in place of a code, in any type that JSON or a form gives. */
export const NONSENSE = [
  '', ' ', '28708', '2870822', '28708 ', '２８７０８２', '28708\u0000', 'abcdef', '-12345', '+12345',
  '1e5', '\ud800', '😀', 'a'.repeat(3_000_000), 287082, 287082n, null, undefined, true, [], ['287082'],
  {}, { toString: () => '287082' }, Symbol('code'), () => '287082', NaN,
];

export const KEYS = { root: new Uint8Array(32).fill(1), sealing: [{ id: 1, key: new Uint8Array(32).fill(2) }] };

/** A service over a store that takes its time, with what was sent. */
export async function stage(given = {}) {
  const messages = [];
  const memory = new MemoryStorage();
  const late = (work) => async (...all) => {
    await new Promise((done) => setTimeout(done, Math.random() * 3));
    return work.call(memory, ...all);
  };
  const storage = { load: late(memory.load), swap: late(memory.swap), add: late(memory.add) };
  const delivery = { sms: async (message) => void messages.push(message), email: async (message) => {
    messages.push(message);
    return 'queued';
  } };
  const service = new Service({ keys: KEYS, storage, delivery, ...given });
  const domain = await service.createDomain({ name: 'Example Bank' });
  return { service, domain, messages, memory, storage };
}
