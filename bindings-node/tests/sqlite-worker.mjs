// One of several threads over a SQLite file: sends a code, or puts one forward twenty times at once.

import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

import { Service } from '@keyfob/node';
import { SqliteStorage } from '@keyfob/node/sqlite';

const { file, otpId, code } = workerData;
const sent = [];
const service = new Service({
  keys: { root: new Uint8Array(32).fill(1), sealing: [{ id: 1, key: new Uint8Array(32).fill(2) }] },
  storage: new SqliteStorage(new DatabaseSync(file)),
  delivery: { sms: (message) => void sent.push(message) },
});
if (otpId === undefined) {
  const domain = await service.createDomain();
  const begun = await service.send({ domain, channel: 'sms', to: '+447700900121' });
  parentPort.postMessage({ otpId: begun.otpId, code: sent[0].code });
} else {
  const verdicts = await Promise.all(Array.from({ length: 20 }, () => service.verify(otpId, code)));
  parentPort.postMessage(verdicts.map(({ outcome }) => outcome));
}
