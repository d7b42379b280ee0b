//! What is sealed beside the records: messages, calls, events, settings of webhooks. These rows
//! have no version; one that has changed meanwhile is told by its body.

use keyfob::service::PortError;
use rusqlite::{Connection, Result, params, types::Value};

use super::Sqlite;
use super::records::count;
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
#[derive(Debug, Clone, PartialEq)]
pub struct BesideRow {
    /// Which table.
    pub table: Beside,
    /// Its primary key there.
    place: Value,
    /// Whose it is.
    pub account: [u8; 16],
    /// Which challenge it belongs to; zeroes where there is none.
    pub otp_id: [u8; 16],
    /// The sealed body.
    pub body: Vec<u8>,
}

impl Sqlite {
    /// Up to `limit` rows of `table` that are under another key than `newest`, in the order of
    /// their places, from the one behind `after` on. Reads only.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn beside_under_others(
        &self,
        table: Beside,
        newest: u32,
        after: Option<&BesideRow>,
        limit: usize,
    ) -> std::result::Result<Vec<BesideRow>, PortError> {
        // To SQLite every number is less than every blob.
        let after = after.map_or(Value::Integer(i64::MIN), |row| row.place.clone());
        self.read_now(|connection| under_others(connection, table, newest, &after, limit))
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
                let (table, place) = row.table.table_and_place();
                let update =
                    format!("UPDATE {table} SET body = ?3 WHERE {place} = ?1 AND body = ?2");
                let mut update = connection.prepare_cached(&update)?;
                replaced += update.execute(params![row.place, row.body, body])?;
            }
            Ok(replaced)
        })
    }
}

impl Beside {
    /// The first of all.
    pub const FIRST: Self = Self::Outbox;

    /// The one after it, if it is not the last.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Outbox => Some(Self::Events),
            Self::Events => Some(Self::Webhooks),
            Self::Webhooks => Some(Self::Calls),
            Self::Calls => None,
        }
    }

    /// The name of the table and of its primary key.
    const fn table_and_place(self) -> (&'static str, &'static str) {
        match self {
            Self::Outbox => ("outbox", "id"),
            Self::Events => ("events", "id"),
            Self::Webhooks => ("webhooks", "account"),
            Self::Calls => ("calls", "name"),
        }
    }

    const fn otp_id(self) -> &'static str {
        match self {
            Self::Outbox | Self::Calls => "otp_id",
            Self::Events | Self::Webhooks => "zeroblob(16)",
        }
    }
}

fn under_others(
    connection: &Connection,
    table: Beside,
    newest: u32,
    after: &Value,
    limit: usize,
) -> Result<Vec<BesideRow>> {
    let ((name, place), otp_id) = (table.table_and_place(), table.otp_id());
    let select = format!(
        "SELECT {place}, account, {otp_id}, body FROM {name}
         WHERE {place} > ?1 AND substr(body, 2, 4) <> ?2 ORDER BY {place} LIMIT ?3"
    );
    connection
        .prepare_cached(&select)?
        .query_map(params![after, newest.to_le_bytes(), count(limit)], |row| {
            Ok(BesideRow {
                table,
                place: row.get(0)?,
                account: row.get(1)?,
                otp_id: row.get(2)?,
                body: row.get(3)?,
            })
        })?
        .collect()
}
