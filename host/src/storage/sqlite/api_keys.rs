//! Who may call. Keys are looked up by their public id and compared by the caller,
//! in constant time, by their hash.
//!
//! A row is not sealed, so others could write one: each carries a MAC under the master
//! key. A row without a valid one is as if it were not there.

use keyfob::UnixTime;
use keyfob::service::{AccountId, KeyRing, MacKey, PortError};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::Sqlite;
use super::audit::{self, AuditEntry};
use super::records::time;
use crate::audit::AuditEvent;

/// An API key, of which only the hash is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyRow {
    /// The public part of the key.
    pub id: String,
    /// The account it acts for.
    pub account: [u8; 16],
    /// SHA-256 of the key; zeroes once it is revoked.
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

impl ApiKeyRow {
    /// Whether the key is neither revoked nor expired.
    pub fn is_live(&self, now: UnixTime) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

impl Sqlite {
    /// Adds a key. False if there is one of this id: then nothing changed. Blocks for
    /// up to [`PATIENCE`](super::PATIENCE).
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn api_key_insert(&self, row: &ApiKeyRow) -> Result<bool, PortError> {
        let (row, keys) = (row.clone(), self.inner.shared.api_keys.clone());
        let entry = AuditEntry::new(row.created_at, AuditEvent::KeyCreated)
            .of(AccountId(row.account))
            .detail(format!("key={}", row.id));
        let audit_key = self.audit_key();
        self.run_blocking(move |connection| {
            let inserted = insert(connection, &row, &keys)?;
            if inserted {
                audit::append(connection, &audit_key, &entry)?;
            }
            Ok(inserted)
        })
    }

    /// The key with this id, expired or revoked ones included. Reads only, so a
    /// request may call it where it stands.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn api_key_find(&self, id: &str) -> Result<Option<ApiKeyRow>, PortError> {
        self.read_now(|connection| find(connection, id, &self.inner.shared.api_keys))
    }

    /// All keys, oldest first.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn api_key_list(&self) -> Result<Vec<ApiKeyRow>, PortError> {
        self.read_now(|connection| list(connection, &self.inner.shared.api_keys))
    }

    /// Revokes a key and forgets its hash. False if there is none of this id. One that was
    /// revoked before keeps its time. Blocks for up to [`PATIENCE`](super::PATIENCE).
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn api_key_revoke(&self, id: &str, now: UnixTime) -> Result<bool, PortError> {
        let (id, keys) = (id.to_owned(), self.inner.shared.api_keys.clone());
        let audit_key = self.audit_key();
        self.run_blocking(move |connection| {
            let Some(row) = find(connection, &id, &keys)? else { return Ok(false) };
            if row.revoked_at.is_none() {
                let entry = AuditEntry::new(now, AuditEvent::KeyRevoked)
                    .of(AccountId(row.account))
                    .detail(format!("key={id}"));
                audit::append(connection, &audit_key, &entry)?;
            }
            revoke(connection, &id, now, &keys)
        })
    }
}

/// The key of the rows' MACs.
pub(super) fn mac_key(keys: &KeyRing) -> MacKey {
    keys.mac_key("keyfob api keys v1")
}

/// No key has this hash: nobody knows a text that does.
const FORGOTTEN: [u8; 32] = [0; 32];

fn insert(connection: &Connection, row: &ApiKeyRow, keys: &MacKey) -> Result<bool> {
    let inserted = connection
        .prepare_cached(
            "INSERT INTO api_keys (id, account, hash, label, created_at, expires_at, revoked_at, mac)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            row.id,
            row.account,
            row.hash,
            row.label,
            time(row.created_at),
            row.expires_at.map(time),
            row.revoked_at.map(time),
            mac(row, keys)
        ])?;
    Ok(inserted == 1)
}

pub(super) fn find(connection: &Connection, id: &str, keys: &MacKey) -> Result<Option<ApiKeyRow>> {
    let found = connection
        .prepare_cached(
            "SELECT id, account, hash, label, created_at, expires_at, revoked_at, mac FROM api_keys
             WHERE id = ?1",
        )?
        .query_row([id], |row| Ok(genuine(row, keys)))
        .optional()?;
    Ok(found.flatten())
}

fn list(connection: &Connection, keys: &MacKey) -> Result<Vec<ApiKeyRow>> {
    let rows: Result<Vec<_>> = connection
        .prepare_cached(
            "SELECT id, account, hash, label, created_at, expires_at, revoked_at, mac FROM api_keys
             ORDER BY created_at, id",
        )?
        .query_map([], |row| Ok(genuine(row, keys)))?
        .collect();
    Ok(rows?.into_iter().flatten().collect())
}

pub(super) fn revoke(
    connection: &Connection,
    id: &str,
    now: UnixTime,
    keys: &MacKey,
) -> Result<bool> {
    let Some(row) = find(connection, id, keys)? else { return Ok(false) };
    if row.revoked_at.is_some() {
        return Ok(true);
    }
    let row = ApiKeyRow { hash: FORGOTTEN, revoked_at: Some(now), ..row };
    connection
        .prepare_cached("UPDATE api_keys SET hash = ?2, revoked_at = ?3, mac = ?4 WHERE id = ?1")?
        .execute(params![row.id, row.hash, time(now), mac(&row, keys)])?;
    Ok(true)
}

/// The ids of revoked keys and when they were revoked.
pub(super) fn revoked(connection: &Connection, keys: &MacKey) -> Result<Vec<(String, UnixTime)>> {
    let rows = list(connection, keys)?.into_iter();
    Ok(rows.filter_map(|row| Some((row.id, row.revoked_at?))).collect())
}

/// The row, if this service wrote it.
fn genuine(row: &Row<'_>, keys: &MacKey) -> Option<ApiKeyRow> {
    let key = api_key(row).and_then(|key| Ok((key, row.get::<_, [u8; 32]>(7)?)));
    if let Ok((key, given)) = key
        && is_mac_of(&key, &given, keys)
    {
        return Some(key);
    }
    let id: String = row.get(0).unwrap_or_default();
    tracing::error!(?id, "an API key in the database was not written by keyfob; it is refused");
    None
}

fn mac(row: &ApiKeyRow, keys: &MacKey) -> [u8; 32] {
    with_parts(row, |parts| keys.mac(parts))
}

fn is_mac_of(row: &ApiKeyRow, given: &[u8], keys: &MacKey) -> bool {
    with_parts(row, |parts| keys.is_mac_of(parts, given))
}

/// All of a row. A time that is not there is an empty part.
fn with_parts<T>(row: &ApiKeyRow, use_parts: impl FnOnce(&[&[u8]]) -> T) -> T {
    let bytes = |time: UnixTime| time.to_be_bytes();
    let (expires_at, revoked_at) = (row.expires_at.map(bytes), row.revoked_at.map(bytes));
    use_parts(&[
        row.id.as_bytes(),
        &row.account,
        &row.hash,
        row.label.as_bytes(),
        &bytes(row.created_at),
        expires_at.as_ref().map_or(&[], |bytes| bytes),
        revoked_at.as_ref().map_or(&[], |bytes| bytes),
    ])
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
