'use strict'

const native = require('./native.js')
const { invalid, throwing } = require('./error.js')
const { Secret, handleOf } = require('./secret.js')
const { hide, number, options: checked, redact, typed } = require('./values.js')

const create = throwing(native.serviceNew)
const checkAccount = throwing(native.accountCheck)
const begin = throwing(native.flowNew)
const start = throwing(native.flowStart)
const resume = throwing(native.flowResume)

const NO_ACCOUNT = '00000000-0000-0000-0000-000000000000'
/** More random bytes than a flow takes from one effect to the next. */
const RANDOM_BYTES = 1024

class Service {
  #native
  #ports
  #account

  constructor(options, account) {
    if (options instanceof Shared) {
      this.#native = options.native
      this.#ports = options.ports
    } else {
      this.#ports = portsOf(options)
      this.#native = serviceOf(options)
    }
    this.#account = account ?? options.account ?? NO_ACCOUNT
    checkAccount(this.#account)
  }

  forAccount(account) {
    return new Service(new Shared(this.#native, this.#ports), account)
  }

  createDomain(options) {
    return this.#run('createDomain', { ...checked(options) })
  }

  viewDomain(domain) {
    return this.#run('viewDomain', { domain })
  }

  async createUser(domain, userId, options) {
    return created(await this.#run('createUser', { ...enrolment(options), domain, userId }))
  }

  async openEnrolment(domain, userId, options) {
    return created(await this.#run('openEnrolment', { ...enrolment(options), domain, userId }))
  }

  async viewEnrolment(ticket) {
    return created(await this.#run('viewEnrolment', { ticket: typed(ticket) }))
  }

  confirmEnrolment(ticket, code) {
    return this.#run('confirmEnrolment', { ticket: typed(ticket), code: typed(code) })
  }

  verifyTotp(domain, userId, code) {
    return this.#run('verifyTotp', { domain, userId, code: typed(code) })
  }

  viewUser(domain, userId) {
    return this.#run('viewUser', { domain, userId })
  }

  async deleteUser(domain, userId) {
    await this.#run('deleteUser', { domain, userId })
  }

  async eraseUser(domain, userId) {
    await this.#run('eraseUser', { domain, userId })
  }

  send(request) {
    const { channel, ...rest } = checked(request, 'request')
    return this.#run('send', { ...rest, channel: Array.isArray(channel) ? channel : [channel] })
  }

  resend(otpId, options) {
    return this.#run('resend', { otpId: typed(otpId), channel: checked(options).channel })
  }

  verify(otpId, code, options) {
    return this.#run('verify', { otpId: typed(otpId), code: typed(code), context: checked(options).context })
  }

  async cancel(otpId) {
    await this.#run('cancel', { otpId: typed(otpId) })
  }

  viewChallenge(otpId) {
    return this.#run('viewChallenge', { otpId: typed(otpId) })
  }

  deliveryReport(otpId, messageId, channel, state) {
    return this.#run('deliveryReport', { otpId, messageId, channel, state })
  }

  isWanted(otpId, messageId) {
    return this.#run('isWanted', { otpId, messageId })
  }

  fallBack(otpId, messageId, channel) {
    return this.#run('fallBack', { otpId, messageId, channel })
  }

  async eraseRecipient(domain, to) {
    await this.#run('eraseRecipient', { domain, to })
  }

  checkSimSwap(phone, options) {
    return this.#run('checkSimSwap', { phone, maxAgeHours: checked(options).maxAgeHours })
  }

  /** Drives one flow of the engine: it asks for an effect at a time, until it is done. */
  async #run(name, values) {
    const ports = this.#ports
    const random = ports.random && (() => ports.random(new Uint8Array(RANDOM_BYTES)))
    const flow = begin(this.#native, this.#account, name, JSON.stringify(values), Boolean(random))
    const failures = []
    try {
      let step = start(flow, ports.clock(), random?.())
      while (step.kind !== 'done') {
        const answer = await carryOut(step, ports, failures)
        step = resume(flow, ports.clock(), answer, random?.())
      }
      return JSON.parse(step.json)
    } catch (error) {
      // What the provider threw says more than that it was not available.
      throw error.code === 'provider-unavailable' && failures.length > 0 ? failures.at(-1) : error
    }
  }
}

/** What services for several accounts have in common. */
class Shared {
  constructor(native, ports) {
    this.native = native
    this.ports = ports
  }
}

class Message {
  constructor({ fallbacks, ...fields }) {
    Object.assign(this, fields, { fallbacks: Object.freeze(fallbacks.map((other) => new Fallback(other))) })
    Object.freeze(this)
  }
}
redact(Message, ({ otpId, messageId, channel, language, expiresAt }) => ({
  otpId, messageId, channel, language, expiresAt,
}))

class Fallback {
  constructor(fields) {
    Object.freeze(Object.assign(this, fields))
  }
}
redact(Fallback, ({ channel }) => ({ channel }))

/** Carries out what a flow asks for. What storage throws ends the flow where it stands. */
async function carryOut(step, { storage, delivery, simSwap }, failures) {
  const { key, now } = step
  switch (step.kind) {
    case 'load': {
      const stored = await storage.load(key, now)
      if (stored === undefined || stored === null) return { kind: 'loaded' }
      return { kind: 'loaded', ...checkedStored(stored) }
    }
    case 'swap': {
      const { expected, version, bytes, expiresAt } = step
      const record = version === undefined ? null : { version, bytes, expiresAt: expiresAt ?? null }
      const swapped = await storage.swap(key, expected ?? null, record, now)
      if (typeof swapped !== 'boolean') throw invalid('storage.swap', 'a function that answers true or false')
      return { kind: 'swapped', swapped }
    }
    case 'add': {
      const sum = await storage.add(key, step.amount, step.expiresAt, now)
      if (!Number.isSafeInteger(sum) || sum < 0) throw invalid('storage.add', 'a function that answers the sum')
      return { kind: 'added', sum }
    }
    case 'deliver': {
      const message = new Message(JSON.parse(step.json))
      const deliver = delivery?.[message.channel]
      if (deliver === undefined) return { kind: 'failed', word: 'channel-not-configured' }
      const word = await attempt(() => deliver.call(delivery, message), failures)
      return word ? { kind: 'delivered', word: word.value ?? 'sent' } : { kind: 'failed', word: 'provider-unavailable' }
    }
    default: {
      if (simSwap === undefined) return { kind: 'failed', word: 'channel-not-configured' }
      const word = await attempt(() => simSwap(step.phone, step.maxAgeHours), failures)
      return word ? { kind: 'sim-swapped', word: word.value } : { kind: 'failed', word: 'provider-unavailable' }
    }
  }
}

/** What a provider answered. If it threw there may be another way: the flow decides. */
async function attempt(call, failures) {
  try {
    return { value: await call() }
  } catch (error) {
    failures.push(error)
    return undefined
  }
}

function checkedStored({ version, bytes }) {
  if (typeof version === 'bigint' && bytes instanceof Uint8Array) return { version, bytes }
  throw invalid('storage.load', 'a function that answers { version: bigint, bytes: Uint8Array } or null')
}

function portsOf(options) {
  const { storage, delivery, simSwap, clock, random } = checked(options)
  for (const name of ['load', 'swap', 'add']) {
    if (typeof storage?.[name] !== 'function') throw invalid('storage', 'an object with load, swap and add')
  }
  return { storage, delivery, simSwap, clock: clock ?? (() => Date.now() / 1000), random: random && filled(random) }
}

function filled(random) {
  return (bytes) => {
    random(bytes)
    return bytes
  }
}

function serviceOf({ keys, policy, replayFloor }) {
  if (!(keys?.root instanceof Uint8Array) || !Array.isArray(keys.sealing)) {
    throw invalid('keys', '{ root: 32 bytes, sealing: [{ id, key: 32 bytes }] }')
  }
  const { window, ...rest } = checked(policy, 'policy')
  const steps = window === undefined || Array.isArray(window) ? window : [window, window]
  return create(keys.root, keys.sealing, JSON.stringify({ ...rest, window: steps }), number(replayFloor, 0))
}

function enrolment(options) {
  const { secret, ...rest } = checked(options)
  if (secret === undefined || secret === null) return rest
  return { ...rest, secret: native.secretExposeBase32(handleOf(secret)) }
}

/** Leaves what lets a person enrol out of logs: it is there by name. */
function created(answer) {
  if (answer.secret !== undefined) answer.secret = new Secret(answer.secret)
  return hide(answer, 'uri', 'ticket')
}

module.exports = { Service }
