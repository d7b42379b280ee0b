import sqlite from './index.js'

export const { SqliteStorage } = sqlite
