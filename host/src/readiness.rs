//! Whether the store is ready, asked of it now and then: each answer costs a durable
//! write, and anybody may ask.

use std::time::{Duration, Instant};

use keyfob::service::PortError;
use tokio::sync::Mutex;

use crate::storage::Sqlite;

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
