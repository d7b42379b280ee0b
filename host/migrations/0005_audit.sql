-- What was done, by whom and to whom, in the order in which it was written. Rows are added at
-- the end and cut at the beginning once they are old; none is ever changed.
--
-- account  on whose behalf; NULL for what concerns the database as a whole.
-- actor    the id of the API key, or `local` for the command line, or `person` for the
--          enrolment page.
-- subject  a keyed hash of the user or recipient.
-- detail   what else there is to say; never personal data.
-- mac      under the master key, over the mac of the row before and all of this row. The first
--          follows on from the start, the last is the head; both are in meta.
CREATE TABLE audit (
    seq     INTEGER NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    account BLOB,
    actor   TEXT    NOT NULL,
    event   TEXT    NOT NULL,
    outcome TEXT    NOT NULL,
    domain  BLOB,
    subject BLOB,
    detail  TEXT    NOT NULL,
    mac     BLOB    NOT NULL
);
