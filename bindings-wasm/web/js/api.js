export * from './generator.js';
export { CodePolicy } from './policy.js';
export { RecoverySet, normaliseRecoveryCode } from './recovery.js';
export { exportMigration, importMigration } from './migration.js';
export { qrPng } from './png.js';
export { parseUri } from './uri.js';
export {
  checkTemplate, composeMessage, composeSpeech, contextBytes, parseRecipient, segments, toSsml,
} from './messages.js';
export { Service } from './service.js';
