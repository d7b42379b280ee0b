-- What the engine stores: sealed records under opaque keys, and counters.
--
-- A key is 33 bytes: one byte for what it is, 16 for the scope (an account or a
-- domain), 16 for which one. The order of keys keeps the users of a domain
-- together, so these tables are their own index (WITHOUT ROWID).
--
-- version     all 64 bits of an unsigned number, seen as a signed one; it is only
--             ever compared for equality.
-- expires_at  Unix seconds. From that second on a row counts as absent, whether or
--             not the purge has been here. NULL: never.
CREATE TABLE records (
    key        BLOB    NOT NULL PRIMARY KEY,
    version    INTEGER NOT NULL,
    expires_at INTEGER,
    body       BLOB    NOT NULL
) WITHOUT ROWID;

-- For the purge. Partial: users and domains never expire, and writing them should
-- not touch a second tree.
CREATE INDEX records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL;

-- Sums with an end. value is unsigned, stored as its signed twin.
CREATE TABLE counters (
    key        BLOB    NOT NULL PRIMARY KEY,
    value      INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX counters_by_expiry ON counters (expires_at);

-- Facts about this database as a whole, such as when it was last restored.
CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) WITHOUT ROWID;
