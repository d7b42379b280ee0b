//! How a connection is opened: with which settings, and never with weaker ones.

use std::path::Path;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::StorageError;

/// Marks the file as ours, in the place SQLite has for it: `kfob`.
const APPLICATION_ID: i64 = 0x6b66_6f62;

/// The schema, in the order in which it came to be. `user_version` counts how many
/// of these a database has. Never edit one that was released.
const MIGRATIONS: [&str; 9] = [
    include_str!("../../../migrations/0001_records.sql"),
    include_str!("../../../migrations/0002_outbox.sql"),
    include_str!("../../../migrations/0003_api_keys.sql"),
    include_str!("../../../migrations/0004_fallbacks.sql"),
    include_str!("../../../migrations/0005_audit.sql"),
    include_str!("../../../migrations/0006_webhooks.sql"),
    include_str!("../../../migrations/0007_calls.sql"),
    include_str!("../../../migrations/0008_hourly.sql"),
    include_str!("../../../migrations/0009_receipts.sql"),
];

/// Small, because every byte of a changed page is written twice: half the bytes of
/// SQLite's default at the same speed. Fixed when the file is made.
const PAGE_SIZE: u32 = 1024;

/// How long opening waits for another process that is opening, too.
const OPENING: Duration = Duration::from_secs(5);

/// Makes the file at `path` a database of the current schema, whatever older one it
/// had. The file must exist; an empty one becomes a new database.
///
/// # Errors
/// [`StorageError::Foreign`], [`StorageError::Altered`], [`StorageError::Newer`] or
/// [`StorageError::NotDurable`], and then the file is as it was.
pub(super) fn prepare(path: &Path) -> Result<(), StorageError> {
    let mut connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    be_patient(&mut connection, OPENING)?;
    let found = schema(&connection, path)?;
    connection.pragma_update(None, "page_size", PAGE_SIZE)?; // means nothing to a database that has pages
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    settle(&connection)?;
    verify_durable(&connection)?;
    if found == known() {
        return Ok(()); // beside a service that writes all the time, a lock for nothing is a long wait
    }
    migrate(&mut connection, path)
}

/// A connection that writes.
///
/// # Errors
/// When the file is not, or no longer, a database of the current schema, or would
/// not be written durably.
pub(super) fn writer(path: &Path) -> Result<Connection, StorageError> {
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    settle(&connection)?;
    connection.pragma_update(None, "cache_size", -16_384)?; // KiB: all but the leaves for a million users
    verify_durable(&connection)?;
    if schema(&connection, path)? != known() {
        return Err(StorageError::Foreign(path.to_owned()));
    }
    Ok(connection)
}

/// A connection that only reads. It waits for nobody: in WAL mode there is nobody
/// to wait for, except in moments that are over before a retry.
pub(super) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    // Read-write, since a reader of a WAL takes part in its shared memory.
    let connection = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "cache_size", -1024)?; // KiB
    Ok(connection)
}

/// Has the connection ask for a lock every millisecond, for as long as given. The
/// waits of SQLite's own timeout grow to 100 ms: another process that writes one
/// transaction after the other would nearly always be quicker.
pub(super) fn be_patient(connection: &mut Connection, patience: Duration) -> rusqlite::Result<()> {
    let most = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
    connection.busy_handler(Some(move |tries| {
        thread::sleep(Duration::from_millis(1));
        tries < most
    }))
}

/// Sets what holds for every connection that writes.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?; // macOS: through the drive's cache
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?; // a thread of its own does it
    // What is deleted is overwritten. Its cost could not be told from noise: the pages
    // concerned are written anyway.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    connection.pragma_update(None, "trusted_schema", false)
}

/// Refuses what could lose a committed transaction in a power cut: a journal that
/// is not a WAL, or a WAL that is not synced at every commit. Asked, not assumed:
/// on some file systems SQLite keeps another mode than it was told.
fn verify_durable(connection: &Connection) -> Result<(), StorageError> {
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StorageError::NotDurable { setting: "journal_mode", found: mode });
    }
    let synchronous: i64 = connection.pragma_query_value(None, "synchronous", |row| row.get(0))?;
    if synchronous < 2 {
        return Err(StorageError::NotDurable {
            setting: "synchronous",
            found: synchronous.to_string(),
        });
    }
    Ok(())
}

/// The schema the database has: 0 for an empty file.
///
/// # Errors
/// [`StorageError::Altered`] if it is not what the migrations make. A trigger or a view
/// would run or answer without a word, and could undo every code that is used up.
pub(super) fn schema(connection: &Connection, path: &Path) -> Result<i64, StorageError> {
    // One snapshot: another process may be migrating.
    let snapshot = connection.is_autocommit().then(|| connection.unchecked_transaction());
    let _snapshot = snapshot.transpose()?;
    let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let items = items(connection)?;
    let empty = id == 0 && found == 0 && items.is_empty();
    if id != APPLICATION_ID && !empty {
        return Err(StorageError::Foreign(path.to_owned()));
    }
    if found > known() {
        return Err(StorageError::Newer { found, known: known() });
    }
    if items != made_by_migrations(found)? {
        return Err(StorageError::Altered(path.to_owned()));
    }
    Ok(found)
}

/// A table, index, trigger or view: its type, name, table and text.
type Item = (String, String, String, Option<String>);

/// All there is in a database, in order, but for what ANALYZE may have counted.
fn items(connection: &Connection) -> rusqlite::Result<Vec<Item>> {
    connection
        .prepare(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema
             WHERE NOT (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4'))
             ORDER BY type, name",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect()
}

/// What schema `found` consists of: taken once from a database in memory.
fn made_by_migrations(found: i64) -> rusqlite::Result<&'static [Item]> {
    static MADE: OnceLock<Vec<Vec<Item>>> = OnceLock::new();
    let made = if let Some(made) = MADE.get() {
        made
    } else {
        let made = migrated_in_memory()?;
        MADE.get_or_init(|| made)
    };
    let made = usize::try_from(found).ok().and_then(|found| made.get(found));
    Ok(made.map_or(&[], Vec::as_slice))
}

/// From no migration on to all of them.
fn migrated_in_memory() -> rusqlite::Result<Vec<Vec<Item>>> {
    let connection = Connection::open_in_memory()?;
    let mut made = vec![items(&connection)?];
    for migration in MIGRATIONS {
        connection.execute_batch(migration)?;
        made.push(items(&connection)?);
    }
    Ok(made)
}

/// All missing migrations or none.
fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StorageError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found = schema(&transaction, path)?; // again: another process may have been first
    for (migration, number) in MIGRATIONS.iter().zip(1..).filter(|(_, number)| *number > found) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", number)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    Ok(transaction.commit()?)
}

fn known() -> i64 {
    super::records::count(MIGRATIONS.len())
}

fn open(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_could_lose_a_commit_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        std::fs::write(&path, b"").unwrap();
        prepare(&path).unwrap();
        let connection = writer(&path).unwrap();
        assert!(verify_durable(&connection).is_ok());

        connection.pragma_update(None, "synchronous", "NORMAL").unwrap();
        let refusal = verify_durable(&connection);
        assert!(matches!(refusal, Err(StorageError::NotDurable { setting: "synchronous", .. })));

        let in_memory = Connection::open_in_memory().unwrap(); // cannot have a log
        let refusal = verify_durable(&in_memory);
        assert!(matches!(refusal, Err(StorageError::NotDurable { setting: "journal_mode", .. })));
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        std::fs::write(&path, b"").unwrap();
        prepare(&path).unwrap();
        assert!(reader(&path).unwrap().execute("DELETE FROM records", []).is_err());
    }

    #[test]
    fn what_needs_no_migration_is_opened_while_another_process_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        std::fs::write(&path, b"").unwrap();
        prepare(&path).unwrap();
        let other = writer(&path).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(prepare(&path).is_ok(), "it waits for a lock that it does not need");
    }

    #[test]
    fn a_database_with_more_or_other_than_the_migrations_made_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for (number, change) in [
            "CREATE TRIGGER t AFTER UPDATE ON records BEGIN SELECT 1; END",
            "CREATE VIEW v AS SELECT * FROM meta",
            "CREATE INDEX i ON records (version)",
            "DROP INDEX outbox_by_turn",
            "ALTER TABLE meta ADD COLUMN more",
            "ALTER TABLE meta RENAME TO real; CREATE VIEW meta AS SELECT * FROM real",
            "PRAGMA user_version = 1",
            "PRAGMA user_version = -1",
            // SQLite lets nobody name a trigger like this, but a file can hold one.
            "CREATE TRIGGER t AFTER UPDATE ON records BEGIN SELECT 1; END;
             PRAGMA writable_schema = ON;
             UPDATE sqlite_schema SET name = 'sqlite_t', sql = replace(sql, 'TRIGGER t', 'TRIGGER sqlite_t')
                 WHERE name = 't'",
        ]
        .iter()
        .enumerate()
        {
            let path = folder.path().join(number.to_string());
            std::fs::write(&path, b"").unwrap();
            prepare(&path).unwrap();
            Connection::open(&path).unwrap().execute_batch(change).unwrap();
            assert!(matches!(prepare(&path), Err(StorageError::Altered(_))), "{change}");
            assert!(matches!(writer(&path), Err(StorageError::Altered(_))), "{change}");
        }
    }

    #[test]
    fn a_database_that_was_analysed_is_as_good_as_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        std::fs::write(&path, b"").unwrap();
        prepare(&path).unwrap();
        Connection::open(&path).unwrap().execute_batch("ANALYZE; VACUUM").unwrap();
        prepare(&path).unwrap();
    }

    #[test]
    fn every_migration_is_applied_once_and_from_any_older_schema() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("database");
        std::fs::write(&path, b"").unwrap();
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        old.execute("INSERT INTO meta VALUES ('kept', x'01')", []).unwrap();
        drop(old);
        prepare(&path).unwrap();
        prepare(&path).unwrap();
        let connection = writer(&path).unwrap();
        let kept: i64 =
            connection.query_row("SELECT count(*) FROM meta", [], |row| row.get(0)).unwrap();
        assert_eq!((kept, schema(&connection, &path).unwrap()), (1, known()));
    }
}
