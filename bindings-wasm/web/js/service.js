import { RawKeys, RawService } from './keyfob.js';
import { withRandom } from './bridge.js';
import { KeyfobError } from './error.js';
import { Message } from './message.js';
import { Secret, copyOf } from './secret.js';
import { misuse, now, number, options, redact, text, typed } from './values.js';

const NOBODY = '00000000-0000-0000-0000-000000000000';

export class Service {
  #raw;
  #outside;
  #account;

  constructor(given) {
    const { [SHARED]: shared, account = NOBODY, ...rest } = options(given);
    this.#account = text(account, 'account');
    ({ raw: this.#raw, outside: this.#outside } = shared ?? open(rest));
  }

  forAccount(account) {
    return new Service({ [SHARED]: { raw: this.#raw, outside: this.#outside }, account });
  }

  async createDomain(given) {
    return this.#run((raw, account) => raw.createDomain(account, options(given)));
  }

  async viewDomain(domain) {
    return this.#run((raw, account) => raw.viewDomain(account, text(domain, 'domain')));
  }

  async createUser(domain, userId, given) {
    return this.#run((raw, account) => {
      const { secret, ...rest } = options(given);
      const [where, who] = [text(domain, 'domain'), text(userId, 'userId')];
      return raw.createUser(account, where, who, copyOf(secret), rest);
    }, withSecret);
  }

  async openEnrolment(domain, userId, given) {
    return this.#run((raw, account) => {
      const { secret, ...rest } = options(given);
      const [where, who] = [text(domain, 'domain'), text(userId, 'userId')];
      return raw.openEnrolment(account, where, who, copyOf(secret), rest);
    });
  }

  async viewEnrolment(ticket) {
    return this.#run((raw) => raw.viewEnrolment(typed(ticket)), withSecret);
  }

  async confirmEnrolment(ticket, code) {
    return this.#run((raw) => raw.confirmEnrolment(typed(ticket), typed(code)));
  }

  async verifyTotp(domain, userId, code) {
    return this.#run((raw, account) =>
      raw.verifyTotp(account, text(domain, 'domain'), text(userId, 'userId'), typed(code)));
  }

  async viewUser(domain, userId) {
    return this.#run((raw, account) =>
      raw.viewUser(account, text(domain, 'domain'), text(userId, 'userId')));
  }

  async deleteUser(domain, userId) {
    return this.#run((raw, account) =>
      raw.deleteUser(account, text(domain, 'domain'), text(userId, 'userId')));
  }

  async eraseUser(domain, userId) {
    return this.#run((raw, account) =>
      raw.eraseUser(account, text(domain, 'domain'), text(userId, 'userId')));
  }

  async send(request) {
    return this.#run((raw, account) => raw.send(account, options(request, 'request')));
  }

  async resend(otpId, given) {
    return this.#run((raw, account) => raw.resend(account, text(otpId, 'otpId'), options(given)));
  }

  async verify(otpId, code, given) {
    return this.#run((raw, account) =>
      raw.verify(account, text(otpId, 'otpId'), typed(code), options(given)));
  }

  async cancel(otpId) {
    return this.#run((raw, account) => raw.cancel(account, text(otpId, 'otpId')));
  }

  async viewChallenge(otpId) {
    return this.#run((raw, account) => raw.viewChallenge(account, text(otpId, 'otpId')));
  }

  async deliveryReport(otpId, messageId, channel, state) {
    return this.#run((raw, account) =>
      raw.deliveryReport(
        account, text(otpId, 'otpId'), text(messageId, 'messageId'), text(channel, 'channel'),
        text(state, 'state'),
      ));
  }

  async wanted(otpId, messageId) {
    return this.#run((raw, account) =>
      raw.wanted(account, text(otpId, 'otpId'), text(messageId, 'messageId')));
  }

  async fallBack(otpId, messageId, channel) {
    return this.#run((raw, account) =>
      raw.fallBack(
        account, text(otpId, 'otpId'), text(messageId, 'messageId'), text(channel, 'channel'),
      ));
  }

  async eraseRecipient(domain, to) {
    return this.#run((raw, account) =>
      raw.eraseRecipient(account, text(domain, 'domain'), text(to, 'to')));
  }

  async checkSimSwap(phone, given) {
    return this.#run((raw, account) =>
      raw.checkSimSwap(account, text(phone, 'phone'), number(options(given).maxAgeHours, undefined)));
  }

  async #run(begin, finish = (found) => found) {
    const outside = this.#outside;
    const flow = begin(this.#raw, this.#account);
    try {
      return finish(await drive(flow, outside));
    } finally {
      flow.free();
    }
  }
}
redact(Service, () => 'Service()');

const SHARED = Symbol('shared');

/** One effect after the other: what the flow asks for is carried out by the application. */
async function drive(flow, outside) {
  let thrown = null;
  let step = outside.resume(() => flow.start(outside.now()));
  while (step.effect !== undefined) {
    let answer;
    try {
      answer = await EFFECTS[step.effect](step, outside);
    } catch (error) {
      thrown ??= { error };
      answer = (at) => flow.failed(at, reason(step, error));
    }
    try {
      step = outside.resume(() => answer(outside.now(), flow));
    } catch (refused) {
      // The application's own error says more than that its store or provider failed.
      throw thrown !== null && FAILED.has(refused?.code) ? thrown.error : refused;
    }
  }
  return step.found;
}

const EFFECTS = {
  async load({ key, now }, { storage }) {
    const stored = (await storage.load(key, now)) ?? null;
    if (stored === null) return (at, flow) => flow.loaded(at);
    if (!isVersion(stored.version)) throw misuse('storage', 'load must give the version that was swapped in, a bigint');
    return (at, flow) => flow.loaded(at, stored.version, bytesOf(stored));
  },
  async swap({ key, expected, record, now }, { storage }) {
    const swapped = await storage.swap(key, expected, record, now);
    if (typeof swapped !== 'boolean') throw misuse('storage', 'swap must say whether it did: true or false');
    return (at, flow) => flow.swapped(at, swapped);
  },
  async add({ key, amount, expiresAt, now }, { storage }) {
    const sum = await storage.add(key, amount, expiresAt, now);
    // What is none must not read as "nothing so far": the limits are counted in the store.
    if (!Number.isSafeInteger(sum) || sum < 0) throw misuse('storage', 'add must give the sum as a whole number from 0');
    return (at, flow) => flow.added(at, sum);
  },
  async deliver({ message }, { delivery }) {
    const deliver = delivery[message.channel];
    if (deliver === undefined) return (at, flow) => flow.failed(at, 'channel-not-configured');
    const receipt = await deliver.call(delivery, new Message(message));
    return (at, flow) => flow.delivered(at, receipt === 'queued');
  },
  async 'sim-swap'({ phone, maxAgeHours }, { simSwap }) {
    if (simSwap === undefined) return (at, flow) => flow.failed(at, 'channel-not-configured');
    const answer = await simSwap(phone, maxAgeHours);
    if (!SIM_SWAPS.has(answer)) throw misuse('simSwap', 'answer swapped, not-swapped or unknown');
    return (at, flow) => flow.simSwapped(at, answer);
  },
};

const isVersion = (version) => typeof version === 'bigint' && BigInt.asUintN(64, version) === version;

const SIM_SWAPS = new Set(['swapped', 'not-swapped', 'unknown']);

/** What the core says when the outside failed. */
const FAILED = new Set(['storage-unavailable', 'provider-unavailable', 'channel-not-configured']);

/** A function may say that it is not configured; whatever else it throws means no answer. */
function reason({ effect }, error) {
  const outward = effect === 'deliver' || effect === 'sim-swap';
  if (!outward) return 'storage-unavailable';
  const unset = error instanceof KeyfobError && error.code === 'channel-not-configured';
  return unset ? 'channel-not-configured' : 'provider-unavailable';
}

function bytesOf({ bytes }) {
  if (bytes instanceof Uint8Array) return bytes;
  if (bytes instanceof ArrayBuffer) return new Uint8Array(bytes);
  throw misuse('storage', 'load must give the bytes as a Uint8Array');
}

function open({ keys, storage, delivery, simSwap, policy, replayFloor, clock = now, random }) {
  for (const name of ['load', 'swap', 'add']) {
    if (typeof storage?.[name] !== 'function') throw misuse('storage', `storage needs ${name}()`);
  }
  const raw = new RawService(readKeys(keys), options(policy, 'policy'), number(replayFloor, 0));
  const outside = {
    storage,
    delivery: options(delivery, 'delivery'),
    simSwap: simSwap ?? undefined,
    now() {
      const time = Math.floor(clock());
      if (time >= 0) return time;
      throw misuse('clock', 'clock must give Unix seconds');
    },
    resume: (work) => withRandom(random, work),
  };
  return { raw, outside };
}

function readKeys(keys) {
  const { root, sealing } = options(keys, 'keys');
  const raw = new RawKeys(keyBytes(root));
  for (const { id, key } of sealing ?? []) raw.add(number(id, NaN), keyBytes(key));
  return raw;
}

function keyBytes(key) {
  if (key instanceof Uint8Array) return key;
  throw misuse('keys', 'each key is a Uint8Array of 32 random bytes');
}

function withSecret(found) {
  return found.secret === undefined ? found : { ...found, secret: new Secret(found.secret) };
}
