use alloc::{collections::BTreeMap, vec::Vec};

use spin::Mutex;

use super::{Counter, Key, PortError, Record, Storage, Stored, Swap, Version};
use crate::UnixTime;

/// A store in memory, for tests: it keeps the whole contract but durability beyond
/// the process. Never pends, so any executor will do.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Tables>);

#[derive(Debug, Default, Clone)]
struct Tables {
    records: BTreeMap<Key, Record>,
    counters: BTreeMap<Key, (u64, UnixTime)>,
}

impl Memory {
    /// Everything stored, expired records too.
    pub fn records(&self) -> BTreeMap<Key, Record> {
        self.0.lock().records.clone()
    }

    /// The keys of all counters.
    pub fn counters(&self) -> Vec<Key> {
        self.0.lock().counters.keys().copied().collect()
    }

    /// The store as it is now: a backup.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self(Mutex::new(self.0.lock().clone()))
    }
}

impl Storage for Memory {
    async fn load(&self, key: &Key, now: UnixTime) -> Result<Option<Stored>, PortError> {
        let tables = self.0.lock();
        let found = tables.records.get(key).filter(|record| is_present(record, now));
        Ok(found.map(|record| Stored { version: record.version, bytes: record.bytes.clone() }))
    }

    async fn swap(
        &self,
        key: &Key,
        expected: Option<Version>,
        record: Option<Record>,
        now: UnixTime,
    ) -> Result<Swap, PortError> {
        let mut tables = self.0.lock();
        let found = tables.records.get(key).filter(|record| is_present(record, now));
        if found.map(|record| record.version) != expected {
            return Ok(Swap::Conflict);
        }
        match record {
            Some(record) => tables.records.insert(*key, record),
            None => tables.records.remove(key),
        };
        Ok(Swap::Swapped)
    }

    async fn add(&self, counter: &Counter, amount: i64, now: UnixTime) -> Result<u64, PortError> {
        let mut tables = self.0.lock();
        let found = tables.counters.get(&counter.key).filter(|(_, expires_at)| now < *expires_at);
        let sum = found.map_or(0, |(sum, _)| *sum).saturating_add_signed(amount);
        tables.counters.insert(counter.key, (sum, counter.expires_at));
        Ok(sum)
    }
}

fn is_present(record: &Record, now: UnixTime) -> bool {
    record.expires_at.is_none_or(|expires_at| now < expires_at)
}

#[cfg(test)]
mod tests {
    use core::{
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;
    use crate::service::contract;

    #[test]
    fn the_memory_store_keeps_the_storage_contract() {
        let mut suite = pin!(contract::storage(|| async { Memory::default() }));
        let mut context = Context::from_waker(Waker::noop());
        while suite.as_mut().poll(&mut context) == Poll::Pending {}
    }
}
