-- What the engine stores: sealed records under opaque keys, and counters.
--
-- A key is 33 bytes: one byte for what it is, 16 for the scope (an account or a
-- domain), 16 for which one.
--
-- records has a rowid on purpose. Without one its rows would live in an index tree,
-- where a row of more than a quarter page spills into a page of its own: measured
-- with bodies of 200 bytes, three times the space and half the speed.
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
