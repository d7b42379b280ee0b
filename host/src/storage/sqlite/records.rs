//! The statements behind the storage contract. Each write is one statement where
//! it can be, so a failure undoes exactly that write and no other of its batch.
//!
//! A record is looked for at its [`home`] first, which is one descent of one tree, and
//! by its key only if it is not there.

use keyfob::UnixTime;
use keyfob::service::{Key, Record, Stored, Swap, Version};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::{calls, events, hourly, receipts, reseal};

pub(super) fn load(connection: &Connection, key: &Key, now: UnixTime) -> Result<Option<Stored>> {
    let parameters = params![key.as_bytes(), home(key), time(now)];
    let mut at_home = connection.prepare_cached(
        "SELECT version, body FROM records
         WHERE place = ?2 AND key = ?1 AND (expires_at IS NULL OR expires_at > ?3)",
    )?;
    if let Some(found) = at_home.query_row(parameters, stored).optional()? {
        return Ok(Some(found));
    }
    let mut elsewhere = connection.prepare_cached(
        "SELECT version, body FROM records
         WHERE key = ?1 AND place <> ?2 AND (expires_at IS NULL OR expires_at > ?3)",
    )?;
    elsewhere.query_row(parameters, stored).optional()
}

pub(super) fn swap(
    connection: &Connection,
    key: &Key,
    expected: Option<Version>,
    record: Option<&Record>,
    now: UnixTime,
) -> Result<Swap> {
    let swapped = match (expected, record) {
        (None, Some(record)) => create(connection, key, record, now)?,
        (Some(version), Some(record)) => replace(connection, key, version, record, now)?,
        (Some(version), None) => remove(connection, key, version, now)?,
        (None, None) => load(connection, key, now)?.is_none(),
    };
    Ok(if swapped { Swap::Swapped } else { Swap::Conflict })
}

fn create(connection: &Connection, key: &Key, record: &Record, now: UnixTime) -> Result<bool> {
    let changed = connection
        .prepare_cached(
            "INSERT INTO records (place, key, version, expires_at, body)
             VALUES (iif(EXISTS (SELECT 1 FROM records WHERE place = ?2), NULL, ?2), ?1, ?3, ?4, ?5)
             ON CONFLICT (key) DO UPDATE SET
                 version = excluded.version, expires_at = excluded.expires_at, body = excluded.body
             WHERE records.expires_at <= ?6",
        )?
        .execute(params![
            key.as_bytes(),
            home(key),
            record.version.0.cast_signed(),
            record.expires_at.map(time),
            record.bytes,
            time(now)
        ])?;
    Ok(changed == 1)
}

fn replace(
    connection: &Connection,
    key: &Key,
    expected: Version,
    record: &Record,
    now: UnixTime,
) -> Result<bool> {
    let parameters = params![
        key.as_bytes(),
        home(key),
        expected.0.cast_signed(),
        record.version.0.cast_signed(),
        record.expires_at.map(time),
        record.bytes,
        time(now)
    ];
    let at_home = "UPDATE records SET version = ?4, expires_at = ?5, body = ?6
         WHERE place = ?2 AND key = ?1
             AND version = ?3 AND (expires_at IS NULL OR expires_at > ?7)";
    let elsewhere = "UPDATE records SET version = ?4, expires_at = ?5, body = ?6
         WHERE key = ?1 AND place <> ?2
             AND version = ?3 AND (expires_at IS NULL OR expires_at > ?7)";
    Ok(connection.prepare_cached(at_home)?.execute(parameters)? == 1
        || connection.prepare_cached(elsewhere)?.execute(parameters)? == 1)
}

fn remove(connection: &Connection, key: &Key, expected: Version, now: UnixTime) -> Result<bool> {
    let changed = connection
        .prepare_cached(
            "DELETE FROM records
             WHERE key = ?1 AND version = ?2 AND (expires_at IS NULL OR expires_at > ?3)",
        )?
        .execute(params![key.as_bytes(), expected.0.cast_signed(), time(now)])?;
    Ok(changed == 1)
}

/// Whether each was absent and is there now.
pub(super) fn insert_new(connection: &Connection, rows: &[(Key, Record)]) -> Result<Vec<bool>> {
    const NEVER_EXPIRED: UnixTime = 0;
    let retired = reseal::retired(connection)?;
    for (_, record) in rows {
        reseal::refuse_retired(&retired, &record.bytes)?;
    }
    rows.iter().map(|(key, record)| create(connection, key, record, NEVER_EXPIRED)).collect()
}

/// Deletes up to `most` rows that have expired, records first.
pub(super) fn purge(connection: &Connection, now: UnixTime, most: usize) -> Result<usize> {
    let records = connection
        .prepare_cached(
            "DELETE FROM records WHERE place IN
                 (SELECT place FROM records WHERE expires_at IS NOT NULL AND expires_at <= ?1 LIMIT ?2)",
        )?
        .execute(params![time(now), count(most)])?;
    let counters = connection
        .prepare_cached(
            "DELETE FROM counters WHERE key IN (SELECT key FROM counters WHERE expires_at <= ?1 LIMIT ?2)",
        )?
        .execute(params![time(now), count(most - records)])?;
    let receipts = receipts::purge(connection, now, most - records - counters)?;
    let calls = calls::purge(connection, now, most - records - counters - receipts)?;
    let others = records + counters + receipts + calls;
    let others = others + events::purge(connection, now, most - others)?;
    Ok(others + hourly::purge(connection, now, most - others)?)
}

/// Up to `limit` keys that begin with `prefix`, in order, after `after`.
pub(super) fn keys(
    connection: &Connection,
    prefix: &[u8],
    after: Option<&[u8; Key::LENGTH]>,
    limit: usize,
    now: UnixTime,
) -> Result<Vec<[u8; Key::LENGTH]>> {
    let end = [prefix, &[0xff; Key::LENGTH]].concat(); // past every key of this prefix
    connection
        .prepare_cached(
            "SELECT key FROM records
             WHERE key >= ?1 AND key <= ?2 AND (?3 IS NULL OR key > ?3)
                 AND (expires_at IS NULL OR expires_at > ?5)
             ORDER BY key LIMIT ?4",
        )?
        .query_map(params![prefix, end, after, count(limit), time(now)], |row| row.get(0))?
        .collect()
}

/// Where a record goes if nobody is there: the first 28 bits of the second half of its
/// key. Those are random or a keyed hash, so that among a million users two in a thousand
/// come second; SQLite gives them another place. More bits would make the numbers longer
/// that the tree is made of, and so the tree deeper.
fn home(key: &Key) -> i64 {
    let bits = key.as_bytes()[17..21].iter().fold(0, |bits, byte| bits << 8 | i64::from(*byte));
    bits >> 4
}

fn stored(row: &Row<'_>) -> Result<Stored> {
    Ok(Stored { version: Version(row.get::<_, i64>(0)?.cast_unsigned()), bytes: row.get(1)? })
}

/// A time as SQLite can hold it. The last second it knows stands for all later ones.
pub(super) fn time(seconds: UnixTime) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

pub(super) fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
