-- What a message is called in the log, so that what is logged of its receipt can be found with it.
--
-- letter  as providers get to see it; empty of messages from before.
ALTER TABLE receipts ADD COLUMN letter TEXT NOT NULL DEFAULT '';
