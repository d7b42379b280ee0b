import { redact } from './values.js';

/** A message on its way out. Its fields are getters, so that no console or JSON shows them. */
export class Message {
  #fields;

  constructor(fields) {
    this.#fields = fields;
  }

  get otpId() { return this.#fields.otpId; }
  get messageId() { return this.#fields.messageId; }
  get account() { return this.#fields.account; }
  get channel() { return this.#fields.channel; }
  get to() { return this.#fields.to; }
  get language() { return this.#fields.language; }
  get subject() { return this.#fields.subject; }
  get text() { return this.#fields.text; }
  get code() { return this.#fields.code; }
  get expiresAt() { return this.#fields.expiresAt; }
  get fallbacks() { return this.#fields.fallbacks; }
  get fallbackAfter() { return this.#fields.fallbackAfter; }

  toJSON() {
    return { otpId: this.otpId, messageId: this.messageId, channel: this.channel };
  }
}
redact(Message, (message) => `Message(${message.channel}, ${message.otpId}, redacted)`);
