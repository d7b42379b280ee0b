//! Work on many records: importing, listing, clearing out.

use std::time::Duration;

use keyfob::UnixTime;
use keyfob::service::{Key, PortError, Record};
use rusqlite::Connection;

use super::job::{Job, work};
use super::{Sqlite, outbox, records};

/// Rows a purge deletes in one transaction: a millisecond or two of the writer.
const PURGE_BATCH: usize = 256;

/// An hour after its code expired nobody will send a message any more.
const FORSAKEN: u64 = 3_600;

/// How long a large insertion may take.
const INSERTING: Duration = Duration::from_secs(10);

/// What an importer leaves others of each second or so. SQLite's lock goes to
/// whoever asks first; without a gap another process might never be that.
const GAP: Duration = Duration::from_millis(5);

impl Sqlite {
    /// Creates those of `rows` whose keys are free, in one transaction. Says of each,
    /// in the order given, whether it did. Made for importing while a service runs on
    /// the same folder: some thousand rows at a time, since the service's writes wait
    /// meanwhile.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: all rows were created or none; asking again finds out.
    pub async fn insert_new(&self, rows: Vec<(Key, Record)>) -> Result<Vec<bool>, PortError> {
        let insert = move |connection: &Connection| records::insert_new(connection, &rows);
        let inserted =
            self.ask_within(INSERTING, |reply| Job::Run(work(insert, reply, None))).await?;
        tokio::time::sleep(GAP).await;
        Ok(inserted)
    }

    /// Deletes messages that were forsaken, and up to about `max_rows` records and counters that
    /// have expired at `now`,
    /// in small transactions between which others have their turn. Returns how many.
    /// Fewer than `max_rows`: none is left.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]; what was deleted until then stays deleted.
    pub async fn purge(&self, now: UnixTime, max_rows: usize) -> Result<usize, PortError> {
        let mut purged = 0;
        while purged < max_rows {
            let most = PURGE_BATCH.min(max_rows - purged);
            let deleted = self.run(move |connection| records::purge(connection, now, most)).await?;
            purged += deleted;
            if deleted < most {
                break;
            }
        }
        Ok(purged + self.purge_outbox(now).await?)
    }

    /// Removes messages that nobody has taken long after they were to be sent: the dispatcher
    /// drops them sooner, if it runs.
    async fn purge_outbox(&self, now: UnixTime) -> Result<usize, PortError> {
        let before = now.saturating_sub(FORSAKEN);
        let forsaken = self.read(|connection| outbox::expired(connection, before)).await?;
        let mut purged = 0;
        for ids in forsaken.chunks(PURGE_BATCH) {
            let ids = ids.to_vec();
            purged += self.run(move |connection| outbox::remove(connection, &ids)).await?;
        }
        Ok(purged)
    }

    /// Up to `limit` record keys that begin with `prefix`, in order, from the one
    /// after `after` on. [`Key::prefix`] makes such a prefix. Reads only.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn keys_with_prefix(
        &self,
        prefix: &[u8],
        limit: usize,
        after: Option<&[u8; Key::LENGTH]>,
        now: UnixTime,
    ) -> Result<Vec<[u8; Key::LENGTH]>, PortError> {
        self.read_now(|connection| records::keys(connection, prefix, after, limit, now))
    }
}
