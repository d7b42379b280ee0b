-- What the engine stores: sealed records under opaque keys, and counters.
--
-- A key is 33 bytes: one byte for what it is, 16 for the scope (an account or a
-- domain), 16 for which one.
--
-- place       where the row stands in the tree: 28 bits of the key if they are free, or
--             what SQLite gives. Who looks there first needs the index on key only for
--             what is not there. The key alone decides what a row is.
-- version     all 64 bits of an unsigned number, seen as a signed one; it is only
--             ever compared for equality.
-- expires_at  Unix seconds. From that second on a row counts as absent, whether or
--             not the purge has been here. NULL: never.
CREATE TABLE records (
    place      INTEGER NOT NULL PRIMARY KEY,
    key        BLOB    NOT NULL UNIQUE,
    version    INTEGER NOT NULL,
    expires_at INTEGER,
    body       BLOB    NOT NULL
);

-- For the purge. Partial: users and domains never expire, and writing them should
-- not touch a second tree.
CREATE INDEX records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL;

-- Sums with an end. value is unsigned, stored as its signed twin. These rows are
-- small enough to be their own index.
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
