-- Where an account wants to be told what happened, and what it is still to be told.
--
-- body        the address and the keys that sign, sealed by the service.
-- failures    how often in a row the address did not take an event.
-- rests_until when it is tried again after that.
CREATE TABLE webhooks (
    account     BLOB    NOT NULL PRIMARY KEY,
    body        BLOB    NOT NULL,
    failures    INTEGER NOT NULL DEFAULT 0,
    rests_until INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

-- An event waits here until the account's address has taken it, or it is too old.
--
-- ready_at  when it may be taken. Taking an event moves this behind the lease.
-- body      the event, sealed by the service.
CREATE TABLE events (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    account    BLOB    NOT NULL,
    ready_at   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    body       BLOB    NOT NULL
);

-- Accounts take turns: this finds those that have events, and the longest ready one of each.
CREATE INDEX events_by_turn ON events (account, ready_at);
