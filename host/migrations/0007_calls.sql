-- What a call is to say once somebody has pressed a key.
--
-- name     what the provider calls the call, as in receipts.
-- message  which message of the challenge.
-- body     what to say, sealed by the service. The row is deleted, and so overwritten
--          (PRAGMA secure_delete), when the call is over or the code has expired.
CREATE TABLE calls (
    name       BLOB    NOT NULL PRIMARY KEY,
    account    BLOB    NOT NULL,
    otp_id     BLOB    NOT NULL,
    message    BLOB    NOT NULL,
    expires_at INTEGER NOT NULL,
    body       BLOB    NOT NULL
) WITHOUT ROWID;

CREATE INDEX calls_by_expiry ON calls (expires_at);
