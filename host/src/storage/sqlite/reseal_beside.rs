//! What is sealed beside the records: messages, calls, events, settings of webhooks. These rows
//! have no version; one that has changed meanwhile is told by its body.

use keyfob::service::PortError;
use rusqlite::{Connection, Result, params};

use super::Sqlite;
use super::reseal::{refuse_retired, retired};

/// A table with sealed bodies beside that of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// Messages that wait.
    Outbox,
    /// Events that wait.
    Events,
    /// Settings of webhooks.
    Webhooks,
    /// What calls are to say.
    Calls,
}

/// A row of one of these tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BesideRow {
    /// Which table.
    pub table: Beside,
    /// Which row.
    pub row: i64,
    /// Whose it is.
    pub account: [u8; 16],
    /// Which challenge it belongs to; zeroes where there is none.
    pub otp_id: [u8; 16],
    /// The sealed body.
    pub body: Vec<u8>,
}

impl Sqlite {
    /// Some hundreds of the rows beside the records that are under another key than `newest`.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn beside_under_others(
        &self,
        newest: u32,
    ) -> std::result::Result<Vec<BesideRow>, PortError> {
        self.read_now(|connection| {
            let mut found = Vec::new();
            for table in Beside::ALL {
                found.extend(under_others(connection, table, newest)?);
            }
            Ok(found)
        })
    }

    /// Puts the second of each pair in the place of the first, where that is still as it was.
    /// Returns how many were replaced. Blocks for up to [`PATIENCE`](super::PATIENCE).
    ///
    /// # Errors
    /// [`PortError::Unavailable`]; then all may have been replaced or none.
    pub fn replace_beside(
        &self,
        rows: Vec<(BesideRow, Vec<u8>)>,
    ) -> std::result::Result<usize, PortError> {
        self.run_blocking(move |connection| {
            let retired = retired(connection)?;
            let mut replaced = 0;
            for (row, body) in &rows {
                refuse_retired(&retired, body)?;
                replaced += connection.prepare_cached(row.table.replace())?.execute(params![
                    row.row,
                    row.account,
                    row.body,
                    body
                ])?;
            }
            Ok(replaced)
        })
    }
}

impl Beside {
    const ALL: [Self; 4] = [Self::Outbox, Self::Events, Self::Webhooks, Self::Calls];

    const fn select(self) -> &'static str {
        match self {
            Self::Outbox => {
                "SELECT id, account, otp_id, body FROM outbox WHERE substr(body, 2, 4) <> ?1 LIMIT 256"
            }
            Self::Events => {
                "SELECT id, account, zeroblob(16), body FROM events WHERE substr(body, 2, 4) <> ?1 LIMIT 256"
            }
            Self::Webhooks => {
                "SELECT 0, account, zeroblob(16), body FROM webhooks WHERE substr(body, 2, 4) <> ?1 LIMIT 256"
            }
            Self::Calls => {
                "SELECT 0, account, otp_id, body FROM calls WHERE substr(body, 2, 4) <> ?1 LIMIT 256"
            }
        }
    }

    const fn replace(self) -> &'static str {
        match self {
            Self::Outbox => {
                "UPDATE outbox SET body = ?4 WHERE id = ?1 AND account = ?2 AND body = ?3"
            }
            Self::Events => {
                "UPDATE events SET body = ?4 WHERE id = ?1 AND account = ?2 AND body = ?3"
            }
            Self::Webhooks => {
                "UPDATE webhooks SET body = ?4 WHERE ?1 = 0 AND account = ?2 AND body = ?3"
            }
            Self::Calls => "UPDATE calls SET body = ?4 WHERE ?1 = 0 AND account = ?2 AND body = ?3",
        }
    }
}

fn under_others(connection: &Connection, table: Beside, newest: u32) -> Result<Vec<BesideRow>> {
    connection
        .prepare_cached(table.select())?
        .query_map(params![newest.to_le_bytes()], |row| {
            Ok(BesideRow {
                table,
                row: row.get(0)?,
                account: row.get(1)?,
                otp_id: row.get(2)?,
                body: row.get(3)?,
            })
        })?
        .collect()
}
