//! Facts about the database as a whole.

use keyfob::UnixTime;
use keyfob::service::PortError;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::Sqlite;

/// The name of the time before which every code counts as used.
const REPLAY_FLOOR: &str = "replay_floor";

const CHECKED: &str = "checked";

impl Sqlite {
    /// The value of a fact. Reads only.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn meta_get(&self, name: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.read_now(|connection| value(connection, name))
    }

    /// Sets a fact. Blocks for up to [`PATIENCE`](super::PATIENCE).
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn meta_set(&self, name: &str, value: &[u8]) -> Result<(), PortError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.run_blocking(move |connection| set(connection, &name, &value))
    }

    /// The time of the last restore from a backup, 0 if there was none: for
    /// [`Service::new`](keyfob::service::Service::new).
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn replay_floor(&self) -> Result<UnixTime, PortError> {
        self.read_now(replay_floor)
    }
}

pub(super) fn replay_floor(connection: &Connection) -> Result<UnixTime> {
    let floor = value(connection, REPLAY_FLOOR)?;
    let floor = floor.and_then(|bytes| Some(UnixTime::from_be_bytes(bytes.try_into().ok()?)));
    Ok(floor.unwrap_or(0))
}

pub(super) fn set_replay_floor(connection: &Connection, floor: UnixTime) -> Result<()> {
    set(connection, REPLAY_FLOOR, &floor.to_be_bytes())
}

/// A write that proves that writing works: as much as any request writes, for a disk that is
/// almost full has room for less.
pub(super) fn touch(connection: &Connection) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO meta (name, value) VALUES (?1, randomblob(8192))
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )?
        .execute([CHECKED])?;
    Ok(())
}

pub(super) fn touched(connection: &Connection) -> Result<()> {
    connection
        .prepare_cached("SELECT length(value) FROM meta WHERE name = ?1")?
        .query_row([CHECKED], |row| row.get::<_, i64>(0))?;
    Ok(())
}

pub(super) fn value(connection: &Connection, name: &str) -> Result<Option<Vec<u8>>> {
    connection
        .prepare_cached("SELECT value FROM meta WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()
}

pub(super) fn set(connection: &Connection, name: &str, value: &[u8]) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO meta (name, value) VALUES (?1, ?2)")?
        .execute(params![name, value])?;
    Ok(())
}
