//! What the writer is asked to do, and how the answer goes back.

use std::sync::Arc;

use keyfob::UnixTime;
use keyfob::service::{Counter, Key, MacKey, Record, Swap, Version};
use rusqlite::Connection;
use tokio::sync::{Notify, oneshot};

use super::audit::{Appender, AuditEntry};
use super::checkpoint::Checkpoint;
use super::outbox::{self, OutboxRow};
use super::tallies::Tallies;
use super::{records, reseal};

/// Where an answer goes. Dropping it unsent answers [`PortError::Unavailable`], so
/// whatever goes wrong, nobody is told of a success that was not.
pub(super) type Reply<T> = oneshot::Sender<T>;

/// What the writer is asked to do. What busy requests need is spelled out; the rest comes as
/// closures.
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
        additions: Vec<(Counter, i64)>,
        now: UnixTime,
        reply: Reply<Vec<u64>>,
    },
    Push {
        row: Box<OutboxRow>,
        /// What the audit trail is to say.
        entry: Option<Box<AuditEntry>>,
        reply: Reply<()>,
        /// Whom the commit wakes besides.
        wakes: Arc<Notify>,
    },
    Run(Box<dyn Work>),
    /// As `Run`, of statements that have nothing to do with counters or the audit trail.
    Beside(Box<dyn Work>),
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

/// What the jobs of one transaction have added and its end writes, once.
pub(super) struct Unwritten<'a> {
    pub(super) tallies: Tallies,
    pub(super) appender: Appender,
    pub(super) audit_key: &'a MacKey,
    /// What a job did stands in the transaction, and what goes with it could not be written:
    /// only all of it can be taken back.
    pub(super) is_broken: bool,
}

impl<'a> Unwritten<'a> {
    pub(super) fn new(audit_key: &'a MacKey) -> Self {
        let (tallies, appender) = Default::default();
        Self { tallies, appender, audit_key, is_broken: false }
    }

    pub(super) fn flush(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let tallies = self.tallies.flush(connection);
        let flushed = tallies.and_then(|()| self.appender.flush(connection, self.audit_key));
        self.is_broken |= flushed.is_err();
        flushed
    }

    fn audit(
        &mut self,
        connection: &Connection,
        entry: Option<&AuditEntry>,
    ) -> rusqlite::Result<()> {
        let Some(entry) = entry else { return Ok(()) };
        let appended = self.appender.append(connection, self.audit_key, entry);
        self.is_broken |= appended.is_err();
        appended
    }
}

/// Statements, where the answer goes, and whom the commit wakes besides.
pub(super) fn work<T, F>(
    statements: F,
    reply: Reply<T>,
    wakes: Option<Arc<Notify>>,
) -> Box<dyn Work>
where
    T: Send + 'static,
    F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
{
    Box::new(Task { statements, reply, wakes })
}

impl Job {
    /// Whether the caller has stopped waiting.
    pub(super) fn is_abandoned(&self) -> bool {
        match self {
            Self::Swap { reply, .. } => reply.is_closed(),
            Self::Add { reply, .. } => reply.is_closed(),
            Self::Push { reply, .. } => reply.is_closed(),
            Self::Run(work) | Self::Beside(work) => work.is_abandoned(),
            Self::Checkpoint(_) | Self::Stop => false,
        }
    }

    /// Nothing is written that is sealed under one of the keys `retired`.
    pub(super) fn execute(
        self,
        connection: &Connection,
        retired: &[u32],
        unwritten: &mut Unwritten<'_>,
    ) -> rusqlite::Result<Answer> {
        match self {
            Self::Swap { key, expected, record, now, entry, reply } => {
                if let Some(record) = &record {
                    reseal::refuse_retired(retired, &record.bytes)?;
                }
                let swap = records::swap(connection, &key, expected, record.as_ref(), now)?;
                if swap == Swap::Swapped {
                    unwritten.audit(connection, entry.as_deref())?;
                }
                Ok(Answer::Swap(reply, swap))
            }
            Self::Add { additions, now, reply } => {
                let sums = unwritten.tallies.add_all(connection, &additions, now)?;
                Ok(Answer::Add(reply, sums))
            }
            Self::Push { row, entry, reply, wakes } => {
                reseal::refuse_retired(retired, &row.body)?;
                outbox::push(connection, &row)?;
                unwritten.audit(connection, entry.as_deref())?;
                Ok(Answer::Push(reply, wakes))
            }
            Self::Run(work) => {
                unwritten.flush(connection)?;
                run(connection, work).map(Answer::Run)
            }
            Self::Beside(work) => run(connection, work).map(Answer::Run),
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
    Add(Reply<Vec<u64>>, Vec<u64>),
    Push(Reply<()>, Arc<Notify>),
    Run(Box<dyn FnOnce() + Send>),
}

impl Answer {
    /// The caller may have gone: then the write took place and they do not know,
    /// which is what "unavailable" tells them.
    pub(super) fn send(self) {
        match self {
            Self::Swap(reply, swap) => drop(reply.send(swap)),
            Self::Add(reply, sums) => drop(reply.send(sums)),
            Self::Push(reply, wakes) => {
                reply.send(()).ok();
                wakes.notify_one();
            }
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
