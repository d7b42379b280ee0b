use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::Handed;

/// Messages that a provider has and the store does not know of yet: while the store stalls,
/// their lease may run out, and they must not go out again.
#[derive(Debug, Default)]
pub(super) struct Unsettled(Mutex<HashMap<i64, (usize, Handed)>>);

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
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, (usize, Handed)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
