-- Messages that wait for delivery. A row is here before the request that caused it
-- is answered, and gone once the message is sent or too old.
--
-- body      the message, sealed by the service. Deleting the row overwrites it
--           (PRAGMA secure_delete), so a delivered code leaves no trace here.
-- ready_at  when it may be taken. Taking a row moves this behind the lease, and
--           trying again later moves it too: one column is both, so one index
--           finds all there is to do, and a dispatcher that died loses its claim
--           by the clock alone.
-- attempts  how often it was taken.
CREATE TABLE outbox (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never reused: a late answer must not hit another message
    account    BLOB    NOT NULL,
    otp_id     BLOB    NOT NULL,
    ready_at   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    body       BLOB    NOT NULL
);

CREATE INDEX outbox_by_readiness ON outbox (ready_at);
