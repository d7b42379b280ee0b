//! Bringing the database file to the disk from a thread other than the writer's.
//!
//! A checkpoint beside a busy writer copies pages without syncing them (SQLite syncs
//! only once all is copied), so the writer's own, last part of it would wait for the
//! disk to take them all: 20 ms, measured. Synced beforehand, they cost it nothing.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::folder::{Identity, identity};

/// One handle a file, never closed: closing any handle of a file releases all
/// POSIX locks that the process holds on it, SQLite's own included, and then another
/// process may remove the log while it is in use (sqlite.org/howtocorrupt.html, 2.2).
static HANDLES: Mutex<BTreeMap<Identity, &'static File>> = Mutex::new(BTreeMap::new());

/// Waits until the disk has all of the file.
pub(super) fn flush(database: &Path) -> io::Result<()> {
    handle(database)?.sync_data()
}

fn handle(database: &Path) -> io::Result<&'static File> {
    let identity = identity(database)?;
    let mut handles = HANDLES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(file) = handles.get(&identity) {
        return Ok(file);
    }
    let file: &'static File = Box::leak(Box::new(File::open(database)?));
    handles.insert(identity, file);
    Ok(file)
}
