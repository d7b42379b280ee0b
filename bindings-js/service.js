import { KeyfobError, misuse, unknown } from './error.js';
import { Message } from './message.js';
import { hide, redact } from './printing.js';
import { DEVICE, SEND, SERVICE, SETTINGS, USER, context, read } from './request.js';
import { bytes, now, number, text, typed } from './values.js';

const NOBODY = '00000000-0000-0000-0000-000000000000';

/**
 * The class `Service` over an engine, which has
 *
 * - `open(keys, policy, replayFloor)`: the raw service,
 * - `checkAccount(account)`: throws for what is none,
 * - `hand(secret)`: a secret of whatever one can be given as, for a flow to take over,
 * - `begin(raw, account, name, given, random)`: a flow, which starts nothing yet; what it is given has
 *   names, in the order in which engines take it,
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
      const fields = given instanceof Shared ? given : read(given, 'options', SERVICE, 'keys');
      this.#account = fields.account ?? NOBODY;
      engine.checkAccount(this.#account);
      this.#outside = fields.outside ?? outsideOf(fields);
      this.#raw = fields.raw ?? open(fields);
    }

    forAccount(account) {
      return new Service(new Shared(this.#raw, this.#outside, text(account, 'account')));
    }

    async createDomain(given) {
      return this.#run('createDomain', { options: read(given, 'options', SETTINGS) });
    }

    async changeDomain(domain, change) {
      return this.#run('changeDomain', { domain: text(domain, 'domain'), change: read(change, 'change', SETTINGS) });
    }

    async viewDomain(domain) {
      return this.#run('viewDomain', { domain: text(domain, 'domain') });
    }

    async createUser(domain, userId, given) {
      const { secret, ...options } = read(given, 'options', USER);
      const user = userOf(domain, userId);
      return created(await this.#run('createUser', { ...user, secret: handed(secret), options }));
    }

    async openEnrolment(domain, userId, given) {
      const { secret, ...options } = read(given, 'options', DEVICE);
      const user = userOf(domain, userId);
      return created(await this.#run('openEnrolment', { ...user, secret: handed(secret), options }));
    }

    async viewEnrolment(ticket) {
      return created(await this.#run('viewEnrolment', { ticket: typed(ticket) }));
    }

    async confirmEnrolment(ticket, code) {
      return this.#run('confirmEnrolment', { ticket: typed(ticket), code: typed(code) });
    }

    async verifyTotp(domain, userId, code) {
      return this.#run('verifyTotp', { ...userOf(domain, userId), code: typed(code) });
    }

    async viewUser(domain, userId) {
      return this.#run('viewUser', userOf(domain, userId));
    }

    async deleteUser(domain, userId) {
      await this.#run('deleteUser', userOf(domain, userId));
    }

    async eraseUser(domain, userId) {
      await this.#run('eraseUser', userOf(domain, userId));
    }

    async send(request) {
      return this.#run('send', { request: read(request, 'request', SEND, 'domain', 'channel', 'to') });
    }

    async resend(otpId, given) {
      return this.#run('resend', { otpId: typed(otpId), options: read(given, 'options', { channel: text }) });
    }

    async verify(otpId, code, given) {
      const options = read(given, 'options', { context });
      return this.#run('verify', { otpId: typed(otpId), code: typed(code), options });
    }

    async cancel(otpId) {
      await this.#run('cancel', { otpId: typed(otpId) });
    }

    async viewChallenge(otpId) {
      return this.#run('viewChallenge', { otpId: typed(otpId) });
    }

    async deliveryReport(otpId, messageId, channel, state) {
      const words = { channel: text(channel, 'channel'), state: text(state, 'state') };
      return this.#run('deliveryReport', { ...messageOf(otpId, messageId), ...words });
    }

    async wanted(otpId, messageId) {
      return this.#run('wanted', messageOf(otpId, messageId));
    }

    async fallBack(otpId, messageId, channel) {
      return this.#run('fallBack', { ...messageOf(otpId, messageId), channel: text(channel, 'channel') });
    }

    async eraseRecipient(domain, to) {
      await this.#run('eraseRecipient', { domain: text(domain, 'domain'), to: text(to, 'to') });
    }

    async checkSimSwap(phone, given) {
      const { maxAgeHours } = read(given, 'options', { maxAgeHours: number });
      return this.#run('checkSimSwap', { phone: text(phone, 'phone'), maxAgeHours: maxAgeHours ?? undefined });
    }

    async #run(name, given) {
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
    return engine.open(keys, policy ?? {}, replayFloor ?? 0);
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

function userOf(domain, userId) {
  return { domain: text(domain, 'domain'), userId: text(userId, 'userId') };
}

function messageOf(otpId, messageId) {
  return { otpId: typed(otpId), messageId: text(messageId, 'messageId') };
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
  if ((delivery ?? null) !== null) checkDelivery(delivery);
  return {
    storage,
    delivery: delivery ?? {},
    simSwap: func(simSwap, 'simSwap'),
    clock: func(clock, 'clock', CLOCK) ?? now,
    random: func(random, 'random'),
  };
}

const WAYS = ['sms', 'voice', 'email'];

/** A function that is no way to anybody would never be called; those of a class are its own affair. */
function checkDelivery(delivery) {
  const ways = WAYS.filter((name) => func(delivery[name], `delivery.${name}`));
  if (ways.length === 0) throw misuse('delivery', 'an object with a function for each way there is: sms, voice, email');
  if (Object.getPrototypeOf(delivery) !== Object.prototype) return;
  for (const key of Object.keys(delivery)) {
    if (typeof delivery[key] === 'function' && !WAYS.includes(key)) throw unknown('delivery', key, WAYS, 'delivery.');
  }
}

function func(value, argument, wanted = 'a function') {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'function') return value;
  throw misuse(argument, wanted);
}

const CLOCK = 'a function that gives Unix seconds as a number, such as () => Date.now() / 1000';

/** One effect after the other: what the flow asks for is carried out by the application. */
async function drive(flow, outside, resume) {
  const at = () => {
    const given = outside.clock();
    const time = typeof given === 'number' ? Math.floor(given) : NaN; // a Date would read as one, and null as 0
    if (Number.isSafeInteger(time) && time >= 0) return time;
    throw misuse('clock', CLOCK);
  };
  const causes = new Map();
  let step = resume(() => flow.start(at()));
  while (step.effect !== undefined) {
    let answer;
    try {
      answer = await EFFECTS[step.effect](step, outside);
    } catch (error) {
      const code = reason(error);
      causes.set(STORE.has(step.effect) ? 'storage-unavailable' : code, error);
      answer = ['failed', code];
    }
    const [kind, ...given] = answer;
    try {
      step = resume(() => flow[kind](at(), ...given));
    } catch (refused) {
      // The application's own error says more than that its store or provider failed; of several
      // it is the one that the core tells of.
      throw causes.has(refused?.code) ? causes.get(refused.code) : refused;
    }
  }
  return step.found;
}

/** Each answers with the method of the flow to go on by, and what to tell it. */
const EFFECTS = {
  async load({ key, now }, { storage }) {
    const stored = (await storage.load(key, now)) ?? null;
    if (stored === null) return ['loaded'];
    const { version, bytes: record } = stored;
    const wanted = 'such that load answers { version: bigint, bytes: Uint8Array } or null';
    const isVersion = typeof version === 'bigint' && BigInt.asUintN(64, version) === version;
    if (isVersion) return ['loaded', version, bytes(record, 'storage', wanted, LONGEST_RECORD)];
    throw misuse('storage', wanted);
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

/** Longer than any that was handed to a store, by far. */
const LONGEST_RECORD = 1 << 20;

const SIM_SWAPS = new Set(['swapped', 'not-swapped', 'unknown']);
const UNSET = 'channel-not-configured';

/** The effects that a store carries out: whatever it throws, the core says that it is unavailable. */
const STORE = new Set(['load', 'swap', 'add']);

/**
 * A provider may say that it is not configured; whatever else is thrown means no answer. Of a store
 * the core makes of either that it is unavailable.
 */
function reason(error) {
  return error instanceof KeyfobError && error.code === UNSET ? UNSET : 'provider-unavailable';
}
