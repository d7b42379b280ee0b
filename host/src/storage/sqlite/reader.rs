//! Reads: inline on the caller's thread, each on a connection of its own.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use keyfob::service::PortError;
use rusqlite::{Connection, ErrorCode};

use super::{Shared, Sqlite, connection};

/// Waits before a read that met a lock is tried again, in milliseconds. In WAL mode
/// a reader is locked out only while a log is recovered or removed: for moments.
const RETRIES: [u64; 6] = [1, 4, 16, 32, 64, 128];

/// More than there are worker threads; what is above was for a burst.
const IDLE: usize = 16;

/// Connections that wait for the next read.
#[derive(Debug, Default)]
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn take(&self) -> Option<Connection> {
        self.lock().pop()
    }

    fn put(&self, connection: Connection) {
        let mut idle = self.lock();
        if idle.len() < IDLE {
            idle.push(connection);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sqlite {
    /// Runs a query on the caller's thread. Waits without blocking it if the
    /// database is locked, and not for long.
    pub(super) async fn read<T>(
        &self,
        query: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, PortError> {
        for wait in RETRIES {
            match self.inner.shared.query(&query) {
                Err(error) if is_busy(&error) => {
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
                other => return other.map_err(unavailable),
            }
        }
        self.read_now(query)
    }

    /// As [`read`](Self::read), for callers that cannot wait without blocking: it tries
    /// again for some milliseconds only.
    pub(super) fn read_now<T>(
        &self,
        query: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, PortError> {
        for wait in &RETRIES[..3] {
            match self.inner.shared.query(&query) {
                Err(error) if is_busy(&error) => thread::sleep(Duration::from_millis(*wait)),
                other => return other.map_err(unavailable),
            }
        }
        self.inner.shared.query(query).map_err(unavailable)
    }
}

impl Shared {
    fn query<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        if self.is_closing() {
            return Err(rusqlite::Error::InvalidQuery);
        }
        let connection = self.readers.take().map_or_else(|| connection::reader(&self.path), Ok)?;
        let answer = query(&connection)?; // a connection that failed is not used again
        self.readers.put(connection);
        if self.is_closing() {
            self.readers.clear(); // closing began meanwhile and may have cleared before this was put back
        }
        Ok(answer)
    }
}

pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

#[allow(clippy::needless_pass_by_value)] // the shape that map_err wants
fn unavailable(error: rusqlite::Error) -> PortError {
    tracing::debug!(%error, "a read failed");
    PortError::Unavailable
}
