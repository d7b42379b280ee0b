import { KeyfobError, misuse } from './error.js';
import { Message } from './message.js';
import { hide, redact } from './printing.js';
import { DEVICE, SEND, SERVICE, SETTINGS, USER, context, need, read } from './request.js';
import { now, number, text, typed } from './values.js';

const NOBODY = '00000000-0000-0000-0000-000000000000';

/**
 * The class `Service` over an engine, which has
 *
 * - `open(keys, policy, replayFloor)`: the raw service,
 * - `checkAccount(account)`: throws for what is none,
 * - `hand(secret)`: a secret of whatever one can be given as, for a flow to take over,
 * - `begin(raw, account, name, given, random)`: a flow, which starts nothing yet,
 * - `resume(random, work)`: runs `work`, and in it the random bytes come from there,
 * - `secret(raw)`: the Secret of the one in an answer.
 *
 * A flow has `start`, a method for each kind of answer, and `free`. Each gives the next effect, or
 * `{ found }`.
 */
export function serviceOver(engine) {
  class Service {
    #raw;
    #outside;
    #account;

    constructor(given) {
      const { account, ...rest } = given instanceof Shared ? given : read(given, 'options', SERVICE);
      this.#account = account ?? NOBODY;
      engine.checkAccount(this.#account);
      this.#outside = rest.outside ?? outsideOf(rest);
      this.#raw = rest.raw ?? open(rest);
    }

    forAccount(account) {
      return new Service(new Shared(this.#raw, this.#outside, text(account, 'account')));
    }

    async createDomain(given) {
      return this.#run('createDomain', read(given, 'options', SETTINGS));
    }

    async viewDomain(domain) {
      return this.#run('viewDomain', text(domain, 'domain'));
    }

    async createUser(domain, userId, given) {
      const { secret, ...rest } = read(given, 'options', USER);
      const user = [text(domain, 'domain'), text(userId, 'userId')];
      return created(await this.#run('createUser', ...user, handed(secret), rest));
    }

    async openEnrolment(domain, userId, given) {
      const { secret, ...rest } = read(given, 'options', DEVICE);
      const user = [text(domain, 'domain'), text(userId, 'userId')];
      return created(await this.#run('openEnrolment', ...user, handed(secret), rest));
    }

    async viewEnrolment(ticket) {
      return created(await this.#run('viewEnrolment', typed(ticket)));
    }

    async confirmEnrolment(ticket, code) {
      return this.#run('confirmEnrolment', typed(ticket), typed(code));
    }

    async verifyTotp(domain, userId, code) {
      return this.#run('verifyTotp', text(domain, 'domain'), text(userId, 'userId'), typed(code));
    }

    async viewUser(domain, userId) {
      return this.#run('viewUser', text(domain, 'domain'), text(userId, 'userId'));
    }

    async deleteUser(domain, userId) {
      await this.#run('deleteUser', text(domain, 'domain'), text(userId, 'userId'));
    }

    async eraseUser(domain, userId) {
      await this.#run('eraseUser', text(domain, 'domain'), text(userId, 'userId'));
    }

    async send(request) {
      return this.#run('send', need(read(request, 'request', SEND), 'domain', 'channel', 'to'));
    }

    async resend(otpId, given) {
      return this.#run('resend', typed(otpId), read(given, 'options', { channel: text }));
    }

    async verify(otpId, code, given) {
      return this.#run('verify', typed(otpId), typed(code), read(given, 'options', { context }));
    }

    async cancel(otpId) {
      await this.#run('cancel', typed(otpId));
    }

    async viewChallenge(otpId) {
      return this.#run('viewChallenge', typed(otpId));
    }

    async deliveryReport(otpId, messageId, channel, state) {
      const words = [text(channel, 'channel'), text(state, 'state')];
      return this.#run('deliveryReport', typed(otpId), text(messageId, 'messageId'), ...words);
    }

    async wanted(otpId, messageId) {
      return this.#run('wanted', typed(otpId), text(messageId, 'messageId'));
    }

    async fallBack(otpId, messageId, channel) {
      return this.#run('fallBack', typed(otpId), text(messageId, 'messageId'), text(channel, 'channel'));
    }

    async eraseRecipient(domain, to) {
      await this.#run('eraseRecipient', text(domain, 'domain'), text(to, 'to'));
    }

    async checkSimSwap(phone, given) {
      const { maxAgeHours } = read(given, 'options', { maxAgeHours: number });
      return this.#run('checkSimSwap', text(phone, 'phone'), maxAgeHours ?? undefined);
    }

    async #run(name, ...given) {
      const { random } = this.#outside;
      const flow = engine.begin(this.#raw, this.#account, name, given, random);
      try {
        return await drive(flow, this.#outside, (work) => engine.resume(random, work));
      } finally {
        flow.free();
      }
    }
  }
  redact(Service, () => 'Service()');
  return Service;

  function open({ keys, policy, replayFloor }) {
    const { root, sealing } = keys ?? {};
    const keyed = [root, ...(sealing ?? []).map(({ key }) => key)];
    if (!keyed.every((key) => key instanceof Uint8Array)) {
      throw misuse('keys', '{ root, sealing: [{ id, key }] }, each key a Uint8Array of 32 random bytes');
    }
    return engine.open({ root, sealing: sealing ?? [] }, policy ?? {}, replayFloor ?? 0);
  }

  function handed(secret) {
    return secret === undefined || secret === null ? undefined : engine.hand(secret);
  }

  /** What lets a person enrol is there by name alone. */
  function created(found) {
    if (found.secret !== undefined) found.secret = engine.secret(found.secret);
    return hide(found, 'uri', 'ticket');
  }
}

/** What services for several accounts have in common. */
class Shared {
  constructor(raw, outside, account) {
    Object.assign(this, { raw, outside, account });
  }
}

/** The functions of the application. */
function outsideOf({ storage, delivery, simSwap, clock, random }) {
  for (const name of ['load', 'swap', 'add']) {
    if (typeof storage?.[name] !== 'function') throw misuse('storage', 'an object with load, swap and add');
  }
  for (const name of ['sms', 'voice', 'email']) func(delivery?.[name], 'delivery');
  return {
    storage,
    delivery: delivery ?? {},
    simSwap: func(simSwap, 'simSwap'),
    clock: func(clock, 'clock') ?? now,
    random: func(random, 'random'),
  };
}

function func(value, argument) {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'function') return value;
  throw misuse(argument, 'a function');
}

/** One effect after the other: what the flow asks for is carried out by the application. */
async function drive(flow, outside, resume) {
  const at = () => {
    const time = Math.floor(outside.clock());
    if (Number.isSafeInteger(time) && time >= 0) return time;
    throw misuse('clock', 'a function that gives Unix seconds');
  };
  let thrown = null;
  let step = resume(() => flow.start(at()));
  while (step.effect !== undefined) {
    let answer;
    try {
      answer = await EFFECTS[step.effect](step, outside);
    } catch (error) {
      thrown ??= { error };
      answer = ['failed', reason(error)];
    }
    const [kind, ...given] = answer;
    try {
      step = resume(() => flow[kind](at(), ...given));
    } catch (refused) {
      // The application's own error says more than that its store or provider failed.
      throw thrown !== null && FAILED.has(refused?.code) ? thrown.error : refused;
    }
  }
  return step.found;
}

/** Each answers with the method of the flow to go on by, and what to tell it. */
const EFFECTS = {
  async load({ key, now }, { storage }) {
    const stored = (await storage.load(key, now)) ?? null;
    if (stored === null) return ['loaded'];
    const { version, bytes } = stored;
    const isVersion = typeof version === 'bigint' && BigInt.asUintN(64, version) === version;
    if (isVersion && bytes instanceof Uint8Array) return ['loaded', version, bytes];
    throw misuse('storage', 'such that load answers { version: bigint, bytes: Uint8Array } or null');
  },
  async swap({ key, expected, record, now }, { storage }) {
    const swapped = await storage.swap(key, expected, record, now);
    if (typeof swapped === 'boolean') return ['swapped', swapped];
    throw misuse('storage', 'such that swap answers true or false');
  },
  async add({ key, amount, expiresAt, now }, { storage }) {
    const sum = await storage.add(key, amount, expiresAt, now);
    // What is none must not read as "nothing so far": the limits are counted in the store.
    if (Number.isSafeInteger(sum) && sum >= 0) return ['added', sum];
    throw misuse('storage', 'such that add answers the sum, a whole number from 0');
  },
  async deliver({ message }, { delivery }) {
    const deliver = delivery[message.channel] ?? null;
    if (deliver === null) return ['failed', UNSET];
    const receipt = await deliver.call(delivery, new Message(message));
    if (receipt === undefined || receipt === 'sent') return ['delivered', false];
    if (receipt === 'queued') return ['delivered', true];
    throw misuse('delivery', "such that it answers 'sent', 'queued' or nothing, and throws when it failed");
  },
  async 'sim-swap'({ phone, maxAgeHours }, { simSwap }) {
    if (simSwap === undefined) return ['failed', UNSET];
    const answer = await simSwap(phone, maxAgeHours);
    if (SIM_SWAPS.has(answer)) return ['simSwapped', answer];
    throw misuse('simSwap', 'such that it answers swapped, not-swapped or unknown');
  },
};

const SIM_SWAPS = new Set(['swapped', 'not-swapped', 'unknown']);
const UNSET = 'channel-not-configured';

/** What the core says when the outside failed. */
const FAILED = new Set(['storage-unavailable', 'provider-unavailable', UNSET]);

/**
 * A provider may say that it is not configured; whatever else is thrown means no answer. Of a store
 * the core makes of either that it is unavailable.
 */
function reason(error) {
  return error instanceof KeyfobError && error.code === UNSET ? UNSET : 'provider-unavailable';
}
