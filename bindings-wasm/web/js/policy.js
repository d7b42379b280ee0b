import { RawCodePolicy } from './keyfob.js';
import { fix } from './shared/printing.js';
import { number, optionalText, options, typed } from './shared/values.js';

export class CodePolicy {
  #raw;

  constructor(given) {
    const { length, alphabet } = options(given, 'length', 'alphabet');
    this.#raw = new RawCodePolicy(number(length), optionalText(alphabet, 'alphabet'));
    fix(this, this.#raw.describe());
  }

  get entropyMillibits() {
    return this.#raw.entropyMillibits;
  }

  get isGuessable() {
    return this.#raw.isGuessable;
  }

  generate() {
    return this.#raw.generate();
  }

  normalise(code) {
    return this.#raw.normalise(typed(code));
  }
}
