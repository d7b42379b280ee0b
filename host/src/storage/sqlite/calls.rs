//! What calls are to say once somebody has pressed a key.

use keyfob::UnixTime;
use keyfob::service::PortError;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::Sqlite;
use super::records::{count, time};

/// What a call is to say, under the name that its receipt has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRow {
    /// A keyed hash of the provider and what it calls the call.
    pub name: [u8; 16],
    /// On whose behalf it was made.
    pub account: [u8; 16],
    /// The challenge it belongs to.
    pub otp_id: [u8; 16],
    /// Which of the challenge's messages it says.
    pub message: [u8; 16],
    /// The second from which the code is void.
    pub expires_at: UnixTime,
    /// What to say, sealed by the caller.
    pub body: Vec<u8>,
}

impl Sqlite {
    /// What the call of this name is to say, unless the call is over or its code has expired.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn call_find(
        &self,
        name: [u8; 16],
        now: UnixTime,
    ) -> Result<Option<CallRow>, PortError> {
        self.read(move |connection| find(connection, name, now)).await
    }

    /// The call of this name is over: what it was to say is erased.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: it goes when its code expires.
    pub async fn call_over(&self, name: [u8; 16]) -> Result<(), PortError> {
        self.run(move |connection| over(connection, name)).await
    }
}

pub(super) fn insert(connection: &Connection, row: &CallRow) -> Result<()> {
    super::reseal::refuse_retired(&super::reseal::retired(connection)?, &row.body)?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO calls (name, account, otp_id, message, expires_at, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            row.name,
            row.account,
            row.otp_id,
            row.message,
            time(row.expires_at),
            row.body
        ])?;
    Ok(())
}

pub(super) fn purge(connection: &Connection, now: UnixTime, most: usize) -> Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM calls WHERE name IN (SELECT name FROM calls WHERE expires_at <= ?1 LIMIT ?2)",
        )?
        .execute(params![time(now), count(most)])
}

fn find(connection: &Connection, name: [u8; 16], now: UnixTime) -> Result<Option<CallRow>> {
    connection
        .prepare_cached(
            "SELECT account, otp_id, message, expires_at, body
             FROM calls WHERE name = ?1 AND expires_at > ?2",
        )?
        .query_row(params![name, time(now)], |row| {
            Ok(CallRow {
                name,
                account: row.get(0)?,
                otp_id: row.get(1)?,
                message: row.get(2)?,
                expires_at: row.get::<_, i64>(3)?.cast_unsigned(),
                body: row.get(4)?,
            })
        })
        .optional()
}

fn over(connection: &Connection, name: [u8; 16]) -> Result<()> {
    connection.prepare_cached("DELETE FROM calls WHERE name = ?1")?.execute([name])?;
    Ok(())
}
