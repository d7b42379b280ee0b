// A login with a second factor, over Express and SQLite. `node server.mjs`, then see README.md.

import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

import { KeyfobError, Service } from '@keyfob/node';
import { SqliteStorage } from '@keyfob/node/sqlite';
import express from 'express';

/** What a person has to do with the codes of this service, as a router to mount. */
export function codes(service, domain) {
  const router = express.Router();
  router.use(express.json());

  router.post('/devices', async ({ body }, response) => {
    const { uri } = await service.createUser(domain, body?.user, { returnSecret: true }); // in yours: the session's user
    response.status(201).json({ uri }); // shown as a QR code, once
  });

  router.post('/devices/verify', async ({ body }, response) => {
    answer(response, await service.verifyTotp(domain, body?.user, body?.code));
  });

  router.post('/messages', async ({ body, ip }, response) => {
    const { otpId, expiresAt } = await service.send({ domain, channel: 'sms', to: body?.to, client: ip });
    response.status(202).json({ otpId, expiresAt });
  });

  router.post('/messages/verify', async ({ body }, response) => {
    answer(response, await service.verify(body?.otpId, body?.code));
  });

  router.use((error, request, response, next) => {
    if (error.status < 500) return response.status(error.status).json({ code: 'malformed-request' }); // no JSON
    if (!(error instanceof KeyfobError)) return next(error);
    response.status(status(error)).json(told(error));
  });
  return router;
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

function answer(response, { valid, outcome, attemptsLeft }) {
  response.status(valid ? 200 : 403).json({ outcome, attemptsLeft });
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
  const app = express();
  app.use(codes(service, domain));
  const server = app.listen(Number(PORT), '127.0.0.1', () => console.log(`DOMAIN=${domain} listening on ${server.address().port}`));
}
