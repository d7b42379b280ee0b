-- Who may call. Only a SHA-256 of each key is kept: a key is 128 random bits or
-- more, so its hash says nothing about it.
--
-- A row is never deleted, only revoked: the label of a key that once opened the
-- door is worth keeping. Its hash is not: it becomes zeroes, so that no later edit of
-- the row brings the key back.
--
-- mac  under the master key, over all that is beside it. Who can write this file but
--      does not have the key can make no row that counts.
CREATE TABLE api_keys (
    id         TEXT    NOT NULL PRIMARY KEY,
    account    BLOB    NOT NULL,
    hash       BLOB    NOT NULL CHECK (length(hash) = 32),
    label      TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    mac        BLOB    NOT NULL CHECK (length(mac) = 32)
) WITHOUT ROWID;
