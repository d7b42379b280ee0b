// A login with a second factor, over Express and SQLite. `node server.mjs`, then see README.md.

import { DatabaseSync } from 'node:sqlite';

import { KeyfobError, Service } from '@keyfob/node';
import { SqliteStorage } from '@keyfob/node/sqlite';
import express from 'express';

/** What a person has to do with the codes of this service, as a router to mount. */
export function codes(service, domain) {
  const router = express.Router();
  router.use(express.json());

  router.post('/devices', async ({ body }, response) => {
    const { uri } = await service.createUser(domain, body?.user, { returnSecret: true });
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
    if (!(error instanceof KeyfobError)) return next(error);
    response.status(STATUS[error.code] ?? 400).json({ code: error.code, message: error.message });
  });
  return router;
}

const STATUS = {
  'user-exists': 409, 'user-not-found': 404, 'challenge-not-found': 404, 'send-limit': 429,
  'recipient-blocked': 429, 'storage-unavailable': 503, 'provider-unavailable': 503,
};

function answer(response, { valid, outcome, attemptsLeft }) {
  response.status(valid ? 200 : 403).json({ outcome, attemptsLeft });
}

if (process.argv[1] === import.meta.filename) {
  const { KEYFOB_ROOT_KEY, KEYFOB_SEALING_KEY, DATABASE = 'codes.db', PORT = '3000' } = process.env;
  const key = (text = '') => new Uint8Array(Buffer.from(text, 'hex')); // 64 characters: 32 bytes
  const service = new Service({
    keys: { root: key(KEYFOB_ROOT_KEY), sealing: [{ id: 1, key: key(KEYFOB_SEALING_KEY) }] },
    storage: new SqliteStorage(new DatabaseSync(DATABASE)),
    delivery: { sms: ({ to, text }) => console.log(`to ${to}: ${text}`) }, // your provider here
  });
  const domain = process.env.DOMAIN ?? await service.createDomain({ name: 'Example Bank' });
  const app = express();
  app.use(codes(service, domain));
  const server = app.listen(Number(PORT), () => console.log(`DOMAIN=${domain} listening on ${server.address().port}`));
}
