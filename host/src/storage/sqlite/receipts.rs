//! What providers call the messages that they took.

use keyfob::UnixTime;
use keyfob::service::{Channel, PortError};
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::Sqlite;
use super::records::{count, time};

/// A message that a provider took, under a name to know it again by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiptRow {
    /// A keyed hash of the provider and what it calls the message.
    pub name: [u8; 16],
    /// On whose behalf it was sent.
    pub account: [u8; 16],
    /// The challenge it belongs to.
    pub otp_id: [u8; 16],
    /// Which of the challenge's messages it is.
    pub message: [u8; 16],
    /// What it is called in the log.
    pub letter: String,
    /// The channel that it took.
    pub channel: Channel,
    /// Which of its ways that was.
    pub way: usize,
    /// Its row in the outbox, if that is still there.
    pub outbox_id: i64,
    /// The second from which a receipt matters to nobody.
    pub expires_at: UnixTime,
}

impl Sqlite {
    /// The message of this name.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn receipt_find(
        &self,
        name: [u8; 16],
        now: UnixTime,
    ) -> Result<Option<ReceiptRow>, PortError> {
        self.read(move |connection| find(connection, name, now)).await
    }
}

pub(super) fn insert(connection: &Connection, row: &ReceiptRow) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO receipts
                 (name, account, otp_id, message, channel, way, outbox_id, expires_at, letter)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            row.name,
            row.account,
            row.otp_id,
            row.message,
            row.channel.name(),
            count(row.way),
            row.outbox_id,
            time(row.expires_at),
            row.letter
        ])?;
    Ok(())
}

pub(super) fn purge(connection: &Connection, now: UnixTime, most: usize) -> Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM receipts WHERE name IN (SELECT name FROM receipts WHERE expires_at <= ?1 LIMIT ?2)",
        )?
        .execute(params![time(now), count(most)])
}

fn find(connection: &Connection, name: [u8; 16], now: UnixTime) -> Result<Option<ReceiptRow>> {
    connection
        .prepare_cached(
            "SELECT account, otp_id, message, channel, way, outbox_id, expires_at, letter
             FROM receipts WHERE name = ?1 AND expires_at > ?2",
        )?
        .query_row(params![name, time(now)], |row| {
            let channel: String = row.get(3)?;
            Ok(ReceiptRow {
                name,
                account: row.get(0)?,
                otp_id: row.get(1)?,
                message: row.get(2)?,
                channel: channel.parse().map_err(|_| rusqlite::Error::InvalidQuery)?,
                way: row.get::<_, u16>(4)?.into(),
                outbox_id: row.get(5)?,
                expires_at: row.get::<_, i64>(6)?.cast_unsigned(),
                letter: row.get(7)?,
            })
        })
        .optional()
}
