//! Folding the log into the database, away from the commits.
//!
//! A thread copies pages while the writer goes on (`PASSIVE`) and brings them to the
//! disk. What was committed meanwhile it cannot copy, so the log would never begin
//! anew under steady load: the writer then copies that small rest between two
//! transactions (`RESTART`).
//! Once nothing has been written for a while the log is emptied, so that what was
//! deleted does not live on in it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use rusqlite::Connection;

use super::job::Job;
use super::{Shared, StorageError, connection};

/// Pages the log grows by between checkpoints: 32 MiB. The longer the log, the more
/// often a page in it is written once for several changes; a log of this length is
/// read back in a fraction of a second after a crash.
const EVERY: u64 = 32 * 1024;

/// Each round copies what was committed during the one before, so that little is left
/// for the writer.
const ROUNDS: usize = 2;

/// After this long without a commit the log is emptied.
const IDLE: Duration = Duration::from_secs(5);

/// How thorough a checkpoint is, in SQLite's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checkpoint {
    /// Copies what it can, in nobody's way.
    Passive,
    /// Copies all, and the next commit begins the log anew.
    Restart,
    /// As `Restart`, and the log's file is emptied.
    Truncate,
}

impl Checkpoint {
    /// Returns whether all was copied.
    pub(super) fn run(self, connection: &Connection) -> rusqlite::Result<bool> {
        let pragma = match self {
            Self::Passive => "PRAGMA wal_checkpoint(PASSIVE)",
            Self::Restart => "PRAGMA wal_checkpoint(RESTART)",
            Self::Truncate => "PRAGMA wal_checkpoint(TRUNCATE)",
        };
        connection.query_row(pragma, [], |row| {
            let (busy, log, copied): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(busy == 0 && log == copied)
        })
    }
}

/// How long the log is, and when it is due.
#[derive(Debug)]
pub(super) struct Wal {
    pages: AtomicU64,
    due: AtomicU64,
    wanted: Mutex<bool>,
    signal: Condvar,
    wrote: AtomicBool,
}

impl Default for Wal {
    fn default() -> Self {
        Self {
            pages: AtomicU64::new(0),
            due: AtomicU64::new(EVERY),
            wanted: Mutex::new(false),
            signal: Condvar::new(),
            wrote: AtomicBool::new(false),
        }
    }
}

impl Wal {
    /// From SQLite, at each commit.
    pub(super) fn grew_to(&self, pages: i32) {
        let pages = u64::try_from(pages).unwrap_or(0);
        if pages < self.pages.swap(pages, Ordering::Relaxed) {
            self.due.store(EVERY, Ordering::Relaxed); // it began anew
        }
    }

    /// From the writer, once everyone has their answer.
    pub(super) fn committed(&self) {
        self.wrote.store(true, Ordering::Relaxed);
        let pages = self.pages.load(Ordering::Relaxed);
        if pages >= self.due.load(Ordering::Relaxed) {
            self.due.store(pages + EVERY, Ordering::Relaxed);
            self.wake();
        }
    }

    pub(super) fn wake(&self) {
        *self.wanted.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.signal.notify_one();
    }

    /// Waits until the log is due. False if it came to nothing for a while.
    fn wait(&self) -> bool {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut wanted, _) = self
            .signal
            .wait_timeout_while(wanted, IDLE, |wanted| !*wanted)
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *wanted)
    }
}

/// Starts the thread. It drops `ending` when it ends.
pub(super) fn start(
    shared: &Arc<Shared>,
    writer: mpsc::SyncSender<Job>,
    ending: mpsc::Sender<()>,
) -> Result<(), StorageError> {
    let shared = Arc::clone(shared);
    let path = shared.path.clone();
    thread::Builder::new()
        .name("keyfob-checkpoint".into())
        .spawn(move || {
            serve(&shared, &writer);
            drop(ending);
        })
        .map_err(StorageError::io(&path))?;
    Ok(())
}

fn serve(shared: &Shared, writer: &mpsc::SyncSender<Job>) {
    let mut connection = None;
    let mut is_empty = true;
    loop {
        let due = shared.wal.wait();
        if shared.is_closing() {
            return;
        }
        let wrote = shared.wal.wrote.swap(false, Ordering::Relaxed);
        let job = match (due, wrote) {
            (true, _) => {
                connection = passive(shared, connection);
                Checkpoint::Restart
            }
            (false, false) if !is_empty => Checkpoint::Truncate,
            (false, _) => {
                is_empty &= !wrote;
                continue;
            }
        };
        is_empty = job == Checkpoint::Truncate;
        let _ = writer.try_send(Job::Checkpoint(job)); // if the queue is full there is a next time
    }
}

/// Copies what can be copied and hands the connection back for the next time, unless
/// it broke.
fn passive(shared: &Shared, connection: Option<Connection>) -> Option<Connection> {
    let done = match connection {
        Some(connection) => Ok(connection),
        None => connection::writer(&shared.path),
    }
    .and_then(|connection| {
        for _ in 0..ROUNDS {
            Checkpoint::Passive.run(&connection)?;
            #[cfg(unix)] // elsewhere the writer's part takes longer, that is all
            super::flush::flush(&shared.path).map_err(StorageError::io(&shared.path))?;
        }
        Ok(connection)
    });
    match done {
        Ok(connection) => {
            shared.counters.checkpoints.fetch_add(1, Ordering::Relaxed);
            Some(connection)
        }
        Err(error) => {
            tracing::warn!(%error, "a checkpoint failed");
            None
        }
    }
}
