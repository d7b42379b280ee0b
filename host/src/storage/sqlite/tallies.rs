use std::collections::HashMap;

use keyfob::UnixTime;
use keyfob::service::{Counter, Key};
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::records::time;

/// The counters that the jobs of one transaction add to. Their sums are kept in memory and
/// written once, before the commit: the busiest counters are those of everybody.
#[derive(Debug, Default)]
pub(super) struct Tallies(HashMap<Key, Tally>);

#[derive(Debug)]
struct Tally {
    sum: u64,
    expires_at: UnixTime,
    /// Whether the database has none that counts.
    is_new: bool,
}

impl Tallies {
    /// Adds to each, and returns the sums in their order; if one cannot be read, adds nothing.
    pub(super) fn add_all(
        &mut self,
        connection: &Connection,
        additions: &[(Counter, i64)],
        now: UnixTime,
    ) -> Result<Vec<u64>> {
        for (counter, _) in additions {
            self.find(connection, counter, now)?;
        }
        let sums = additions.iter().map(|(counter, amount)| {
            let tally = self.0.entry(counter.key).or_insert_with(|| Tally::new(counter));
            tally.sum = tally.sum.saturating_add_signed(*amount); // SQL's integers are signed
            tally.sum
        });
        Ok(sums.collect())
    }

    /// Writes what was added. Must come before whatever else reads or writes counters.
    pub(super) fn flush(&mut self, connection: &Connection) -> Result<()> {
        for (key, tally) in self.0.drain() {
            let (key, sum) = (key.as_bytes(), tally.sum.cast_signed());
            if tally.is_new {
                connection
                    .prepare_cached(
                        "INSERT OR REPLACE INTO counters (key, value, expires_at) VALUES (?1, ?2, ?3)",
                    )?
                    .execute(params![key, sum, time(tally.expires_at)])?;
            } else {
                connection
                    .prepare_cached("UPDATE counters SET value = ?2 WHERE key = ?1")?
                    .execute(params![key, sum])?;
            }
        }
        Ok(())
    }

    fn find(&mut self, connection: &Connection, counter: &Counter, now: UnixTime) -> Result<()> {
        if self.0.get(&counter.key).is_some_and(|tally| tally.expires_at > now) {
            return Ok(());
        }
        let found = connection
            .prepare_cached(
                "SELECT value, expires_at FROM counters WHERE key = ?1 AND expires_at > ?2",
            )?
            .query_row(params![counter.key.as_bytes(), time(now)], |row| {
                let [sum, expires_at] = [row.get::<_, i64>(0)?, row.get::<_, i64>(1)?];
                let (sum, expires_at) = (sum.cast_unsigned(), expires_at.cast_unsigned());
                Ok(Tally { sum, expires_at, is_new: false })
            })
            .optional()?;
        self.0.insert(counter.key, found.unwrap_or_else(|| Tally::new(counter)));
        Ok(())
    }
}

impl Tally {
    fn new(counter: &Counter) -> Self {
        Self { sum: 0, expires_at: counter.expires_at, is_new: true }
    }
}

/// What was committed.
pub(super) fn sum(connection: &Connection, key: &Key, now: UnixTime) -> Result<u64> {
    let found = connection
        .prepare_cached("SELECT value FROM counters WHERE key = ?1 AND expires_at > ?2")?
        .query_row(params![key.as_bytes(), time(now)], |row| row.get::<_, i64>(0))
        .optional()?;
    Ok(found.map_or(0, i64::cast_unsigned))
}

#[cfg(test)]
mod tests {
    use keyfob::service::{KeyKind, KeyRing, MasterKey, Storage as _};

    use super::super::{OpenOptions, Sqlite, folder};
    use super::*;

    #[tokio::test]
    async fn jobs_of_one_transaction_see_what_the_others_added() {
        let (folder, store) = open();
        assert_eq!(store.add(&counter(1, 100), 1, 0).await, Ok(1));
        let other = Connection::open(folder.path().join(folder::DATABASE)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap(); // so that all of them share a transaction
        let (one, two) = (counter(1, 100), counter(2, 100));
        let both = [(one.clone(), 5), (two.clone(), 7)];
        let in_the_database = store.run(|connection| {
            connection.query_row("SELECT sum(value) FROM counters", [], |row| row.get::<_, i64>(0))
        });
        let (first, both, seen, last, ()) = tokio::join!(
            store.add(&one, 10, 0),
            store.add_all(&both, 0),
            in_the_database,
            store.add(&one, -100, 0),
            async { drop(other) },
        );
        assert_eq!((first, both), (Ok(11), Ok(vec![16, 7])));
        assert_eq!(seen, Ok(23), "other statements find them written");
        assert_eq!(last, Ok(0), "a sum stops at zero");
        assert_eq!((store.add(&one, 0, 0).await, store.add(&two, 0, 0).await), (Ok(0), Ok(7)));
        assert_eq!(store.stats().commits, 2);
    }

    #[tokio::test]
    async fn a_counter_whose_time_is_over_starts_again_within_a_transaction_too() {
        let (folder, store) = open();
        let other = Connection::open(folder.path().join(folder::DATABASE)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let (old, new) = (counter(1, 100), counter(1, 200));
        let (first, last, ()) =
            tokio::join!(store.add(&old, 3, 99), store.add(&new, 4, 100), async { drop(other) });
        assert_eq!((first, last), (Ok(3), Ok(4)));
        assert_eq!(store.add(&new, 0, 199).await, Ok(4), "until its own end");
        assert_eq!(store.add(&new, 0, 200).await, Ok(0));
    }

    fn open() -> (tempfile::TempDir, Sqlite) {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyRing::new(&MasterKey::new([1; 32]), 1, &MasterKey::new([2; 32]));
        let store = Sqlite::open(folder.path(), OpenOptions::default(), &keys).unwrap();
        (folder, store)
    }

    fn counter(id: u8, expires_at: UnixTime) -> Counter {
        Counter { key: Key::new(KeyKind::Counter, [7; 16], [id; 16]), expires_at }
    }
}
