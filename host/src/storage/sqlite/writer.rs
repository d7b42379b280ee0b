//! The one thread that writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::checkpoint::Checkpoint;
use super::job::{Answer, Job, Unwritten};
use super::queue::QUEUE;
use super::reader::is_busy;
use super::{Shared, StorageError, connection, reseal};

/// Writes in one transaction at most, so that the first of them is not kept from
/// its answer by an endless stream of others.
const BATCH: usize = 512;

/// How long one attempt to begin waits for another process to commit.
const BUSY: Duration = Duration::from_millis(250);

/// Starts the thread and returns its queue. It drops `ending` when it ends.
pub(super) fn start(
    shared: &Arc<Shared>,
    ending: mpsc::Sender<()>,
) -> Result<mpsc::SyncSender<Job>, StorageError> {
    let (queue, jobs) = mpsc::sync_channel(QUEUE);
    let writer = Writer { jobs, shared: Arc::clone(shared), connection: None, is_failing: false };
    thread::Builder::new()
        .name("keyfob-writer".into())
        .spawn(move || {
            writer.serve();
            drop(ending);
        })
        .map_err(StorageError::io(&shared.path))?;
    Ok(queue)
}

struct Writer {
    jobs: mpsc::Receiver<Job>,
    shared: Arc<Shared>,
    connection: Option<Connection>,
    is_failing: bool,
}

impl Writer {
    fn serve(mut self) {
        while let Some(job) = self.next() {
            let turn = catch_unwind(AssertUnwindSafe(|| self.turn(job)));
            if turn.is_err() {
                self.connection = None; // in an unknown state; what it had begun is rolled back
            }
        }
        self.checkpoint(Checkpoint::Truncate);
    }

    /// The next job, waiting for it unless the store is closing.
    fn next(&mut self) -> Option<Job> {
        let job = match self.jobs.try_recv() {
            Ok(job) => job,
            Err(_) if self.shared.is_closing() => return None,
            Err(_) => self.jobs.recv().ok()?,
        };
        self.received(job)
    }

    /// `None` in place of the order to stop.
    fn received(&self, job: Job) -> Option<Job> {
        if !matches!(job, Job::Stop | Job::Checkpoint(_)) {
            self.shared.counters.queued.fetch_sub(1, Ordering::Relaxed);
        }
        (!matches!(job, Job::Stop)).then_some(job)
    }

    fn turn(&mut self, job: Job) {
        if let Job::Checkpoint(kind) = job {
            return self.checkpoint(kind);
        }
        let mut answers = Vec::with_capacity(64);
        match self.transact(job, &mut answers) {
            Ok(None) => {}
            Ok(Some(kind)) => self.checkpoint(kind),
            Err(error) => self.fail(&error),
        }
        // Dropping answers here, after the fault is noted, tells their callers of it.
    }

    /// One transaction of `first` and all that is queued. Returns a checkpoint if one
    /// was asked for meanwhile.
    fn transact(
        &mut self,
        first: Job,
        answers: &mut Vec<Answer>,
    ) -> Result<Option<Checkpoint>, StorageError> {
        if !self.begin(&first)? {
            return Ok(None);
        }
        let Some(connection) = &self.connection else { return Ok(None) };
        let retired = reseal::retired(connection)?;
        let mut unwritten = Unwritten::new(&self.shared.audit);
        let mut next = Some(first);
        let mut checkpoint = None;
        while let Some(job) = next.take() {
            match job {
                Job::Checkpoint(kind) => checkpoint = Some(kind),
                job => answers.extend(self.execute(connection, &retired, &mut unwritten, job)?),
            }
            if answers.len() < BATCH && checkpoint.is_none() {
                next = self.jobs.try_recv().ok().and_then(|job| self.received(job));
            }
        }
        unwritten.flush(connection)?;
        connection.prepare_cached("COMMIT")?.execute([])?;
        self.shared.counters.committed(answers.len());
        answers.drain(..).for_each(Answer::send);
        self.shared.wal.committed();
        self.recovered();
        Ok(checkpoint)
    }

    /// Begins a transaction for `first`, waiting for other processes as long as its
    /// caller waits. False if nobody does any more.
    fn begin(&mut self, first: &Job) -> Result<bool, StorageError> {
        loop {
            if first.is_abandoned() {
                self.shared.counters.abandoned.fetch_add(1, Ordering::Relaxed);
                return Ok(false);
            }
            match self.connected()?.prepare_cached("BEGIN IMMEDIATE")?.execute([]) {
                Ok(_) => return Ok(true),
                Err(error) if is_busy(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// `None` if the job had no effect: nobody waits for it, or its statement failed
    /// and took only itself back. An error fails the whole transaction.
    fn execute(
        &self,
        connection: &Connection,
        retired: &[u32],
        unwritten: &mut Unwritten<'_>,
        job: Job,
    ) -> rusqlite::Result<Option<Answer>> {
        if job.is_abandoned() {
            self.shared.counters.abandoned.fetch_add(1, Ordering::Relaxed);
            return Ok(None);
        }
        match job.execute(connection, retired, unwritten) {
            Ok(answer) => Ok(Some(answer)),
            Err(error)
                if unwritten.is_broken
                    || breaks_transaction(&error)
                    || connection.is_autocommit() =>
            {
                Err(error)
            }
            Err(error) => {
                tracing::warn!(%error, "a write was refused");
                Ok(None)
            }
        }
    }

    /// The connection, made anew if the last one broke.
    fn connected(&mut self) -> Result<&Connection, StorageError> {
        if !self.shared.folder.is_in_place() {
            return Err(StorageError::Moved(self.shared.path.clone()));
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        Ok(self.connection.insert(connection))
    }

    fn connect(&self) -> Result<Connection, StorageError> {
        let mut connection = connection::writer(&self.shared.path)?;
        connection::be_patient(&mut connection, BUSY)?;
        let shared = Arc::clone(&self.shared);
        connection.wal_hook(Some(move |_: &mut _, pages: i32| {
            shared.wal.grew_to(pages);
            Ok(())
        }))?;
        Ok(connection)
    }

    /// No answer of the batch will be sent. The connection goes, too:
    /// that rolls back, and no fault of its own outlives it.
    fn fail(&mut self, error: &StorageError) {
        self.connection = None;
        self.shared.counters.failures.fetch_add(1, Ordering::Relaxed);
        if !self.is_failing {
            tracing::error!(%error, "the store cannot write; answering unavailable until it can");
        }
        self.is_failing = true;
    }

    fn recovered(&mut self) {
        if self.is_failing {
            tracing::info!("the store can write again");
        }
        self.is_failing = false;
    }

    /// Never worth a failure: the log only stays longer. Nor worth a wait.
    fn checkpoint(&mut self, kind: Checkpoint) {
        let Some(connection) = &mut self.connection else { return };
        let done = connection::be_patient(connection, Duration::from_millis(5))
            .and_then(|()| kind.run(connection))
            .and_then(|_| connection::be_patient(connection, BUSY));
        if let Err(error) = done {
            tracing::warn!(%error, "a checkpoint failed");
        }
    }
}

/// Faults of the database rather than of one statement or one row.
fn breaks_transaction(error: &rusqlite::Error) -> bool {
    use ErrorCode::{ConstraintViolation, TooBig, TypeMismatch, Unknown};
    let code = error.sqlite_error_code();
    !matches!(code, None | Some(ConstraintViolation | TooBig | TypeMismatch | Unknown))
}

#[cfg(test)]
mod tests {
    use keyfob::service::{
        Key, KeyKind, KeyRing, MasterKey, PortError, Record, Storage, Swap, Version,
    };

    use super::super::{OpenOptions, Sqlite, folder, job::work};
    use super::*;

    const ADD_ROW: &str = "INSERT INTO meta (name, value) VALUES (?1, x'')";

    #[tokio::test]
    async fn a_job_that_fails_takes_back_its_own_statements_and_no_others() {
        let (folder, store) = open();
        let other = Connection::open(folder.path().join(folder::DATABASE)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap(); // so that all three share a transaction
        let twice = store.run(|connection| {
            connection.execute(ADD_ROW, ["twice"])?;
            connection.execute(ADD_ROW, ["twice"])
        });
        let (before, twice, after, ()) =
            tokio::join!(swap(&store, 1), twice, swap(&store, 2), async { drop(other) });
        assert_eq!((before, after), (Ok(Swap::Swapped), Ok(Swap::Swapped)));
        assert_eq!(twice, Err(PortError::Unavailable));
        assert_eq!(store.meta_get("twice"), Ok(None), "its first statement is undone, too");
        assert_eq!((store.stats().commits, store.stats().writes), (1, 2));
    }

    #[tokio::test]
    async fn a_commit_that_fails_is_a_success_to_nobody() {
        let (folder, store) = open();
        let other = Connection::open(folder.path().join(folder::DATABASE)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        let unpayable = store.run(|connection| {
            connection.execute_batch(
                "CREATE TABLE creditor (id INTEGER PRIMARY KEY);
                 CREATE TABLE debtor (owes REFERENCES creditor DEFERRABLE INITIALLY DEFERRED);
                 INSERT INTO debtor VALUES (1)", // checked by COMMIT alone
            )
        });
        let (unpayable, swapped, ()) =
            tokio::join!(unpayable, swap(&store, 1), async { drop(other) });
        assert_eq!(
            (unpayable, swapped),
            (Err(PortError::Unavailable), Err(PortError::Unavailable))
        );
        assert_eq!(store.load(&key(1), 0).await, Ok(None), "and nothing was written");
        assert_eq!(store.stats().failures, 1);
        assert_eq!(swap(&store, 1).await, Ok(Swap::Swapped), "on a new connection");
    }

    #[tokio::test]
    async fn a_panic_costs_its_batch_and_not_the_writer() {
        let (_folder, store) = open();
        let panicking = store.run(|connection| -> rusqlite::Result<()> {
            connection.execute(ADD_ROW, ["half"])?;
            panic!("on purpose")
        });
        assert_eq!(panicking.await, Err(PortError::Unavailable));
        assert_eq!(swap(&store, 1).await, Ok(Swap::Swapped));
        assert_eq!(store.meta_get("half"), Ok(None));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once() {
        let (folder, store) = open();
        let other = Connection::open(folder.path().join(folder::DATABASE)).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        // The writer holds one job and waits for the lock; the queue holds the rest.
        let mut waiting = Vec::new();
        while let Ok(answer) = store.enqueue(|reply| Job::Run(work(|_| Ok(()), reply, None))) {
            waiting.push(answer);
            assert!(waiting.len() <= QUEUE + 1, "the queue is bounded");
        }
        assert_eq!(swap(&store, 1).await, Err(PortError::Unavailable));
        assert_eq!(store.stats().queue_depth, QUEUE as u64);
        drop(other);
        for answer in waiting {
            assert_eq!(answer.await, Ok(()), "what was taken in is done");
        }
        assert_eq!(store.stats().queue_depth, 0);
        assert_eq!(store.stats().largest_batch, BATCH as u64);
    }

    fn open() -> (tempfile::TempDir, Sqlite) {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeyRing::new(&MasterKey::new([1; 32]), 1, &MasterKey::new([2; 32]));
        let store = Sqlite::open(folder.path(), OpenOptions::default(), &keys).unwrap();
        (folder, store)
    }

    fn key(id: u8) -> Key {
        Key::new(KeyKind::User, [7; 16], [id; 16])
    }

    async fn swap(store: &Sqlite, id: u8) -> Result<Swap, PortError> {
        let record = Record { version: Version(1), bytes: vec![], expires_at: None };
        store.swap(&key(id), None, Some(record), 0).await
    }
}
