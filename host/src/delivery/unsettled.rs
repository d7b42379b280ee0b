use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;

use super::Handed;

/// Messages that a provider has and the store does not know of yet: while the store stalls,
/// their lease may run out, and they must not go out again.
#[derive(Debug, Default)]
pub(super) struct Unsettled {
    messages: Mutex<HashMap<i64, (usize, Handed)>>,
    forgotten: Notify,
}

/// How long somebody waits for the store: a provider that asks waits little longer.
const PATIENCE: Duration = Duration::from_secs(5);

impl Unsettled {
    /// A message went out on this way.
    pub(super) fn note(&self, id: i64, way: usize, handed: &Handed) {
        self.lock().insert(id, (way, handed.clone()));
    }

    /// Who has the message, if it went out on this way.
    pub(super) fn of(&self, id: i64, way: usize) -> Option<Handed> {
        let unsettled = self.lock();
        let (of_way, handed) = unsettled.get(&id)?;
        (*of_way == way).then(|| handed.clone())
    }

    /// The store knows.
    pub(super) fn forget(&self, id: i64) {
        self.lock().remove(&id);
        self.forgotten.notify_waiters();
    }

    /// Waits until the store knows what a provider calls so, or for a while.
    pub(super) async fn settled(&self, provider: &str, reference: &str) {
        let settled = async {
            loop {
                let mut forgotten = std::pin::pin!(self.forgotten.notified());
                forgotten.as_mut().enable(); // before the look, or it could be missed
                if !self.holds(provider, reference) {
                    return;
                }
                forgotten.await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, settled).await; // then nothing is known of it
    }

    fn holds(&self, provider: &str, reference: &str) -> bool {
        let is_it = |handed: &Handed| {
            handed.provider == provider && handed.reference.as_deref() == Some(reference)
        };
        self.lock().values().any(|(_, handed)| is_it(handed))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, (usize, Handed)>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn somebody_who_asks_before_the_store_knows_waits_for_it_and_not_for_ever() {
        let unsettled = Arc::new(Unsettled::default());
        let reference = Some("CA1".to_owned());
        let handed = Handed { provider: "calls".to_owned(), reference, is_waiting_call: true };
        let began = tokio::time::Instant::now();
        unsettled.settled("calls", "CA1").await;
        unsettled.note(1, 0, &handed);
        unsettled.note(2, 0, &Handed { reference: None, ..handed });
        unsettled.settled("calls", "CA2").await;
        unsettled.settled("texts", "CA1").await;
        assert!(began.elapsed().is_zero(), "nobody waits for what is known");
        let waiting = Arc::clone(&unsettled);
        let waiting = tokio::spawn(async move { waiting.settled("calls", "CA1").await });
        tokio::time::sleep(Duration::from_secs(1)).await;
        unsettled.forget(2);
        assert!(!waiting.is_finished());
        unsettled.forget(1);
        waiting.await.unwrap();
        assert_eq!(began.elapsed(), Duration::from_secs(1));
        unsettled.note(
            1,
            0,
            &Handed {
                provider: "calls".to_owned(),
                reference: Some("CA1".to_owned()),
                is_waiting_call: true,
            },
        );
        unsettled.settled("calls", "CA1").await;
        assert!(began.elapsed() >= PATIENCE);
    }
}
