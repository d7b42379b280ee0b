import { redact } from './printing.js';

/** A class whose fields are there by name, and in no console, copy or JSON. */
class Veiled {
  #fields;

  constructor(fields) {
    this.#fields = fields;
  }

  static give(names) {
    for (const name of names) {
      Object.defineProperty(this.prototype, name, { get() { return this.#fields[name]; }, configurable: true });
    }
  }
}

/** A message on its way out. */
export class Message extends Veiled {
  constructor(fields) {
    super({ ...fields, fallbacks: Object.freeze(fields.fallbacks.map((other) => new Fallback(other))) });
  }

  toJSON() {
    const { otpId, messageId, channel } = this;
    return { otpId, messageId, channel };
  }
}
Message.give([
  'otpId', 'messageId', 'account', 'channel', 'to', 'language', 'subject', 'text', 'code', 'expiresAt',
  'fallbacks', 'fallbackAfter',
]);
redact(Message, ({ channel, otpId }) => `Message(${channel}, ${otpId}, redacted)`);

/** Where it goes when it does not get through. */
class Fallback extends Veiled {
  toJSON() {
    return { channel: this.channel };
  }
}
Fallback.give(['channel', 'to', 'text']);
redact(Fallback, ({ channel }) => `Fallback(${channel}, redacted)`);
