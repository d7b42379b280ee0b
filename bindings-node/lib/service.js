'use strict'

const native = require('./native.js')
const { KeyfobError, invalid, throwing } = require('./error.js')
const { Secret, handleOf } = require('./secret.js')
const { hide, number, options: checked, redact, text, typed } = require('./values.js')

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

  async createDomain(options) {
    return this.#run('createDomain', { ...checked(options) })
  }

  async viewDomain(domain) {
    return this.#run('viewDomain', { domain: text(domain, 'domain') })
  }

  async createUser(domain, userId, options) {
    return created(await this.#run('createUser', { ...enrolment(options), ...user(domain, userId) }))
  }

  async openEnrolment(domain, userId, options) {
    return created(await this.#run('openEnrolment', { ...enrolment(options), ...user(domain, userId) }))
  }

  async viewEnrolment(ticket) {
    return created(await this.#run('viewEnrolment', { ticket: typed(ticket) }))
  }

  async confirmEnrolment(ticket, code) {
    return this.#run('confirmEnrolment', { ticket: typed(ticket), code: typed(code) })
  }

  async verifyTotp(domain, userId, code) {
    return this.#run('verifyTotp', { ...user(domain, userId), code: typed(code) })
  }

  async viewUser(domain, userId) {
    return this.#run('viewUser', { ...user(domain, userId) })
  }

  async deleteUser(domain, userId) {
    await this.#run('deleteUser', { ...user(domain, userId) })
  }

  async eraseUser(domain, userId) {
    await this.#run('eraseUser', { ...user(domain, userId) })
  }

  async send(request) {
    const { channel, ...rest } = checked(request, 'request')
    const channels = Array.isArray(channel) ? channel : [channel]
    return this.#run('send', { ...rest, channel: channels.map((name) => text(name, 'channel')) })
  }

  async resend(otpId, options) {
    return this.#run('resend', { otpId: typed(otpId), channel: checked(options).channel })
  }

  async verify(otpId, code, options) {
    return this.#run('verify', { otpId: typed(otpId), code: typed(code), context: checked(options).context })
  }

  async cancel(otpId) {
    await this.#run('cancel', { otpId: typed(otpId) })
  }

  async viewChallenge(otpId) {
    return this.#run('viewChallenge', { otpId: typed(otpId) })
  }

  async deliveryReport(otpId, messageId, channel, state) {
    const ids = { otpId: typed(otpId), messageId: text(messageId, 'messageId') }
    const words = { channel: text(channel, 'channel'), state: text(state, 'state') }
    return this.#run('deliveryReport', { ...ids, ...words })
  }

  async wanted(otpId, messageId) {
    return this.#run('wanted', { otpId: typed(otpId), messageId: text(messageId, 'messageId') })
  }

  async fallBack(otpId, messageId, channel) {
    const ids = { otpId: typed(otpId), messageId: text(messageId, 'messageId') }
    const way = await this.#run('fallBack', { ...ids, channel: text(channel, 'channel') })
    return { ...way, reason: refusal(way.reason) }
  }

  async eraseRecipient(domain, to) {
    await this.#run('eraseRecipient', { domain: text(domain, 'domain'), to: text(to, 'to') })
  }

  async checkSimSwap(phone, options) {
    return this.#run('checkSimSwap', { phone: text(phone, 'phone'), maxAgeHours: checked(options).maxAgeHours })
  }

  /** Drives one flow of the engine: it asks for an effect at a time, until it is done. */
  async #run(name, values) {
    const ports = this.#ports
    const { clock, random } = ports
    const flow = begin(this.#native, this.#account, name, JSON.stringify(values, plain), random !== undefined)
    const failures = []
    let step = start(flow, clock(), random?.())
    while (step.kind !== 'done') {
      const answer = await carryOut(step, ports, failures)
      try {
        step = resume(flow, clock(), answer, random?.())
      } catch (error) {
        // What the application's own function threw says more than that it was not available.
        throw failures.length > 0 && FAILED.has(error.code) ? failures[0] : error
      }
    }
    return JSON.parse(step.json)
  }
}

/** What the engine says when something outside failed. */
const FAILED = new Set(['storage-unavailable', 'provider-unavailable', 'channel-not-configured'])

/** What JSON would change on the way: half a character is none, and NaN is no `null`. */
function plain(name, value) {
  if (typeof value === 'string') return value.replace(/\p{Surrogate}/gu, '\ufffd')
  if (typeof value === 'bigint') return plain(name, Number(value))
  if (typeof value === 'number' && !Number.isFinite(value)) throw invalid(name, 'a number')
  return value
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

/**
 * Carries out what a flow asks for. What a function of the application throws, or answers against
 * its contract, is a failure: the flow decides what remains to be done about it.
 */
async function carryOut(step, ports, failures) {
  try {
    return await EFFECTS[step.kind](step, ports)
  } catch (error) {
    failures.push(error)
    const isOutward = step.kind === 'deliver' || step.kind === 'sim-swap'
    if (!isOutward) return { kind: 'failed', word: 'storage-unavailable' }
    const isUnset = error instanceof KeyfobError && error.code === 'channel-not-configured'
    return isUnset ? UNSET : { kind: 'failed', word: 'provider-unavailable' }
  }
}

const UNSET = { kind: 'failed', word: 'channel-not-configured' }

const EFFECTS = {
  async load({ key, now }, { storage }) {
    const stored = await storage.load(key, now)
    if (stored === undefined || stored === null) return { kind: 'loaded' }
    return { kind: 'loaded', ...checkedStored(stored) }
  },
  async swap({ key, expected, version, bytes, expiresAt, now }, { storage }) {
    const record = version === undefined ? null : { version, bytes, expiresAt: expiresAt ?? null }
    const swapped = await storage.swap(key, expected ?? null, record, now)
    if (typeof swapped !== 'boolean') throw invalid('storage', 'such that its `swap` answers true or false')
    return { kind: 'swapped', swapped }
  },
  async add({ key, amount, expiresAt, now }, { storage }) {
    const sum = await storage.add(key, amount, expiresAt, now)
    if (!Number.isSafeInteger(sum) || sum < 0) throw invalid('storage', 'such that its `add` answers the sum')
    return { kind: 'added', sum }
  },
  async deliver({ json }, { delivery }) {
    const message = new Message(JSON.parse(json))
    const deliver = delivery?.[message.channel]
    if (deliver === undefined) return UNSET
    const receipt = await deliver.call(delivery, message)
    return { kind: 'delivered', word: receipt === 'queued' ? 'queued' : 'sent' }
  },
  async 'sim-swap'({ phone, maxAgeHours }, { simSwap }) {
    if (simSwap === undefined) return UNSET
    const word = await simSwap(phone, maxAgeHours)
    if (!SIM_SWAPS.has(word)) throw invalid('simSwap', 'such that it answers swapped, not-swapped or unknown')
    return { kind: 'sim-swapped', word }
  },
}

const SIM_SWAPS = new Set(['swapped', 'not-swapped', 'unknown'])

/** Why a way is closed, as the error it would have been. */
function refusal(reason) {
  if (reason === null) return null
  const { code, message, ...details } = reason
  return new KeyfobError(code, message, details)
}

function checkedStored({ version, bytes }) {
  const isVersion = typeof version === 'bigint' && BigInt.asUintN(64, version) === version
  if (isVersion && bytes instanceof Uint8Array) return { version, bytes }
  throw invalid('storage', 'such that its `load` answers { version: bigint, bytes: Uint8Array } or null')
}

function portsOf(options) {
  const { storage, delivery, simSwap, clock, random } = checked(options)
  for (const name of ['load', 'swap', 'add']) {
    if (typeof storage?.[name] !== 'function') throw invalid('storage', 'an object with load, swap and add')
  }
  return { storage, delivery, simSwap, clock: clock ?? (() => Date.now() / 1000), random: random && filled(random) }
}

/**
 * A source that throws has no bytes: the flow ends when it needs some. Nor has one that fills
 * them later, when they would still be zeroes.
 */
function filled(random) {
  return () => {
    const bytes = new Uint8Array(RANDOM_BYTES)
    try {
      const given = random(bytes)
      return typeof given?.then === 'function' ? new Uint8Array() : bytes
    } catch {
      return new Uint8Array()
    }
  }
}

function serviceOf({ keys, policy, replayFloor }) {
  if (!(keys?.root instanceof Uint8Array) || !Array.isArray(keys.sealing)) {
    throw invalid('keys', '{ root: 32 bytes, sealing: [{ id, key: 32 bytes }] }')
  }
  const { window, ...rest } = checked(policy, 'policy')
  const steps = window === undefined || Array.isArray(window) ? window : [window, window]
  return create(keys.root, keys.sealing, JSON.stringify({ ...rest, window: steps }, plain), number(replayFloor, 0))
}

function user(domain, userId) {
  return { domain: text(domain, 'domain'), userId: text(userId, 'userId') }
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
