// Runs `tests/vectors` against a keyfob package. Needs nothing of the runtime but the language,
// so that it runs in Node, Deno, Bun, workerd and browsers alike.

const START = 1_800_000_000;
const ACCOUNT = '03030303-0303-4303-8303-030303030303';
const OTHER_ACCOUNT = '04040404-0404-4404-8404-040404040404';

/**
 * Runs every file of the manifest. `read(name)` gives a file's text, `log` takes a line for each.
 * Returns how many cases ran, and what was not as expected.
 */
export async function runVectors(keyfob, read, log = console.log) {
  const manifest = parse(await read('manifest.json'));
  const failures = [];
  let ran = 0;
  for (const [file, total] of Object.entries(manifest)) {
    const { cases } = parse(await read(file));
    const run = RUNNERS[file];
    if (!run) {
      failures.push(`${file}: nothing runs it`);
      continue;
    }
    for (const one of cases) {
      try {
        await run(keyfob, one);
      } catch (error) {
        failures.push(`${file}: ${one.id}: ${error?.stack ?? error}`);
      }
    }
    if (cases.length !== total) failures.push(`${file}: ${cases.length} cases, ${total} in the manifest`);
    ran += cases.length;
    log(`${file} ${cases.length}/${total}`);
  }
  return { ran, failures };
}

const RUNNERS = {
  'base32.json'({ Secret }, { text, expect }) {
    equal(attempt(() => {
      const secret = new Secret(text);
      return { secret: toHexadecimal(secret.exposeBytes()), canonical: secret.exposeBase32() };
    }, ['position']), expect);
  },

  'codes.json'(keyfob, one) {
    equal(CODES[one.kind](keyfob, one), one.expect);
  },

  'hotp.json'({ HOTP }, one) {
    const { kind, counter, code, codes, look_ahead: lookAhead, algorithm, digits, expect } = one;
    const secret = fromHexadecimal(one.secret);
    const hotp = new HOTP({ secret, algorithm, digits, lookAhead });
    if (kind === 'generate') return equal({ code: hotp.generate(counter) }, expect);
    const found = kind === 'verify'
      ? hotp.verify(code, counter)
      : hotp.resynchronise(codes[0], codes[1], counter, lookAhead);
    equal(found.valid, expect.outcome === 'accepted');
    const next = found.valid ? { next_counter: found.nextCounter } : {};
    equal({ outcome: found.outcome, ...next }, expect);
  },

  'totp.json'({ TOTP }, one) {
    const { kind, time, algorithm, digits, period, epoch, window, drift_limit: driftLimit } = one;
    const secret = fromHexadecimal(one.secret);
    const totp = new TOTP({ secret, algorithm, digits, period, epoch, window, driftLimit });
    if (kind === 'generate') {
      return equal({ code: totp.generate(time), remaining: totp.remaining(time) }, one.expect);
    }
    equal(judged(totp, one), one.expect);
  },

  'steam.json'({ Steam }, one) {
    const steam = new Steam({ secret: fromHexadecimal(one.secret) });
    if (one.kind === 'generate') return equal({ code: steam.generate(one.time) }, one.expect);
    equal(judged(steam, one), one.expect);
  },

  'uri.json'({ parseUri, Enrolment }, { uri, mode, expect, rebuilt }) {
    for (const each of mode === 'both' ? ['strict', 'lenient'] : [mode]) {
      let enrolment;
      equal(attempt(() => {
        enrolment = parseUri(uri, { mode: each });
        const warnings = enrolment.warnings.map(({ code }) => code);
        return { ...describe(enrolment), parameters: enrolment.parameters, warnings };
      }), expect);
      if (!enrolment) continue;
      const written = enrolment.toUri();
      if (rebuilt !== undefined) equal(written, rebuilt);
      const again = parseUri(written, { mode: 'lenient' });
      equal({ ...describe(again), parameters: again.parameters }, {
        ...describe(enrolment), parameters: enrolment.parameters,
      });
      check(again instanceof Enrolment, 'an Enrolment');
    }
  },

  'migration.json'({ importMigration }, { uri, expect }) {
    equal(attempt(() => {
      const { entries, skipped, batchSize, batchIndex, batchId } = importMigration(uri);
      return {
        entries: entries.map(describe), skipped, batch_size: batchSize, batch_index: batchIndex,
        batch_id: batchId,
      };
    }), expect);
  },

  'messages.json'(keyfob, one) {
    equal(attempt(() => MESSAGES[one.kind](keyfob, one), ['position']), one.expect);
  },

  async 'flows.json'(keyfob, one) {
    const stage = new Stage(keyfob);
    await stage.open();
    for (const [number, step] of one.steps.entries()) {
      const answer = await stage.play(step);
      const place = `step ${number}: ${JSON.stringify(step)} in ${JSON.stringify(answer)}`;
      const expected = step.expect ?? {};
      if (!('error' in expected)) equal(answer.error, undefined, place);
      for (const [field, value] of Object.entries(expected)) equal(answer[field], value, place);
    }
  },
};

const CODES = {
  policy({ CodePolicy }, { length, alphabet }) {
    return attempt(() => {
      const policy = new CodePolicy({ length, alphabet });
      return { entropy_millibits: policy.entropyMillibits, is_guessable: policy.isGuessable };
    });
  },
  normalise({ CodePolicy }, { length, alphabet, typed }) {
    const code = new CodePolicy({ length, alphabet }).normalise(typed);
    return code === null ? { outcome: 'malformed' } : { code };
  },
  recovery({ RecoverySet, normaliseRecoveryCode }, { typed, valid }) {
    const set = new RecoverySet({ entries: [{ hash: valid, used: false }] });
    const { outcome, valid: accepted } = set.redeem(typed);
    equal(accepted, outcome === 'accepted');
    return accepted ? { outcome, shown: normaliseRecoveryCode(typed) } : { outcome };
  },
};

const MESSAGES = {
  recipient: ({ parseRecipient }, { channel, text }) => parseRecipient(channel, text),
  template({ checkTemplate }, { text }) {
    checkTemplate(text);
    return { accepted: true };
  },
  message({ composeMessage }, { template, code, minutes, context, ending }) {
    const line = ending && {
      originBound: ending['origin-bound'], androidAppHash: ending['android-app-hash'],
    };
    return { text: composeMessage({ template, code, minutes, context, ending: line }) };
  },
  context: ({ contextBytes }, { fields }) => ({ bytes: toHexadecimal(contextBytes(fields)) }),
  segments: ({ segments }, { text }) => segments(text),
  speech({ composeSpeech, toSsml }, { template, code, minutes, context }) {
    const text = composeSpeech({ template, code, minutes, context });
    return { text, ssml: toSsml(text) };
  },
};

/** One scripted flow: a service with one domain, and what the case gave names to. */
class Stage {
  #now = START;
  #policy = {};
  #store = new MemoryStorage();
  #tickets = new Map();
  #challenges = new Map();
  #configured = ['sms', 'voice', 'email'];
  #sim = 'not-swapped';
  #messages = [];

  constructor(keyfob) {
    this.keyfob = keyfob;
    this.service = this.#start(0);
  }

  async open() {
    this.domain = await this.service.forAccount(ACCOUNT).createDomain({ name: 'Example Bank' });
  }

  async play(step) {
    this.#now = START + step.at;
    try {
      return (await STEPS[step.do].call(this, step, this.#of(step))) ?? {};
    } catch (error) {
      if (!(error instanceof this.keyfob.KeyfobError)) throw error;
      return {
        error: error.code,
        ...(error.retryAt !== undefined && { limit: error.limit, retry_at: error.retryAt - START }),
        ...(error.until !== undefined && { until: error.until - START }),
      };
    }
  }

  #of(step) {
    return this.service.forAccount(step.account === 'other' ? OTHER_ACCOUNT : ACCOUNT);
  }

  #start(replayFloor, policy = this.#policy) {
    const stage = this;
    const deliver = (channel) => (message) => {
      equal(message.channel, channel);
      stage.#messages.push(message);
      return 'queued';
    };
    return new this.keyfob.Service({
      keys: { root: new Uint8Array(32).fill(1), sealing: [{ id: 1, key: new Uint8Array(32).fill(2) }] },
      storage: {
        load: (...all) => stage.#store.load(...all),
        swap: (...all) => stage.#store.swap(...all),
        add: (...all) => stage.#store.add(...all),
      },
      delivery: Object.fromEntries(this.#configured.map((channel) => [channel, deliver(channel)])),
      simSwap: () => stage.#sim,
      policy,
      replayFloor,
      clock: () => stage.#now,
    });
  }

  keepTicket(name, created) {
    if (created.status === 'pending') this.#tickets.set(name, created.ticket);
  }

  ticket({ ticket }) {
    return this.#tickets.get(ticket);
  }

  otpId({ otp }) {
    return this.#challenges.get(otp).otpId;
  }

  sent({ otp }, sent) {
    const messages = this.#challenges.get(otp)?.messages ?? [];
    messages.push(this.#messages.at(-1));
    this.#challenges.set(otp, { otpId: sent.otpId, messages });
    return {
      channel: sent.channel, language: sent.language, expires_at: sent.expiresAt - START,
      resend_at: sent.resendAt - START, attempts_left: sent.attemptsLeft, sim_swap: sent.simSwap,
    };
  }

  sentCode({ otp, code }) {
    const { messages } = this.#challenges.get(otp);
    const last = messages.at(-1).code;
    if (code === 'sent') return last;
    if (code === 'previous') return messages.at(-2).code;
    if (code === 'short') return last.slice(1);
    check(code === 'wrong', `no such code: ${code}`);
    return (last.startsWith('0') ? '1' : '0') + last.slice(1);
  }

  message({ otp, message }) {
    const { otpId, messages } = this.#challenges.get(otp);
    return [otpId, messages.at(message === 'previous' ? -2 : -1).messageId];
  }

  configure(channels) {
    this.#configured = channels;
    this.service = this.#start(0);
  }

  sim(answer) {
    this.#sim = answer;
  }

  policy(policy) {
    this.service = this.#start(0, policy);
    this.#policy = policy;
  }

  backup() {
    this.saved = this.#store.copy();
  }

  restore() {
    this.#store = this.saved;
    this.service = this.#start(this.#now);
  }

  stored() {
    return this.#store.records.size;
  }
}

const STEPS = {
  async 'create-domain'(step, service) {
    const { name, fallback_after: fallbackAfter } = step;
    this.domain = await service.createDomain({ name, fallbackAfter, simSwap: camel(step.sim_swap) });
  },
  async 'view-domain'(step, service) {
    return domain(await service.viewDomain(this.domain));
  },
  async 'change-domain'(step, service) {
    return domain(await service.changeDomain(this.domain, camel(step.change)));
  },
  async 'create-user'(step, service) {
    const { secret, enrolled } = step;
    const options = { secret, returnSecret: enrolled !== false };
    this.keepTicket(step.ticket, await service.createUser(this.domain, step.user, options));
  },
  async 'open-enrolment'(step, service) {
    const options = { secret: step.secret, revoke: step.revoke === true };
    this.keepTicket(step.ticket, await service.openEnrolment(this.domain, step.user, options));
  },
  async 'view-enrolment'(step, service) {
    const { secret, issuer, expiresAt } = await service.viewEnrolment(this.ticket(step));
    return { secret: secret.exposeBase32(), issuer, expires_at: expiresAt - START };
  },
  async 'confirm-enrolment'(step, service) {
    return verdict(await service.confirmEnrolment(this.ticket(step), step.code));
  },
  async 'verify-totp'(step, service) {
    return verdict(await service.verifyTotp(this.domain, step.user, step.code));
  },
  async 'view-user'(step, service) {
    const { status, failures, until } = await service.viewUser(this.domain, step.user);
    return { status, failures, until: until === null ? null : until - START };
  },
  async 'delete-user'(step, service) {
    await service.deleteUser(this.domain, step.user);
  },
  async 'erase-user'(step, service) {
    await service.eraseUser(this.domain, step.user);
  },
  async 'erase-recipient'(step, service) {
    await service.eraseRecipient(this.domain, step.to);
  },
  async send(step, service) {
    const sent = await service.send({
      domain: this.domain, channel: step.channels ?? 'sms', to: step.to, language: step.language,
      expiry: step.expiry, context: step.context, client: step.client, simSwap: camel(step.sim_swap),
    });
    return this.sent(step, sent);
  },
  async resend(step, service) {
    return this.sent(step, await service.resend(this.otpId(step), { channel: step.channel }));
  },
  async verify(step, service) {
    const { context } = step;
    return verdict(await service.verify(this.otpId(step), this.sentCode(step), { context }));
  },
  async cancel(step, service) {
    await service.cancel(this.otpId(step));
  },
  async 'view-challenge'(step, service) {
    const { status, channel, delivery, attemptsLeft } = await service.viewChallenge(this.otpId(step));
    return { status, channel, delivery, attempts_left: attemptsLeft };
  },
  async 'delivery-report'(step, service) {
    return { news: await service.deliveryReport(...this.message(step), step.channel, step.state) };
  },
  async wanted(step, service) {
    return { wanted: await service.wanted(...this.message(step)) };
  },
  async 'fall-back'(step, service) {
    const { open, outcome, reason } = await service.fallBack(...this.message(step), step.channel);
    equal(open, outcome === 'open');
    return { way: outcome, reason: reason?.code ?? null };
  },
  async 'check-sim-swap'(step, service) {
    const options = { maxAgeHours: step.max_age_hours };
    const { answer, source, checkedAt } = await service.checkSimSwap(step.to, options);
    return { answer, source, checked_at: checkedAt === null ? null : checkedAt - START };
  },
  configure(step) {
    this.configure(step.channels);
  },
  sim(step) {
    this.sim(step.sim);
  },
  policy(step) {
    this.policy(camel(step.policy));
  },
  backup() {
    this.backup();
  },
  restore() {
    this.restore();
  },
  empty() {
    equal(this.stored(), 1, 'the domain alone is left');
  },
};

/** A store for tests: it keeps to the contract, and to nothing but this process. */
export class MemoryStorage {
  records = new Map();
  counters = new Map();

  load(key, now) {
    return alive(this.records.get(key), now);
  }

  swap(key, expected, record, now) {
    const found = alive(this.records.get(key), now);
    if ((found?.version ?? null) !== expected) return false;
    if (record === null) this.records.delete(key);
    else this.records.set(key, record);
    return true;
  }

  add(key, amount, expiresAt, now) {
    const sum = Math.max(0, (alive(this.counters.get(key), now)?.sum ?? 0) + amount);
    this.counters.set(key, { sum, expiresAt });
    return sum;
  }

  copy() {
    const copy = new MemoryStorage();
    copy.records = new Map(this.records);
    copy.counters = new Map(this.counters);
    return copy;
  }
}

function alive(record, now) {
  return record && (record.expiresAt === null || now < record.expiresAt) ? record : null;
}

/** What names are in the vectors as they are here; places and accounts are no such names. */
function camel(value) {
  if (Array.isArray(value)) return value.map(camel);
  if (value === null || typeof value !== 'object') return value;
  const name = (key) => key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [name(key), camel(inner)]));
}

function domain({ name, createdAt, simSwap, fallbackAfter }) {
  return {
    name, created_at: createdAt - START, fallback_after: fallbackAfter,
    sim_swap: simSwap && {
      max_age_hours: simSwap.maxAgeHours, on_swapped: simSwap.onSwapped, on_unknown: simSwap.onUnknown,
    },
  };
}

function verdict({ valid, outcome, attemptsLeft, until }) {
  equal(valid, outcome === 'accepted');
  return {
    outcome,
    ...(attemptsLeft !== null && { attempts_left: attemptsLeft }),
    ...(until !== null && { until: until - START }),
  };
}

/** The attempts of a case, one after the other, with the state handed on. */
function judged(verifier, { state, attempts }) {
  let kept = { lastStep: state.last_step, drift: state.drift };
  return {
    outcomes: attempts.map(({ code, time }) => {
      const { valid, outcome, delta, step, state: next } = verifier.verify(code, { time, state: kept });
      equal(valid, outcome === 'accepted');
      if (outcome === 'replayed') return { outcome, step };
      if (!valid) return { outcome };
      equal(next.lastStep, step);
      kept = next;
      return { outcome, step, drift: delta, state_drift: next.drift };
    }),
  };
}

function describe(enrolment) {
  const { type, issuer, account, secret, algorithm, digits, period, counter } = enrolment;
  return {
    type, issuer, account, secret: secret.exposeBase32(), algorithm, digits,
    ...(period !== null && { period }), ...(counter !== null && { counter }),
  };
}

/** What `work` gives, or the error as the vectors write it, with these of its details. */
function attempt(work, details = []) {
  try {
    return work();
  } catch (error) {
    if (error?.name !== 'KeyfobError') throw error;
    const known = details.filter((name) => error[name] !== undefined);
    return { error: error.code, ...Object.fromEntries(known.map((name) => [name, error[name]])) };
  }
}

/** JSON, with whole numbers that a number would not hold as bigints. */
function parse(text) {
  const marked = text.replace(/([:[,]\s*)(-?\d{16,})(?=\s*[,}\]])/g, '$1"bigint $2"');
  return JSON.parse(marked, (_, value) => {
    if (typeof value !== 'string' || !value.startsWith('bigint ')) return value;
    const exact = BigInt(value.slice(7));
    return exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : exact;
  });
}

function equal(found, expected, place = '') {
  const [one, other] = [canonical(found), canonical(expected)];
  check(one === other, `expected ${other}, found ${one} ${place}`);
}

/** Keys in one order; a bigint is the number that it is. */
function canonical(value) {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return `[${value.map(canonical)}]`;
  if (value === null || typeof value !== 'object') return String(JSON.stringify(value));
  const keys = Object.keys(value).filter((key) => value[key] !== undefined).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`)}}`;
}

function check(holds, message) {
  if (!holds) throw new Error(message);
}

function fromHexadecimal(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function toHexadecimal(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
