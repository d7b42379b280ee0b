//! Saving the database while it is in use, and bringing it back.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use keyfob::UnixTime;
use keyfob::service::{KeyRing, MacKey, plausible_replay_floor};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::audit::{self, AuditEntry};
use super::checkpoint::Checkpoint;
use super::{Sqlite, StorageError, api_keys, connection, folder, meta};
use crate::audit::AuditEvent;

/// What a restore has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Restored {
    /// Codes from before this time count as used.
    pub replay_floor: UnixTime,
    /// A floor that one of the two databases held and that lay too far ahead to be true.
    /// It was taken for the time of the restore.
    pub floor_ahead: Option<UnixTime>,
    /// API keys that the backup still held valid and that were revoked since. Zero,
    /// too, when the database that was replaced could not be read.
    pub revocations_kept: usize,
    /// Whether the database that was replaced could be read. If not, revoke again
    /// the API keys that were revoked since the backup was made.
    pub predecessor_readable: bool,
}

impl Sqlite {
    /// Saves the database as it is at this moment to the new file `to`, while others
    /// go on reading and writing. The copy is complete in itself, readable by its
    /// owner alone, and durable when this returns. Blocks, for seconds if the
    /// database is large.
    ///
    /// # Errors
    /// [`StorageError::Exists`] if there is a file `to`; otherwise what the disk says.
    pub fn backup(&self, to: &Path) -> Result<(), StorageError> {
        if to.exists() {
            return Err(StorageError::Exists(to.to_owned()));
        }
        let partial = beside(to, ".partial");
        remove_database(&partial)?;
        let saved = copy(&self.inner.shared.path, &partial).and_then(|()| publish(&partial, to));
        if saved.is_err() {
            let _ = remove_database(&partial); // the first error is the one to report
        }
        saved
    }
}

/// Replaces the database in the folder `data` by the backup `from`.
///
/// The backup is older than what happened since, so a code that was used since would
/// be good again. Therefore the copy is given a *replay floor*, the latest of `now`
/// and the floors of both databases: codes up to then count as used. A floor more than
/// a minute ahead of `now` is not believed: it would lock everybody out. Messages that
/// waited in the backup are dropped, and API keys that were revoked since stay revoked.
///
/// The old database stays whole until the new one takes its place in one step.
///
/// # Errors
/// [`StorageError::InUse`] while a service or a command has the folder open;
/// [`StorageError::Damaged`], [`StorageError::Foreign`], [`StorageError::Altered`] and
/// [`StorageError::Newer`] about the backup. The folder is then as it was.
pub fn restore(
    from: &Path,
    data: &Path,
    keys: &KeyRing,
    now: UnixTime,
) -> Result<Restored, StorageError> {
    let (keys, audit_key) = (api_keys::mac_key(keys), audit::mac_key(keys));
    let _lock = folder::take(data)?;
    let database = data.join(folder::DATABASE);
    let partial = beside(&database, ".partial");
    remove_database(&partial)?;
    let restored = take_in(from, &partial)
        .and_then(|()| settle_accounts(&partial, &database, (&keys, &audit_key), now))
        .and_then(|restored| {
            publish(&partial, &database)?;
            Ok(restored)
        });
    if restored.is_err() {
        let _ = remove_database(&partial);
    }
    restored
}

/// Copies all pages in one step: in small ones SQLite begins again whenever somebody
/// writes, so a busy database would never be done. Readers and the writer go on.
fn copy(database: &Path, partial: &Path) -> Result<(), StorageError> {
    drop(folder::create_private(partial).map_err(StorageError::io(partial))?);
    let source = connection::reader(database)?;
    source.busy_timeout(Duration::from_secs(1))?;
    let mut target = Connection::open_with_flags(partial, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    target.pragma_update(None, "synchronous", "OFF")?; // synced once, when it is complete
    if Backup::new(&source, &mut target)?.step(-1)? != StepResult::Done {
        return Err(StorageError::StillBusy);
    }
    target.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?; // one file, nothing beside it
    Ok(())
}

/// Copies a backup and makes it a database of the current schema, if it is sound.
fn take_in(from: &Path, partial: &Path) -> Result<(), StorageError> {
    let mut source = File::open(from).map_err(StorageError::io(from))?;
    let mut target = folder::create_private(partial).map_err(StorageError::io(partial))?;
    io::copy(&mut source, &mut target).map_err(StorageError::io(partial))?;
    drop(target);
    check_integrity(partial).map_err(|error| named(error, from))?;
    connection::prepare(partial).map_err(|error| named(error, from))
}

fn check_integrity(path: &Path) -> Result<(), StorageError> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if connection::schema(&connection, path)? == 0 {
        return Err(StorageError::Foreign(path.to_owned()));
    }
    let finding: String =
        connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if finding != "ok" {
        return Err(StorageError::Damaged { path: path.to_owned(), finding });
    }
    Ok(())
}

/// Brings what the backup cannot know into it.
fn settle_accounts(
    partial: &Path,
    database: &Path,
    (keys, audit_key): (&MacKey, &MacKey),
    now: UnixTime,
) -> Result<Restored, StorageError> {
    let known = predecessor(database, keys)?;
    let mut connection = connection::writer(partial)?;
    let transaction = connection.transaction()?;
    let floors = [meta::replay_floor(&transaction)?, known.replay_floor];
    let floor =
        floors.map(|floor| plausible_replay_floor(floor, now)).into_iter().fold(now, u64::max);
    let floor_ahead = floors.into_iter().max().filter(|latest| *latest > floor);
    if let Some(found) = floor_ahead {
        tracing::warn!(
            found,
            taken = floor,
            "a replay floor lies in the future; it is not believed"
        );
    }
    meta::set_replay_floor(&transaction, floor)?;
    transaction.execute("DELETE FROM outbox", [])?;
    transaction.execute("DELETE FROM receipts", [])?;
    transaction.execute("DELETE FROM events", [])?;
    transaction.execute("DELETE FROM calls", [])?;
    let mut revocations_kept = 0;
    for (id, at) in known.revoked {
        revocations_kept += usize::from(api_keys::revoke(&transaction, &id, at, keys)?);
    }
    // The rows since the backup went with the database that is replaced.
    let lost = known.audit_head.map_or("unknown".to_owned(), |seq| seq.to_string());
    let entry = AuditEntry::new(now, AuditEvent::Restored)
        .detail(format!("replay_floor={floor} replaced_head={lost}"));
    audit::append(&transaction, audit_key, &entry)?;
    transaction.commit()?;
    Checkpoint::Truncate.run(&connection)?;
    Ok(Restored {
        replay_floor: floor,
        floor_ahead,
        revocations_kept,
        predecessor_readable: known.readable,
    })
}

#[derive(Default)]
struct Predecessor {
    readable: bool,
    replay_floor: UnixTime,
    revoked: Vec<(String, UnixTime)>,
    /// The number of its last row in the audit trail.
    audit_head: Option<u64>,
}

/// What the database about to be replaced knows. Its log is folded into it first, so
/// that from here on it is one file and replacing it one step. If it is too broken
/// for that, its log is put aside: it must not be taken for the new database's.
fn predecessor(database: &Path, keys: &MacKey) -> Result<Predecessor, StorageError> {
    if !database.exists() {
        return Ok(Predecessor { readable: true, ..Predecessor::default() });
    }
    if let Ok(known) = read_predecessor(database, keys) {
        return Ok(known);
    }
    for suffix in ["-wal", "-shm"] {
        let log = beside(database, suffix);
        if log.exists() {
            fs::rename(&log, beside(&log, ".broken")).map_err(StorageError::io(&log))?;
        }
    }
    Ok(Predecessor::default())
}

fn read_predecessor(database: &Path, keys: &MacKey) -> Result<Predecessor, StorageError> {
    let connection = connection::writer(database)?;
    let replay_floor = meta::replay_floor(&connection)?;
    let revoked = api_keys::revoked(&connection, keys)?;
    let audit_head = connection
        .query_row("SELECT max(seq) FROM audit", [], |row| row.get::<_, Option<i64>>(0))
        .map(|seq| Some(seq.map_or(0, i64::cast_unsigned)))?;
    if !Checkpoint::Truncate.run(&connection)? {
        return Err(StorageError::StillBusy);
    }
    Ok(Predecessor { readable: true, replay_floor, revoked, audit_head })
}

/// Gives a complete file its name, durably.
fn publish(partial: &Path, to: &Path) -> Result<(), StorageError> {
    File::open(partial).and_then(|file| file.sync_all()).map_err(StorageError::io(partial))?;
    fs::rename(partial, to).map_err(StorageError::io(to))?;
    folder::sync(
        to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")),
    )
}

fn remove_database(path: &Path) -> Result<(), StorageError> {
    for path in
        [path.to_owned(), beside(path, "-wal"), beside(path, "-shm"), beside(path, "-journal")]
    {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StorageError::io(&path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Speaks of the backup, which the person knows, and not of our copy of it.
fn named(error: StorageError, from: &Path) -> StorageError {
    let path = from.to_owned();
    match error {
        StorageError::Foreign(_) => StorageError::Foreign(path),
        StorageError::Altered(_) => StorageError::Altered(path),
        StorageError::Damaged { finding, .. } => StorageError::Damaged { path, finding },
        StorageError::Sqlite(error) => StorageError::Damaged { path, finding: error.to_string() },
        other => other,
    }
}
