use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Shared;

/// What the store has done since it was opened, and what lies before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Writes that wait to be taken into a transaction.
    pub queue_depth: u64,
    /// Transactions committed.
    pub commits: u64,
    /// Writes in those transactions; divided by `commits`, the size of a batch.
    pub writes: u64,
    /// The most writes that one transaction took.
    pub largest_batch: u64,
    /// Transactions that failed and answered nobody.
    pub failures: u64,
    /// Writes that were not made because their caller had stopped waiting.
    pub abandoned: u64,
    /// Times the log was folded into the database.
    pub checkpoints: u64,
    /// The size of the log in bytes, on disk.
    pub wal_bytes: u64,
}

#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) queued: AtomicU64,
    pub(super) commits: AtomicU64,
    pub(super) writes: AtomicU64,
    pub(super) largest_batch: AtomicU64,
    pub(super) failures: AtomicU64,
    pub(super) abandoned: AtomicU64,
    pub(super) checkpoints: AtomicU64,
}

impl Counters {
    pub(super) fn committed(&self, writes: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.writes.fetch_add(writes as u64, Ordering::Relaxed);
        self.largest_batch.fetch_max(writes as u64, Ordering::Relaxed);
    }
}

impl Shared {
    pub(super) fn stats(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            queue_depth: read(&self.counters.queued),
            commits: read(&self.counters.commits),
            writes: read(&self.counters.writes),
            largest_batch: read(&self.counters.largest_batch),
            failures: read(&self.counters.failures),
            abandoned: read(&self.counters.abandoned),
            checkpoints: read(&self.counters.checkpoints),
            wal_bytes: wal_bytes(&self.path),
        }
    }
}

fn wal_bytes(database: &Path) -> u64 {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).map_or(0, |metadata| metadata.len())
}
