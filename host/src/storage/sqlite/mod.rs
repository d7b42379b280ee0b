//! Records in one SQLite file, durable before the answer.
//!
//! - **One writer.** A thread owns the only connection that writes. It takes what
//!   is queued into one transaction, commits (one `fdatasync` for all of them), and
//!   only then answers. A transaction that fails answers nobody with success.
//! - **Reads beside it**, inline, on pooled connections: a read takes microseconds
//!   and never waits for the writer.
//! - **Checkpoints in a thread of their own**, so that no commit pays for one.
//! - **Nothing hangs.** Whatever the disk or another process does, a caller has
//!   [`PortError::Unavailable`] within [`PATIENCE`], and a write whose caller has
//!   gone is not made later. When the fault is over, so is the refusal.
//!
//! Other processes may open the same folder: the command line does while the
//! service runs. A restore alone wants the folder to itself.

mod api_keys;
mod audit;
mod audit_link;
mod audit_verify;
mod backup;
mod bulk;
mod calls;
mod checkpoint;
mod connection;
mod error;
mod events;
#[cfg(unix)]
mod flush;
mod folder;
mod hourly;
mod job;
mod meta;
mod outbox;
mod queue;
mod reader;
mod receipts;
mod records;
mod reseal;
mod reseal_beside;
mod stats;
mod tallies;
mod waiting;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use keyfob::UnixTime;
use keyfob::service::{
    Counter, Key, KeyRing, MacKey, PortError, Record, Storage, Stored, Swap, Version,
};
use tokio::sync::Notify;

pub use api_keys::ApiKeyRow;
pub use audit::{AuditEntry, AuditRow};
pub use audit_link::Link;
pub use audit_verify::{Break, Intact};
pub use backup::{Restored, restore};
pub use calls::CallRow;
pub use error::StorageError;
pub use events::{EventRow, EventTurn};
pub use folder::DATABASE;
pub use hourly::HourlyRow;
pub use outbox::{ClaimedRow, OutboxRow, Turn};
pub use receipts::ReceiptRow;
pub use reseal::{PlacedRecord, SealedCount};
pub use reseal_beside::{Beside, BesideRow};
pub use stats::Stats;
pub use waiting::Waiting;

use job::Job;

/// How long a caller waits for any one answer of the store.
pub const PATIENCE: Duration = Duration::from_millis(900);

/// How long [`Sqlite::close`] waits for the last commit and checkpoint.
const CLOSING: Duration = Duration::from_secs(5);

/// A store in a folder. Clones share it; the last one dropped closes it.
///
/// The async functions need a tokio runtime with its clock enabled. The others
/// block for up to [`PATIENCE`] when they write and for microseconds when they read.
#[derive(Debug, Clone)]
pub struct Sqlite {
    inner: Arc<Inner>,
}

/// How to open a store.
#[derive(Debug, Clone, Copy)]
pub struct OpenOptions {
    /// Whether to make the folder and the database where they are missing. A
    /// service does; a command on existing data should not.
    pub create: bool,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { create: true }
    }
}

impl Sqlite {
    /// Opens the store in the folder `data`, bringing an older schema up to date. API
    /// keys that were not written under `keys` are refused.
    ///
    /// # Errors
    /// [`StorageError::Missing`] unless it may be created;
    /// [`StorageError::NotDurable`] where SQLite will not promise that what is
    /// committed stays committed; [`StorageError::Newer`], [`StorageError::Foreign`]
    /// and [`StorageError::Restoring`] as they say.
    pub fn open(data: &Path, options: OpenOptions, keys: &KeyRing) -> Result<Self, StorageError> {
        let opened = folder::open(data, options.create)?;
        connection::prepare(&opened.database)?;
        let shared = Arc::new(Shared::new(opened, keys));
        let (ending, ended) = mpsc::channel();
        let queue = writer::start(&shared, ending.clone())?;
        checkpoint::start(&shared, queue.clone(), ending)?;
        Ok(Self { inner: Arc::new(Inner { queue, shared, ended: Mutex::new(ended) }) })
    }

    /// Commits what is queued, folds the log into the database and ends the store's
    /// threads. From here on every call answers [`PortError::Unavailable`].
    ///
    /// # Errors
    /// [`StorageError::StillBusy`] when that took longer than five seconds.
    pub fn close(&self) -> Result<(), StorageError> {
        self.inner.stop();
        let ended = self.inner.ended.lock().unwrap_or_else(PoisonError::into_inner);
        match ended.recv_timeout(CLOSING) {
            Err(mpsc::RecvTimeoutError::Timeout) => Err(StorageError::StillBusy),
            _ => Ok(()), // disconnected: both threads have dropped their ends
        }
    }

    /// Whether the store can write durably and read, now. For readiness.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], within [`PATIENCE`].
    pub async fn check(&self) -> Result<(), PortError> {
        let check = async {
            self.run(meta::touch).await?;
            self.read(meta::touched).await
        };
        tokio::time::timeout(PATIENCE, check).await.unwrap_or(Err(PortError::Unavailable))
    }

    /// Swaps, and adds a row to the audit trail in the same transaction if that took place.
    ///
    /// # Errors
    /// As for [`Storage::swap`].
    pub async fn swap_audited(
        &self,
        key: &Key,
        expected: Option<Version>,
        record: Option<Record>,
        now: UnixTime,
        entry: Option<AuditEntry>,
    ) -> Result<Swap, PortError> {
        let entry = entry.map(Box::new);
        self.ask(|reply| Job::Swap { key: *key, expected, record, now, entry, reply }).await
    }

    /// The folder it is in.
    pub fn folder(&self) -> &Path {
        self.inner.shared.path.parent().unwrap_or_else(|| Path::new("."))
    }

    /// What the store has done and has before it, for metrics.
    pub fn stats(&self) -> Stats {
        self.inner.shared.stats()
    }
}

impl Storage for Sqlite {
    async fn load(&self, key: &Key, now: UnixTime) -> Result<Option<Stored>, PortError> {
        self.read(|connection| records::load(connection, key, now)).await
    }

    async fn swap(
        &self,
        key: &Key,
        expected: Option<Version>,
        record: Option<Record>,
        now: UnixTime,
    ) -> Result<Swap, PortError> {
        self.swap_audited(key, expected, record, now, None).await
    }

    async fn add(&self, counter: &Counter, amount: i64, now: UnixTime) -> Result<u64, PortError> {
        let sums = self.add_all(&[(counter.clone(), amount)], now).await?;
        sums.first().copied().ok_or(PortError::Unavailable)
    }

    /// All of them in one write, or, where nothing is added, in none.
    async fn add_all(
        &self,
        additions: &[(Counter, i64)],
        now: UnixTime,
    ) -> Result<Vec<u64>, PortError> {
        if additions.iter().all(|(_, amount)| *amount == 0) {
            let sum = |connection: &_, (counter, _): &(Counter, i64)| {
                tallies::sum(connection, &counter.key, now)
            };
            return self
                .read(|connection| additions.iter().map(|each| sum(connection, each)).collect())
                .await;
        }
        let additions = additions.to_vec();
        self.ask(|reply| Job::Add { additions, now, reply }).await
    }
}

#[derive(Debug)]
struct Inner {
    queue: mpsc::SyncSender<Job>,
    shared: Arc<Shared>,
    ended: Mutex<mpsc::Receiver<()>>,
}

impl Inner {
    /// Tells both threads to end once the queue is empty. A full queue needs no
    /// telling: the writer looks at `closing` whenever it has emptied it.
    fn stop(&self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        self.shared.readers.clear();
        self.shared.wal.wake();
        let _ = self.queue.try_send(Job::Stop);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the threads and the callers have in common.
#[derive(Debug)]
struct Shared {
    path: PathBuf,
    folder: folder::Folder,
    api_keys: MacKey,
    audit: MacKey,
    closing: AtomicBool,
    counters: stats::Counters,
    readers: reader::Readers,
    wal: checkpoint::Wal,
    pushed: Arc<Notify>,
    announced: Arc<Notify>,
}

impl Shared {
    fn new(folder: folder::Folder, keys: &KeyRing) -> Self {
        Self {
            path: folder.database.clone(),
            folder,
            api_keys: api_keys::mac_key(keys),
            audit: audit::mac_key(keys),
            closing: AtomicBool::new(false),
            counters: stats::Counters::default(),
            readers: reader::Readers::default(),
            wal: checkpoint::Wal::default(),
            pushed: Arc::default(),
            announced: Arc::default(),
        }
    }

    fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }
}
