//! The one thread that writes.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use keyfob::UnixTime;
use keyfob::service::{Counter, Key, PortError, Record, Swap, Version};
use rusqlite::{Connection, ErrorCode};
use tokio::sync::{Notify, oneshot};

use super::checkpoint::Checkpoint;
use super::reader::is_busy;
use super::{PATIENCE, Shared, Sqlite, StorageError, connection, records};

/// Writes that may wait. Beyond that the answer is "unavailable" at once: they
/// would wait in vain.
const QUEUE: usize = 4096;

/// Writes in one transaction at most, so that the first of them is not kept from
/// its answer by an endless stream of others.
const BATCH: usize = 512;

/// How long one attempt to begin waits for another process to commit.
const BUSY: Duration = Duration::from_millis(250);

/// Where an answer goes. Dropping it unsent answers [`PortError::Unavailable`], so
/// whatever goes wrong, nobody is told of a success that was not.
pub(super) type Reply<T> = oneshot::Sender<T>;

/// What the writer is asked to do. The two that every request needs are spelled
/// out; the rest comes as a closure.
pub(super) enum Job {
    Swap {
        key: Key,
        expected: Option<Version>,
        record: Option<Record>,
        now: UnixTime,
        reply: Reply<Swap>,
    },
    Add {
        counter: Counter,
        amount: u64,
        now: UnixTime,
        reply: Reply<u64>,
    },
    Run(Box<dyn Work>),
    /// Between two transactions.
    Checkpoint(Checkpoint),
    /// The last one.
    Stop,
}

/// Statements that belong together: all of them take place, or none.
pub(super) trait Work: Send {
    fn is_abandoned(&self) -> bool;
    /// Runs the statements and returns what sends the answer after the commit.
    fn run(self: Box<Self>, connection: &Connection) -> rusqlite::Result<Box<dyn FnOnce() + Send>>;
}

impl Sqlite {
    /// Puts a job in the queue and waits for its answer.
    pub(super) async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, PortError> {
        self.ask_within(PATIENCE, job).await
    }

    /// As [`ask`](Self::ask), for work that takes longer than a request may.
    pub(super) async fn ask_within<T>(
        &self,
        patience: Duration,
        job: impl FnOnce(Reply<T>) -> Job,
    ) -> Result<T, PortError> {
        let answer = self.enqueue(job)?;
        match tokio::time::timeout(patience, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            _ => Err(PortError::Unavailable),
        }
    }

    /// Has statements run in the writer's next transaction.
    pub(super) async fn run<T, F>(&self, statements: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.ask(|reply| Job::run(statements, reply, None)).await
    }

    /// As [`run`](Self::run), holding up the calling thread.
    pub(super) fn run_blocking<T, F>(&self, statements: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let answer = self.enqueue(|reply| Job::run(statements, reply, None))?;
        wait(answer, PATIENCE).ok_or(PortError::Unavailable)
    }

    fn enqueue<T>(
        &self,
        job: impl FnOnce(Reply<T>) -> Job,
    ) -> Result<oneshot::Receiver<T>, PortError> {
        if self.inner.shared.is_closing() {
            return Err(PortError::Unavailable);
        }
        let (reply, answer) = oneshot::channel();
        let queued = &self.inner.shared.counters.queued;
        queued.fetch_add(1, Ordering::Relaxed);
        self.inner.queue.try_send(job(reply)).map_err(|_| {
            queued.fetch_sub(1, Ordering::Relaxed);
            PortError::Unavailable
        })?;
        Ok(answer)
    }
}

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
        match self.transact(job) {
            Ok(None) => {}
            Ok(Some(kind)) => self.checkpoint(kind),
            Err(error) => self.fail(&error),
        }
    }

    /// One transaction of `first` and all that is queued. Returns a checkpoint if one
    /// was asked for meanwhile.
    fn transact(&mut self, first: Job) -> Result<Option<Checkpoint>, StorageError> {
        if !self.begin(&first)? {
            return Ok(None);
        }
        let Some(connection) = &self.connection else { return Ok(None) };
        let mut answers = Vec::with_capacity(64);
        let mut next = Some(first);
        let mut checkpoint = None;
        while let Some(job) = next.take() {
            match job {
                Job::Checkpoint(kind) => checkpoint = Some(kind),
                job => answers.extend(self.execute(connection, job)?),
            }
            if answers.len() < BATCH && checkpoint.is_none() {
                next = self.jobs.try_recv().ok().and_then(|job| self.received(job));
            }
        }
        connection.prepare_cached("COMMIT")?.execute([])?;
        self.shared.counters.committed(answers.len());
        answers.into_iter().for_each(Answer::send);
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
    fn execute(&self, connection: &Connection, job: Job) -> rusqlite::Result<Option<Answer>> {
        if job.is_abandoned() {
            self.shared.counters.abandoned.fetch_add(1, Ordering::Relaxed);
            return Ok(None);
        }
        match job.execute(connection) {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if breaks_transaction(&error) || connection.is_autocommit() => Err(error),
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
        be_patient(&mut connection, BUSY)?;
        let shared = Arc::clone(&self.shared);
        connection.wal_hook(Some(move |_: &mut _, pages: i32| {
            shared.wal.grew_to(pages);
            Ok(())
        }))?;
        Ok(connection)
    }

    /// Every answer of the batch has been dropped, unsent. The connection goes, too:
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
        let done = be_patient(connection, Duration::from_millis(5))
            .and_then(|()| kind.run(connection))
            .and_then(|_| be_patient(connection, BUSY));
        if let Err(error) = done {
            tracing::warn!(%error, "a checkpoint failed");
        }
    }
}

impl Job {
    /// Statements, where the answer goes, and whom the commit wakes besides.
    pub(super) fn run<T, F>(statements: F, reply: Reply<T>, wakes: Option<Arc<Notify>>) -> Self
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        Self::Run(Box::new(Task { statements, reply, wakes }))
    }

    /// Whether the caller has stopped waiting.
    fn is_abandoned(&self) -> bool {
        match self {
            Self::Swap { reply, .. } => reply.is_closed(),
            Self::Add { reply, .. } => reply.is_closed(),
            Self::Run(work) => work.is_abandoned(),
            Self::Checkpoint(_) | Self::Stop => false,
        }
    }

    fn execute(self, connection: &Connection) -> rusqlite::Result<Answer> {
        match self {
            Self::Swap { key, expected, record, now, reply } => {
                records::swap(connection, &key, expected, record.as_ref(), now)
                    .map(|swap| Answer::Swap(reply, swap))
            }
            Self::Add { counter, amount, now, reply } => {
                records::add(connection, &counter, amount, now).map(|sum| Answer::Add(reply, sum))
            }
            Self::Run(work) => run(connection, work).map(Answer::Run),
            Self::Checkpoint(_) | Self::Stop => Ok(Answer::Run(Box::new(|| ()))),
        }
    }
}

/// Several statements: a savepoint takes back those before the one that failed.
fn run(connection: &Connection, work: Box<dyn Work>) -> rusqlite::Result<Box<dyn FnOnce() + Send>> {
    connection.prepare_cached("SAVEPOINT job")?.execute([])?;
    let done = work.run(connection);
    if done.is_err() && !connection.is_autocommit() {
        connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    if !connection.is_autocommit() {
        connection.prepare_cached("RELEASE job")?.execute([])?;
    }
    done
}

/// An answer that waits for the commit.
enum Answer {
    Swap(Reply<Swap>, Swap),
    Add(Reply<u64>, u64),
    Run(Box<dyn FnOnce() + Send>),
}

impl Answer {
    /// The caller may have gone: then the write took place and they do not know,
    /// which is what "unavailable" tells them.
    fn send(self) {
        match self {
            Self::Swap(reply, swap) => drop(reply.send(swap)),
            Self::Add(reply, sum) => drop(reply.send(sum)),
            Self::Run(send) => send(),
        }
    }
}

struct Task<T, F> {
    statements: F,
    reply: Reply<T>,
    wakes: Option<Arc<Notify>>,
}

impl<T, F> Work for Task<T, F>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> rusqlite::Result<T> + Send,
{
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn run(self: Box<Self>, connection: &Connection) -> rusqlite::Result<Box<dyn FnOnce() + Send>> {
        let Self { statements, reply, wakes } = *self;
        let answer = statements(connection)?;
        Ok(Box::new(move || {
            drop(reply.send(answer));
            wakes.iter().for_each(|wakes| wakes.notify_one());
        }))
    }
}

/// Faults of the database rather than of one statement.
fn breaks_transaction(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig | ErrorCode::TypeMismatch)
    )
}

/// Has the connection ask for a lock every millisecond, for as long as given. The
/// waits of SQLite's own timeout grow to 100 ms: another process that writes one
/// transaction after the other would nearly always be quicker.
fn be_patient(connection: &mut Connection, patience: Duration) -> rusqlite::Result<()> {
    let most = i32::try_from(patience.as_millis()).unwrap_or(i32::MAX);
    connection.busy_handler(Some(move |tries| {
        thread::sleep(Duration::from_millis(1));
        tries < most
    }))
}

/// Waits for an answer outside any runtime.
fn wait<T>(mut answer: oneshot::Receiver<T>, patience: Duration) -> Option<T> {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let deadline = Instant::now() + patience;
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    loop {
        let poll = Future::poll(std::pin::Pin::new(&mut answer), &mut Context::from_waker(&waker));
        if let Poll::Ready(answer) = poll {
            return answer.ok();
        }
        let left = deadline.checked_duration_since(Instant::now())?;
        thread::park_timeout(left);
    }
}
