-- Where an account wants to be told what happened, and what it is still to be told.
--
-- body  the address and the keys that sign, sealed by the service.
CREATE TABLE webhooks (
    account BLOB NOT NULL PRIMARY KEY,
    body    BLOB NOT NULL
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

CREATE INDEX events_by_readiness ON events (ready_at);
CREATE INDEX events_by_account ON events (account, ready_at);
