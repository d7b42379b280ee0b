//! Who may call. Keys are looked up by their public id and compared by the caller,
//! in constant time, by their hash.

use keyfob::UnixTime;
use keyfob::service::PortError;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::Sqlite;
use super::records::time;

/// An API key, of which only the hash is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// The public part of the key.
    pub id: String,
    /// The account it acts for.
    pub account: [u8; 16],
    /// SHA-256 of the key.
    pub hash: [u8; 32],
    /// What its owner calls it.
    pub label: String,
    /// When it was made.
    pub created_at: UnixTime,
    /// The second from which it is no longer valid.
    pub expires_at: Option<UnixTime>,
    /// When it was revoked.
    pub revoked_at: Option<UnixTime>,
}

impl Sqlite {
    /// Adds a key. False if there is one of this id: then nothing changed. Blocks for
    /// up to [`PATIENCE`](super::PATIENCE).
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn api_key_insert(&self, row: &ApiKeyRow) -> Result<bool, PortError> {
        let row = row.clone();
        self.run_blocking(move |connection| insert(connection, &row))
    }

    /// The key with this id, expired or revoked ones included. Reads only, so a
    /// request may call it where it stands.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn api_key_find(&self, id: &str) -> Result<Option<ApiKeyRow>, PortError> {
        self.read_now(|connection| find(connection, id))
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn api_key_list(&self) -> Result<Vec<ApiKeyRow>, PortError> {
        self.read_now(list)
    }

    /// Revokes a key. False if there is none of this id. One that was revoked before
    /// keeps its time. Blocks for up to [`PATIENCE`](super::PATIENCE).
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn api_key_revoke(&self, id: &str, now: UnixTime) -> Result<bool, PortError> {
        let id = id.to_owned();
        self.run_blocking(move |connection| revoke(connection, &id, now))
    }
}

fn insert(connection: &Connection, row: &ApiKeyRow) -> Result<bool> {
    let inserted = connection
        .prepare_cached(
            "INSERT INTO api_keys (id, account, hash, label, created_at, expires_at, revoked_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            row.id,
            row.account,
            row.hash,
            row.label,
            time(row.created_at),
            row.expires_at.map(time),
            row.revoked_at.map(time)
        ])?;
    Ok(inserted == 1)
}

fn find(connection: &Connection, id: &str) -> Result<Option<ApiKeyRow>> {
    connection
        .prepare_cached(
            "SELECT id, account, hash, label, created_at, expires_at, revoked_at FROM api_keys WHERE id = ?1",
        )?
        .query_row([id], api_key)
        .optional()
}

fn list(connection: &Connection) -> Result<Vec<ApiKeyRow>> {
    connection
        .prepare_cached(
            "SELECT id, account, hash, label, created_at, expires_at, revoked_at FROM api_keys
             ORDER BY created_at, id",
        )?
        .query_map([], api_key)?
        .collect()
}

pub(super) fn revoke(connection: &Connection, id: &str, now: UnixTime) -> Result<bool> {
    let found = connection
        .prepare_cached("UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?2) WHERE id = ?1")?
        .execute(params![id, time(now)])?;
    Ok(found == 1)
}

/// The ids of revoked keys and when they were revoked.
pub(super) fn revoked(connection: &Connection) -> Result<Vec<(String, UnixTime)>> {
    connection
        .prepare("SELECT id, revoked_at FROM api_keys WHERE revoked_at IS NOT NULL")?
        .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?
        .collect()
}

fn api_key(row: &Row<'_>) -> Result<ApiKeyRow> {
    let seconds = |time: i64| time.cast_unsigned();
    Ok(ApiKeyRow {
        id: row.get(0)?,
        account: row.get(1)?,
        hash: row.get(2)?,
        label: row.get(3)?,
        created_at: seconds(row.get(4)?),
        expires_at: row.get::<_, Option<i64>>(5)?.map(seconds),
        revoked_at: row.get::<_, Option<i64>>(6)?.map(seconds),
    })
}
