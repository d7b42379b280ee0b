//! What became of accounts' messages and codes, by the hour.

use keyfob::UnixTime;
use keyfob::service::{Channel, PortError};
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::Sqlite;
use super::records::{count, time};

/// How often something happened within an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourlyRow {
    /// On whose behalf.
    pub account: [u8; 16],
    /// The hour since 1970.
    pub hour: u64,
    /// How the message travelled.
    pub channel: Channel,
    /// Where to.
    pub country: String,
    /// What happened.
    pub event: String,
    /// How often.
    pub count: u64,
}

/// How long hours are kept: a week, and the day that is not over.
const KEPT: u64 = 8 * 24;

/// The name of the fact which batch was added last.
const BATCH: &str = "hourly_batch";

impl Sqlite {
    /// Adds to the counts. Added again under the same name it changes nothing, as long as no
    /// other batch came between: so whoever does not know may ask again.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: it is not known whether they were added.
    pub async fn hourly_add(
        &self,
        batch: [u8; 16],
        rows: Vec<HourlyRow>,
    ) -> std::result::Result<(), PortError> {
        self.run(move |connection| add(connection, &batch, &rows)).await
    }

    /// The counts of an account from an hour on.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn hourly_of(
        &self,
        account: [u8; 16],
        from_hour: u64,
    ) -> std::result::Result<Vec<HourlyRow>, PortError> {
        self.read(move |connection| of(connection, account, from_hour)).await
    }
}

/// Deletes up to `most` rows of hours that nobody looks at any more.
pub(super) fn purge(connection: &Connection, now: UnixTime, most: usize) -> Result<usize> {
    let oldest = (now / 3_600).saturating_sub(KEPT);
    connection
        .prepare_cached(
            "DELETE FROM hourly WHERE (account, hour, channel, country, event) IN
                 (SELECT account, hour, channel, country, event FROM hourly WHERE hour < ?1 LIMIT ?2)",
        )?
        .execute(params![time(oldest), count(most)])
}

fn add(connection: &Connection, batch: &[u8; 16], rows: &[HourlyRow]) -> Result<()> {
    let last = connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([BATCH], |row| row.get::<_, Vec<u8>>(0))
        .optional()?;
    if last.as_deref() == Some(batch) {
        return Ok(());
    }
    let mut upsert = connection.prepare_cached(
        "INSERT INTO hourly (account, hour, channel, country, event, count)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET count = count + excluded.count",
    )?;
    for row in rows {
        upsert.execute(params![
            row.account,
            time(row.hour),
            row.channel.name(),
            row.country,
            row.event,
            row.count.cast_signed()
        ])?;
    }
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
        .execute(params![BATCH, batch])?;
    Ok(())
}

fn of(connection: &Connection, account: [u8; 16], from_hour: u64) -> Result<Vec<HourlyRow>> {
    connection
        .prepare_cached(
            "SELECT hour, channel, country, event, count FROM hourly
             WHERE account = ?1 AND hour >= ?2",
        )?
        .query_map(params![account, time(from_hour)], |row| {
            let channel: String = row.get(1)?;
            Ok(HourlyRow {
                account,
                hour: row.get::<_, i64>(0)?.cast_unsigned(),
                channel: channel.parse().map_err(|_| rusqlite::Error::InvalidQuery)?,
                country: row.get(2)?,
                event: row.get(3)?,
                count: row.get::<_, i64>(4)?.cast_unsigned(),
            })
        })?
        .collect()
}
