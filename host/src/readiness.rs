//! What the store is asked now and then, and not each time that anybody asks: whether it is
//! ready, which costs a durable write, and how much waits, which costs a count.

use std::time::{Duration, Instant};

use keyfob::{UnixTime, service::PortError};
use tokio::sync::Mutex;

use crate::storage::{Sqlite, sqlite::Waiting};

/// How long an answer is good for.
const LIFE: Duration = Duration::from_millis(500);

/// The store's last answer.
#[derive(Debug, Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, Result<(), PortError>)>>);

impl Readiness {
    /// What the store answers, or answered just now. Of many who ask at once one asks
    /// the store, and the others wait for what it says.
    pub(crate) async fn of(&self, store: &Sqlite) -> Result<(), PortError> {
        let mut last = self.0.lock().await;
        if let Some((at, answer)) = *last
            && at.elapsed() < LIFE
        {
            return answer;
        }
        let answer = store.check().await;
        *last = Some((Instant::now(), answer));
        answer
    }
}

/// How long a count is good for.
const COUNTED: Duration = Duration::from_secs(1);

/// What waited when it was counted last.
#[derive(Debug, Default)]
pub(crate) struct LastWaiting(Mutex<Option<(Instant, Waiting)>>);

impl LastWaiting {
    /// What waits, or did just now.
    pub(crate) async fn of(&self, store: &Sqlite, now: UnixTime) -> Result<Waiting, PortError> {
        let mut last = self.0.lock().await;
        if let Some((at, waiting)) = &*last
            && at.elapsed() < COUNTED
        {
            return Ok(waiting.clone());
        }
        let waiting = store.waiting(now).await?;
        *last = Some((Instant::now(), waiting.clone()));
        Ok(waiting)
    }
}
