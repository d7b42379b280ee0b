// A login with a second factor, over Fastify and SQLite. `node server.mjs`, then see README.md.

import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { KeyfobError, Service } from '@keyfob/node';
import { SqliteStorage } from '@keyfob/node/sqlite';
import Fastify from 'fastify';

/** What a person has to do with the codes of this service, as a plugin to register. */
export async function codes(app, { service, domain }) {
  app.post('/devices', async ({ body }, reply) => {
    const { uri } = await service.createUser(domain, body?.user, { returnSecret: true }); // in yours: the session's user
    return reply.code(201).send({ uri }); // shown as a QR code, once
  });

  app.post('/devices/verify', async ({ body }, reply) =>
    answer(reply, await service.verifyTotp(domain, body?.user, body?.code)));

  app.post('/messages', async ({ body, ip }, reply) => {
    const { otpId, expiresAt } = await service.send({ domain, channel: 'sms', to: body?.to, client: ip });
    return reply.code(202).send({ otpId, expiresAt });
  });

  app.post('/messages/verify', async ({ body }, reply) =>
    answer(reply, await service.verify(body?.otpId, body?.code)));

  app.setErrorHandler((error, request, reply) => {
    if (!(error instanceof KeyfobError)) throw error;
    return reply.code(status(error)).send(told(error));
  });
}

/** What of a request can be at fault (an address by SMS: `channel`); any other argument is the server's. */
const OF_REQUEST = new Set(['to', 'channel', 'userId', 'otpId']);

function status({ code, argument, retryAt }) {
  if (OF_REQUEST.has(argument?.split('.')[0])) return 400;
  if (code.endsWith('-not-found')) return 404;
  if (retryAt !== undefined) return 429; // a limit, whichever it is
  return { 'destination-not-allowed': 403, 'premium-number': 403, 'user-exists': 409, 'recipient-blocked': 429,
    contention: 503, 'storage-unavailable': 503, 'provider-unavailable': 503 }[code] ?? 500;
}

/** What the one who asks is told; what is the server's fault is for its log. */
function told(error) {
  if (status(error) < 500) return { code: error.code, message: error.message };
  console.error(error);
  return { code: 'unavailable' };
}

function answer(reply, { valid, outcome, attemptsLeft }) {
  return reply.code(valid ? 200 : 403).send({ outcome, attemptsLeft });
}

function key(name) {
  const bytes = new Uint8Array(Buffer.from(process.env[name] ?? '', 'hex'));
  if (bytes.length === 32) return bytes;
  throw new Error(`set ${name} to 64 hexadecimal characters, as openssl rand -hex 32 makes them`);
}

if (process.argv[1] === import.meta.filename) {
  const { DATABASE = 'codes.db', PORT = '3000' } = process.env;
  closeSync(openSync(DATABASE, 'a', 0o600)); // its owner's alone, and so are those that SQLite puts beside it
  const service = new Service({
    keys: { root: key('KEYFOB_ROOT_KEY'), sealing: [{ id: 1, key: key('KEYFOB_SEALING_KEY') }] },
    storage: new SqliteStorage(new DatabaseSync(DATABASE)),
    delivery: { sms: ({ to, text }) => console.log(`to ${to}: ${text}`) }, // your provider here
  });
  const domain = process.env.DOMAIN ?? await service.createDomain({ name: 'Example Bank' });
  const app = Fastify();
  app.register(codes, { service, domain });
  await app.listen({ port: Number(PORT), host: '127.0.0.1' });
  console.log(`DOMAIN=${domain} listening on ${app.server.address().port}`);
}
