//! The shared store of a simulation: an honest one, and two that break the contract.

use std::collections::BTreeMap;

use keyfob::{
    UnixTime,
    service::{Counter, Key, Record, Stored, Swap, Version},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    Honest,
    /// Ignores the version a swap expects.
    LastWriteWins,
    /// Answers before the write is durable, so that a crash undoes the last one.
    Forgetful,
}

#[derive(Clone)]
pub struct Store {
    kind: StoreKind,
    /// Every state that a key was in, oldest first: what a lagging replica may show.
    states: BTreeMap<Key, Vec<Option<Record>>>,
    counters: BTreeMap<Key, (u64, UnixTime)>,
    last_written: Option<Key>,
}

impl Store {
    pub fn new(kind: StoreKind) -> Self {
        Self { kind, states: BTreeMap::new(), counters: BTreeMap::new(), last_written: None }
    }

    pub fn load(&self, key: &Key, now: UnixTime) -> Option<Stored> {
        self.load_stale(key, now, 0)
    }

    /// What was there `age` writes ago.
    pub fn load_stale(&self, key: &Key, now: UnixTime, age: usize) -> Option<Stored> {
        let states = self.states.get(key)?;
        let record = states.get(states.len().checked_sub(1 + age)?)?.as_ref()?;
        let present = record.expires_at.is_none_or(|expires_at| now < expires_at);
        present.then(|| Stored { version: record.version, bytes: record.bytes.clone() })
    }

    pub fn swap(
        &mut self,
        key: &Key,
        expected: Option<Version>,
        record: Option<Record>,
        now: UnixTime,
    ) -> Swap {
        let found = self.load(key, now).map(|stored| stored.version);
        if found != expected && self.kind != StoreKind::LastWriteWins {
            return Swap::Conflict;
        }
        self.states.entry(*key).or_default().push(record);
        self.last_written = Some(*key);
        Swap::Swapped
    }

    pub fn add(&mut self, counter: &Counter, amount: i64, now: UnixTime) -> u64 {
        let found = self.counters.get(&counter.key).filter(|(_, expires_at)| now < *expires_at);
        let sum = found.map_or(0, |(sum, _)| *sum).saturating_add_signed(amount);
        self.counters.insert(counter.key, (sum, counter.expires_at));
        sum
    }

    pub fn crash(&mut self) {
        if let (StoreKind::Forgetful, Some(key)) = (self.kind, self.last_written.take()) {
            self.states.entry(key).or_default().pop();
        }
    }
}
