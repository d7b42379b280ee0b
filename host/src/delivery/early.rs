//! A report may overtake the provider's answer: then it waits here for the message's name.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use keyfob::UnixTime;

use super::Fate;

/// Reports that wait for their message's name.
#[derive(Debug, Default)]
pub(super) struct EarlyReceipts(Mutex<HashMap<[u8; 16], (Fate, UnixTime)>>);

/// How many early reports are kept, and for how many seconds: an answer takes no longer.
const EARLY: usize = 10_000;
const EARLY_FOR: u64 = 60;

impl EarlyReceipts {
    /// What was reported of a message whose name is not known yet.
    pub(super) fn keep(&self, name: [u8; 16], fate: Fate, now: UnixTime) {
        let mut early = self.lock();
        if early.len() >= EARLY {
            early.retain(|_, (_, at)| now < at.saturating_add(EARLY_FOR));
        }
        if early.len() < EARLY {
            early.insert(name, (fate, now));
        }
    }

    /// What was reported of it lately: providers use their names again.
    pub(super) fn take(&self, name: [u8; 16], now: UnixTime) -> Option<Fate> {
        let (fate, at) = self.lock().remove(&name)?;
        (now < at.saturating_add(EARLY_FOR)).then_some(fate)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 16], (Fate, UnixTime)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_early_report_is_found_once_for_a_minute_and_a_flood_keeps_only_so_many() {
        let early = EarlyReceipts::default();
        early.keep([1; 16], Fate::Delivered, 100);
        assert_eq!(early.take([1; 16], 159), Some(Fate::Delivered));
        assert_eq!(early.take([1; 16], 159), None);
        early.keep([1; 16], Fate::Failed, 100);
        assert_eq!(early.take([1; 16], 160), None, "the name may be another message's by now");
        for number in 0..=EARLY as u128 {
            early.keep(number.to_be_bytes(), Fate::Failed, 200);
        }
        assert_eq!(early.lock().len(), EARLY);
        early.keep([1; 16], Fate::Failed, 260);
        assert_eq!(early.lock().len(), 1, "the others are over");
    }
}
