-- Messages take several ways, and providers report on them later.
--
-- A message that waited in the old form is gone: its code has to be sent again.
DROP TABLE outbox;

-- Messages that wait for delivery, or for a receipt before they go another way. A row is
-- here before the request that caused it is answered, and gone once nothing is left to do.
--
-- channel   of the way that the message takes now: sms, voice or email.
-- way       which one that is: 0 is the first.
-- handed    1 once a provider has it, 2 once it was claimed then, to go the next way.
-- began_at  when it began this way.
-- ready_at  when it may be taken. Taking a row moves this behind the lease, and trying
--           again later moves it too: a dispatcher that died loses its claim by the
--           clock alone.
-- attempts  how often it was taken on this way.
-- body      the message with all its ways, sealed by the service. Deleting the row
--           overwrites it (PRAGMA secure_delete), so a delivered code leaves no trace here.
CREATE TABLE outbox (
    id         INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- never reused: a late answer must not hit another message
    account    BLOB    NOT NULL,
    otp_id     BLOB    NOT NULL,
    channel    TEXT    NOT NULL,
    way        INTEGER NOT NULL DEFAULT 0,
    handed     INTEGER NOT NULL DEFAULT 0,
    began_at   INTEGER NOT NULL,
    ready_at   INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    body       BLOB    NOT NULL
);

-- Each channel has its places, and accounts take turns: the index finds the accounts that
-- have messages, and the longest ready one of each.
CREATE INDEX outbox_by_turn ON outbox (channel, account, ready_at);

-- What a provider calls a message that it took, to know it again in a receipt.
--
-- name      a keyed hash of the provider and its name for the message.
-- message   which message of the challenge.
-- outbox_id the row that waits for the receipt; it may be gone.
CREATE TABLE receipts (
    name       BLOB    NOT NULL PRIMARY KEY,
    account    BLOB    NOT NULL,
    otp_id     BLOB    NOT NULL,
    message    BLOB    NOT NULL,
    channel    TEXT    NOT NULL,
    way        INTEGER NOT NULL,
    outbox_id  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE INDEX receipts_by_expiry ON receipts (expires_at);
