// An SMSC that is not ours, made of the npm library `smpp`. Reads what it shall do as lines
// of JSON, and says what happens the same way.

const { readFileSync } = require("node:fs");
const { createInterface } = require("node:readline");
const smpp = require("smpp");

const behaviour = {
  bind: 0, // the status that a bind is answered with
  bindDelay: 0, // ms until then
  status: 0, // and a message
  delay: 0, // ms until then
  silent: false, // messages are not answered
  deaf: false, // nor is enquire_link
  dropAt: 0, // the connection is dropped once so many messages wait in it
  quiet: false, // messages are only counted
};
const [options] = process.argv.slice(2).map((text) => JSON.parse(text));
const sessions = [];
let [messages, made, port, server] = [(options.first ?? 1) - 1, 0, options.port, null];

const say = (event, fields) => process.stdout.write(JSON.stringify({ event, ...fields }) + "\n");

function listen() {
  const tls = options.cert ? { cert: readFileSync(options.cert), key: readFileSync(options.key) } : {};
  server = smpp.createServer({ ...tls, noDelay: true }, meet);
  server.on("tlsClientError", () => say("tls-error"));
  server.listen(port, "127.0.0.1", () => {
    port = server.address().port;
    say("listening", { port });
  });
}

function meet(session) {
  const number = ++made;
  Object.assign(session, { number, waiting: 0, sequences: new Set() });
  session.on("error", () => {});
  session.on("close", () => {
    const at = sessions.indexOf(session);
    if (at >= 0) sessions.splice(at, 1);
    say("closed", { session: number });
  });
  session.on("pdu", (pdu) => {
    if (pdu.isResponse() && !behaviour.quiet) {
      say("answer", { command: pdu.command, status: pdu.command_status, session: number });
    }
  });
  session.on("bind_transceiver", (pdu) => {
    const right = pdu.system_id === options.user && pdu.password === options.password;
    const status = behaviour.bind || (right ? 0 : smpp.ESME_RINVPASWD);
    if (status === 0) sessions.push(session);
    say("bind", { status, session: number, version: pdu.interface_version, type: pdu.system_type });
    const answer = () => session.send(pdu.response({ command_status: status, system_id: "smsc" }));
    if (behaviour.bindDelay) setTimeout(answer, behaviour.bindDelay);
    else answer();
  });
  session.on("unbind", (pdu) => {
    session.send(pdu.response());
    say("unbind", { session: number });
    session.close();
  });
  session.on("enquire_link", (pdu) => {
    say("enquire", { session: number });
    if (!behaviour.deaf) session.send(pdu.response());
  });
  session.on("submit_sm", (pdu) => submitted(session, pdu));
}

function submitted(session, pdu) {
  const id = (++messages).toString(options.radix ?? 10);
  const waiting = ++session.waiting;
  if (!behaviour.quiet) {
    const { message, udh } = pdu.short_message;
    say("submit", {
      id, waiting, session: session.number, text: message,
      udh: udh ? udh.map((part) => part.toString("hex")) : [],
      to: pdu.destination_addr, to_type: [pdu.dest_addr_ton, pdu.dest_addr_npi],
      from: pdu.source_addr, from_type: [pdu.source_addr_ton, pdu.source_addr_npi],
      data_coding: pdu.data_coding, esm_class: pdu.esm_class,
      life: (pdu.validity_period - Date.now()) / 1000, registered_delivery: pdu.registered_delivery,
    });
  }
  if (behaviour.dropAt && waiting >= behaviour.dropAt) {
    session.destroy();
    return;
  }
  if (behaviour.silent) return;
  const answer = () => {
    session.waiting--;
    const refused = behaviour.status !== 0;
    session.send(pdu.response(refused ? { command_status: behaviour.status } : { message_id: id }));
  };
  if (behaviour.delay) setTimeout(answer, behaviour.delay);
  else answer();
}

// Receipts in the two forms that there are, and whatever else somebody might send.
function report({ id, stat, state, esm_class = 4, text, count = 1 }) {
  const receipt = { source_addr: "447700900123", destination_addr: "BANK", esm_class };
  if (state !== undefined) Object.assign(receipt, { receipted_message_id: id, message_state: state });
  const whole = `id:${id} sub:001 dlvrd:001 submit date:2601311200 done date:2601311201 stat:${stat} err:000 text:`;
  receipt.short_message = text ?? (stat ? whole : "");
  for (let sent = 0; sent < count; sent++) sessions[0].deliver_sm(receipt);
}

const commands = {
  behave: (fields) => Object.assign(behaviour, fields),
  report,
  raw: (hex) => sessions.forEach((session) => session.socket.write(Buffer.from(hex, "hex"))),
  ask: () => sessions.forEach((session) => session.enquire_link()),
  unbind: () => sessions.forEach((session) => session.unbind()),
  drop: () => [...sessions].forEach((session) => session.destroy()),
  die: () => {
    [...server.sessions].forEach((session) => session.destroy());
    server.close(() => say("dead"));
  },
  live: listen,
  count: () => say("count", { messages }),
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    for (const [name, value] of Object.entries(JSON.parse(line))) commands[name](value);
  })
  .on("close", () => process.exit(0));
listen();
