export * from './generator.js';
export { CodePolicy, RecoverySet, normaliseRecoveryCode } from './random-codes.js';
export { exportMigration, importMigration, parseUri, qrPng } from './exchange.js';
export {
  checkTemplate, composeMessage, composeSpeech, contextBytes, parseRecipient, segments, toSsml,
} from './messages.js';
export { Service } from './service.js';
