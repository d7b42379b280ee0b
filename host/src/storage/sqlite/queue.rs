//! The queue before the writer: how a caller hands over a job and waits for the
//! answer, but not for ever.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use keyfob::service::PortError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::job::{Job, Reply, work};
use super::{PATIENCE, Sqlite};

/// Writes that may wait. Beyond that the answer is "unavailable" at once: they
/// would wait in vain.
pub(super) const QUEUE: usize = 4096;

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
        self.ask(|reply| Job::Run(work(statements, reply, None))).await
    }

    /// As [`run`](Self::run), for statements that have nothing to do with counters or the audit
    /// trail: what other jobs added to those need not be written before them.
    pub(super) async fn run_beside<T, F>(&self, statements: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        self.ask(|reply| Job::Beside(work(statements, reply, None))).await
    }

    /// As [`run`](Self::run), holding up the calling thread.
    pub(super) fn run_blocking<T, F>(&self, statements: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let answer = self.enqueue(|reply| Job::Run(work(statements, reply, None)))?;
        wait(answer, PATIENCE).ok_or(PortError::Unavailable)
    }

    pub(super) fn enqueue<T>(
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
