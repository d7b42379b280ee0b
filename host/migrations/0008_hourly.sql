-- What became of an account's messages and codes, by the hour: numbers, and never a recipient.
--
-- hour     since 1970, in UTC.
-- channel  sms, voice or email.
-- country  a calling code such as +44; `other` for one that is not assigned, `none` for email.
-- event    sent, delivered, failed, verified or blocked.
CREATE TABLE hourly (
    account BLOB    NOT NULL,
    hour    INTEGER NOT NULL,
    channel TEXT    NOT NULL,
    country TEXT    NOT NULL,
    event   TEXT    NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (account, hour, channel, country, event)
) WITHOUT ROWID;

CREATE INDEX hourly_by_hour ON hourly (hour);
