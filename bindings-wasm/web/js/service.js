import { RawKeys, RawService, checkAccount } from './keyfob.js';
import { withRandom } from './bridge.js';
import { Secret, copyOf } from './secret.js';
import { serviceOver } from './shared/service.js';
import { fill } from './shared/values.js';

/** The methods that need no account: a ticket names its own. */
const BY_TICKET = new Set(['viewEnrolment', 'confirmEnrolment']);

export const Service = /* @__PURE__ */ serviceOver({
  open({ root, sealing }, policy, replayFloor) {
    const keys = new RawKeys(root);
    try {
      for (const { id, key } of sealing) keys.add(id, key);
      return new RawService(keys, policy, replayFloor);
    } finally {
      keys.free(); // wiped
    }
  },
  checkAccount,
  hand: copyOf,
  begin(raw, account, name, given) {
    const all = Object.values(given);
    return BY_TICKET.has(name) ? raw[name](...all) : raw[name](account, ...all);
  },
  resume: (random, work) => withRandom(random && apart(random), work),
  secret: (raw) => new Secret(raw),
});

/** The application's random bytes: it is handed no view of the module's memory, which has the keys in it. */
function apart(random) {
  return (bytes) => {
    const own = new Uint8Array(bytes.length);
    fill(random, own);
    bytes.set(own);
    own.fill(0);
  };
}
