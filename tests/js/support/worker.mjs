// workerd, the runtime of Cloudflare Workers.

import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
  modules = [
    (name = "main.js", esModule = embed "main.js"),
    (name = "keyfob.wasm", wasm = embed "keyfob.wasm"),
  ],
  compatibilityDate = "2026-11-01",
);
`;

/** Runs the Worker of a folder (its `config.capnp`, or one that has main.js and the module). */
export async function withWorker(modules, folder, { externals = {}, env = {} }, use) {
  const config = join(folder, 'config.capnp');
  if (!existsSync(config)) writeFileSync(config, CONFIG);
  const port = await freePort();
  const addresses = Object.entries(externals).map(([name, address]) => `--external-addr=${name}=${address}`);
  const program = join(modules, '@cloudflare/workerd-linux-64/bin/workerd');
  const child = spawn(program, ['serve', config, `--socket-addr=http=127.0.0.1:${port}`, ...addresses], {
    env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const ended = new Promise((done) => child.on('exit', done));
  try {
    const url = `http://127.0.0.1:${port}/`;
    await answering(port, child, () => said);
    return await use(url);
  } catch (error) {
    throw new Error(`${error?.stack ?? error}\nworkerd: ${said}`);
  } finally {
    child.kill();
    await ended;
  }
}

async function answering(port, child, said) {
  const { connect } = await import('node:net');
  for (let tries = 0; tries < 200; tries += 1) {
    if (child.exitCode !== null) throw new Error(`workerd ended: ${said()}`);
    const open = await new Promise((done) => {
      const socket = connect(port, '127.0.0.1', () => { socket.destroy(); done(true); });
      socket.on('error', () => done(false));
    });
    if (open) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error('workerd does not listen');
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
