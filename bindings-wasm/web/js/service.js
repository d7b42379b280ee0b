import { RawKeys, RawService, checkAccount } from './keyfob.js';
import { withRandom } from './bridge.js';
import { Secret, copyOf } from './secret.js';
import { serviceOver } from './shared/service.js';

/** The methods that need no account: a ticket names its own. */
const BY_TICKET = new Set(['viewEnrolment', 'confirmEnrolment']);

export const Service = /* @__PURE__ */ serviceOver({
  open({ root, sealing }, policy, replayFloor) {
    const keys = new RawKeys(root);
    try {
      for (const { id, key } of sealing) keys.add(id ?? NaN, key);
      return new RawService(keys, policy, replayFloor);
    } finally {
      keys.free(); // wiped
    }
  },
  checkAccount,
  hand: copyOf,
  begin: (raw, account, name, given) =>
    BY_TICKET.has(name) ? raw[name](...given) : raw[name](account, ...given),
  resume: withRandom,
  secret: (raw) => new Secret(raw),
});
