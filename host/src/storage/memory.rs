use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use keyfob::UnixTime;
use keyfob::service::{Counter, Key, PortError, Record, Storage, Stored, Swap, Version};

/// A store that forgets: for tests and for trying things out. It keeps the whole
/// contract but the first rule, since nothing here survives the process.
#[derive(Debug, Default)]
pub struct Memory {
    state: Mutex<State>,
}

impl Storage for Memory {
    async fn load(&self, key: &Key, now: UnixTime) -> Result<Option<Stored>, PortError> {
        let state = self.lock();
        Ok(state
            .current(key, now)
            .map(|record| Stored { version: record.version, bytes: record.bytes.clone() }))
    }

    async fn swap(
        &self,
        key: &Key,
        expected: Option<Version>,
        record: Option<Record>,
        now: UnixTime,
    ) -> Result<Swap, PortError> {
        let mut state = self.lock();
        if state.current(key, now).map(|record| record.version) != expected {
            return Ok(Swap::Conflict);
        }
        match record {
            Some(record) => state.records.insert(*key, record),
            None => state.records.remove(key),
        };
        Ok(Swap::Swapped)
    }

    async fn add(&self, counter: &Counter, amount: u64, now: UnixTime) -> Result<u64, PortError> {
        let mut state = self.lock();
        let entry = state.counters.entry(counter.key).or_insert((0, counter.expires_at));
        if entry.1 <= now {
            *entry = (0, counter.expires_at);
        }
        entry.0 = entry.0.saturating_add(amount);
        Ok(entry.0)
    }
}

impl Memory {
    /// A panic elsewhere cannot leave the maps half-written: each change is one call.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct State {
    records: HashMap<Key, Record>,
    counters: HashMap<Key, (u64, UnixTime)>,
}

impl State {
    fn current(&self, key: &Key, now: UnixTime) -> Option<&Record> {
        self.records.get(key).filter(|record| record.expires_at.is_none_or(|end| now < end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn keeps_the_storage_contract() {
        keyfob::service::contract::storage(|| async { Memory::default() }).await;
    }
}
