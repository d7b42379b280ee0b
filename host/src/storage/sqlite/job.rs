//! What the writer is asked to do, and how the answer goes back.

use std::sync::Arc;

use keyfob::UnixTime;
use keyfob::service::{Counter, Key, MacKey, Record, Swap, Version};
use rusqlite::Connection;
use tokio::sync::{Notify, oneshot};

use super::audit::{Appender, AuditEntry};
use super::checkpoint::Checkpoint;
use super::{records, reseal};

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
        /// What the audit trail is to say if it takes place.
        entry: Option<Box<AuditEntry>>,
        reply: Reply<Swap>,
    },
    Add {
        counter: Counter,
        amount: i64,
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
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Swap { reply, .. } => reply.is_closed(),
            Self::Add { reply, .. } => reply.is_closed(),
            Self::Run(work) => work.is_abandoned(),
            Self::Checkpoint(_) | Self::Stop => false,
        }
    }

    /// Nothing is written that is sealed under one of the keys `retired`.
    pub(super) fn execute(
        self,
        connection: &Connection,
        retired: &[u32],
        (appender, key_of_audit): (&mut Appender, &MacKey),
    ) -> rusqlite::Result<Answer> {
        match self {
            Self::Swap { key, expected, record, now, entry, reply } => {
                if let Some(record) = &record {
                    reseal::refuse_retired(retired, &record.bytes)?;
                }
                let swap = records::swap(connection, &key, expected, record.as_ref(), now)?;
                if let Some(entry) = entry.filter(|_| swap == Swap::Swapped) {
                    appender.append(connection, key_of_audit, &entry)?;
                }
                Ok(Answer::Swap(reply, swap))
            }
            Self::Add { counter, amount, now, reply } => {
                records::add(connection, &counter, amount, now).map(|sum| Answer::Add(reply, sum))
            }
            Self::Run(work) => {
                appender.flush(connection, key_of_audit)?; // the work may add rows of its own
                run(connection, work).map(Answer::Run)
            }
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
pub(super) enum Answer {
    Swap(Reply<Swap>, Swap),
    Add(Reply<u64>, u64),
    Run(Box<dyn FnOnce() + Send>),
}

impl Answer {
    /// The caller may have gone: then the write took place and they do not know,
    /// which is what "unavailable" tells them.
    pub(super) fn send(self) {
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
            if let Some(wakes) = wakes {
                wakes.notify_one();
            }
        }))
    }
}
