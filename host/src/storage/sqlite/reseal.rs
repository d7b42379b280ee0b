//! Sealing what is stored under another key, while others go on reading and writing.

use std::collections::BTreeMap;

use keyfob::service::{Key, KeyRing, PortError, Version};
use rusqlite::{Connection, Result, params};

use super::records::count;
use super::{Sqlite, meta};

/// A record as it stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedRecord {
    /// Where: what the next page begins after.
    pub place: i64,
    /// Its key.
    pub key: [u8; Key::LENGTH],
    /// Its version.
    pub version: Version,
    /// The sealed body.
    pub body: Vec<u8>,
}

/// How much is sealed under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SealedCount {
    /// Records, those included that have expired and are still to be purged.
    pub records: u64,
    /// Messages, calls and events that wait, and settings of webhooks.
    pub others: u64,
}

impl Sqlite {
    /// Up to `limit` records that stand after `after`, in the order of their places. Reads only.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn records_after(
        &self,
        after: i64,
        limit: usize,
    ) -> std::result::Result<Vec<PlacedRecord>, PortError> {
        self.read_now(|connection| page(connection, after, limit))
    }

    /// Puts the bodies of `records` in the place of those they were made from. One that has
    /// changed since, or is gone, is left alone. Returns how many were replaced. Blocks for up
    /// to [`PATIENCE`](super::PATIENCE).
    ///
    /// # Errors
    /// [`PortError::Unavailable`]; then all may have been replaced or none.
    pub fn replace_bodies(
        &self,
        records: Vec<PlacedRecord>,
    ) -> std::result::Result<usize, PortError> {
        self.run_blocking(move |connection| replace(connection, &records))
    }

    /// How much is sealed under which key. Reads the whole database.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn sealed_counts(&self) -> std::result::Result<BTreeMap<u32, SealedCount>, PortError> {
        self.read_now(counts)
    }

    /// From when this returns, no process writes anything that is sealed under the key `id`.
    /// One that does not know of a newer key answers [`PortError::Unavailable`] until it does.
    /// Blocks for up to [`PATIENCE`](super::PATIENCE).
    ///
    /// # Errors
    /// [`PortError::Unavailable`]; ask again.
    pub fn retire_key(&self, id: u32) -> std::result::Result<(), PortError> {
        self.run_blocking(move |connection| {
            let mut retired = retired(connection)?;
            if !retired.contains(&id) {
                retired.push(id);
            }
            let bytes: Vec<u8> = retired.iter().flat_map(|id| id.to_be_bytes()).collect();
            meta::set(connection, RETIRED, &bytes)
        })
    }

    /// The keys that were [retired](Self::retire_key).
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn retired_keys(&self) -> std::result::Result<Vec<u32>, PortError> {
        self.read_now(retired)
    }
}

/// The name of the numbers of those keys that nothing may be sealed under any more.
const RETIRED: &str = "retired_keys";

pub(super) fn retired(connection: &Connection) -> Result<Vec<u32>> {
    let bytes = meta::value(connection, RETIRED)?.unwrap_or_default();
    Ok(bytes.as_chunks().0.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect())
}

/// Refuses a body under one of the keys `retired`: who wrote it has not heard of a newer one.
pub(super) fn refuse_retired(retired: &[u32], body: &[u8]) -> Result<()> {
    match KeyRing::key_of(body) {
        Some(id) if retired.contains(&id) => {
            tracing::error!(id, "a write under a retired sealing key was refused");
            Err(rusqlite::Error::InvalidQuery)
        }
        _ => Ok(()),
    }
}

fn page(connection: &Connection, after: i64, limit: usize) -> Result<Vec<PlacedRecord>> {
    connection
        .prepare_cached(
            "SELECT place, key, version, body FROM records WHERE place > ?1 ORDER BY place LIMIT ?2",
        )?
        .query_map(params![after, count(limit)], |row| {
            Ok(PlacedRecord {
                place: row.get(0)?,
                key: row.get(1)?,
                version: Version(row.get::<_, i64>(2)?.cast_unsigned()),
                body: row.get(3)?,
            })
        })?
        .collect()
}

fn replace(connection: &Connection, records: &[PlacedRecord]) -> Result<usize> {
    let retired = retired(connection)?;
    let mut statement = connection.prepare_cached(
        "UPDATE records SET body = ?4 WHERE place = ?1 AND key = ?2 AND version = ?3",
    )?;
    let mut replaced = 0;
    for record in records {
        refuse_retired(&retired, &record.body)?;
        let version = record.version.0.cast_signed();
        replaced += statement.execute(params![record.place, record.key, version, record.body])?;
    }
    Ok(replaced)
}

fn counts(connection: &Connection) -> Result<BTreeMap<u32, SealedCount>> {
    let mut counts = BTreeMap::<u32, SealedCount>::new();
    for (id, rows) in tally(connection, "SELECT substr(body, 2, 4) FROM records")? {
        counts.entry(id).or_default().records = rows;
    }
    let others = "SELECT substr(body, 2, 4) FROM outbox
         UNION ALL SELECT substr(body, 2, 4) FROM events
         UNION ALL SELECT substr(body, 2, 4) FROM webhooks
         UNION ALL SELECT substr(body, 2, 4) FROM calls";
    for (id, rows) in tally(connection, others)? {
        counts.entry(id).or_default().others = rows;
    }
    Ok(counts)
}

/// The key ids that `heads` finds, and how often.
fn tally(connection: &Connection, heads: &str) -> Result<Vec<(u32, u64)>> {
    let query = format!(
        "SELECT head, count(*) FROM (SELECT NULL AS head WHERE 0 UNION ALL {heads}) GROUP BY head"
    );
    let mut statement = connection.prepare(&query)?;
    let rows = statement.query_map([], |row| {
        let head: Vec<u8> = row.get(0)?;
        let id = head.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
        Ok(id.zip(Some(row.get::<_, i64>(1)?.cast_unsigned())))
    })?;
    rows.filter_map(Result::transpose).collect()
}
