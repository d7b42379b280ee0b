// A Cloudflare Worker that sends codes and verifies them. Records live in Durable Objects, one
// for each key: what happens to a record happens one after the other.
//
//   POST /send   {"to": "+447700900121"}            -> {"otpId": "…", "expiresAt": …}
//   POST /verify {"otpId": "…", "code": "123456"}   -> {"valid": true, "outcome": "accepted"}

import { DurableObject } from 'cloudflare:workers';
import { KeyfobError, Service } from '@keyfob/web';

let service; // made once, for all that this instance is asked

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (request.method !== 'POST') return answer(405, { code: 'method-not-allowed' });
    const body = (await request.json().catch(() => null)) ?? {};
    try {
      service ??= open(env);
      if (pathname === '/send') {
        const domain = await domainOf(service, env);
        const { otpId, expiresAt } = await service.send({ domain, channel: 'sms', to: body.to });
        return answer(200, { otpId, expiresAt });
      }
      if (pathname === '/verify') {
        const { valid, outcome, attemptsLeft } = await service.verify(body.otpId, body.code);
        return answer(200, { valid, outcome, attemptsLeft });
      }
      return answer(404, { code: 'not-found' });
    } catch (error) {
      const status = error instanceof KeyfobError ? statusOf(error) : undefined;
      if (status) return answer(status, { code: error.code, detail: error.message });
      console.error(error); // the store, the keys or the gateway; nothing was accepted
      return answer(503, { code: 'unavailable' });
    }
  },
};

/** One record of the service: compare-and-swap, and gone when it expires. */
export class Record extends DurableObject {
  async load(now) {
    const found = await this.ctx.storage.get('record');
    return found && (found.expiresAt === null || now < found.expiresAt) ? found : null;
  }

  async swap(expected, record, now) {
    const found = await this.load(now);
    if ((found?.version ?? null) !== expected) return false;
    if (record === null) await this.ctx.storage.deleteAll();
    else await this.#write(record);
    return true;
  }

  async add(amount, expiresAt, now) {
    const found = await this.load(now);
    const sum = Math.max(0, (found?.sum ?? 0) + amount);
    await this.#write({ sum, expiresAt });
    return sum;
  }

  async remember(text) {
    const known = await this.ctx.storage.get('text');
    if (known === undefined && text !== undefined) await this.ctx.storage.put('text', text);
    return known ?? text;
  }

  /** It rings late, or early, or for a record that another took the place of: what has not expired stays. */
  async alarm() {
    const found = await this.load(Date.now() / 1000);
    if (found === null) await this.ctx.storage.deleteAll();
    else await this.#wakeAt(found.expiresAt);
  }

  async #write(record) {
    await this.ctx.storage.put('record', record);
    await this.#wakeAt(record.expiresAt);
  }

  async #wakeAt(expiresAt) {
    if (expiresAt === null) await this.ctx.storage.deleteAlarm(); // of the record before it
    else await this.ctx.storage.setAlarm(expiresAt * 1000);
  }
}

function open(env) {
  const record = (key) => env.RECORDS.get(env.RECORDS.idFromName(key));
  return new Service({
    keys: { root: bytes(env.ROOT_KEY), sealing: [{ id: 1, key: bytes(env.SEALING_KEY) }] },
    storage: {
      load: (key, now) => record(key).load(now),
      swap: (key, expected, written, now) => record(key).swap(expected, written, now),
      add: (key, amount, expiresAt, now) => record(key).add(amount, expiresAt, now),
    },
    delivery: {
      async sms({ to, text }) {
        const body = JSON.stringify({ to, text });
        const taken = await env.GATEWAY.fetch('http://gateway/messages', { method: 'POST', body });
        if (!taken.ok) throw new Error(`the gateway answered ${taken.status}`);
      },
    },
  });
}

/** The one domain of this Worker, made with its first message. */
async function domainOf(service, env) {
  const settings = env.RECORDS.get(env.RECORDS.idFromName('domain'));
  const known = await settings.remember();
  return known ?? settings.remember(await service.createDomain({ name: 'Example' }));
}

/** What the one who asks is told; nothing of what is the Worker's own fault. */
function statusOf({ code, argument, retryAt }) {
  if (['to', 'channel', 'otpId'].includes(argument?.split('.')[0])) return 400;
  if (retryAt !== undefined) return 429; // a limit, whichever it is
  return { 'destination-not-allowed': 403, 'premium-number': 403, 'challenge-not-found': 404, 'recipient-blocked': 429,
    contention: 503 }[code];
}

function bytes(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function answer(status, body) {
  return Response.json(body, { status });
}
