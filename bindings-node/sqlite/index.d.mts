export { SqliteStorage, type SqliteDatabase } from './index.js'
