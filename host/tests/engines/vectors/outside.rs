//! What the component runs over here: a store in memory, a clock that stands where it is put,
//! seeded entropy, and an outbox to read codes from.

use std::collections::BTreeMap;

use keyfob_host::entropy::Randomness;

use super::bindings::{
    keyfob::otp::{
        audit,
        delivery::{self, Channel, Message, Receipt},
        sim_swap::{self, Answer, Finding},
        storage::{self, Addition, Replacement, Stored, Swapped},
    },
    wasi::{
        clocks::wall_clock::{self, Datetime},
        random::random,
    },
};
use crate::components::Seeded;

pub(super) struct Outside {
    pub(super) now: u64,
    pub(super) stored: Memory,
    pub(super) outbox: Vec<Message>,
    /// The channels that have a provider.
    pub(super) configured: Vec<Channel>,
    /// What the operator says of every SIM.
    pub(super) sim: Answer,
    entropy: Seeded,
}

/// What a backup would keep.
#[derive(Clone, Default)]
pub(super) struct Memory {
    pub(super) records: BTreeMap<Vec<u8>, Replacement>,
    /// What each counts, and until when.
    counters: BTreeMap<Vec<u8>, (u64, u64)>,
}

impl Outside {
    pub(super) fn new() -> Self {
        Self {
            now: 0,
            stored: Memory::default(),
            outbox: Vec::new(),
            configured: vec![Channel::Sms, Channel::Voice, Channel::Email],
            sim: Answer::NotSwapped,
            entropy: Seeded::new(1),
        }
    }

    fn found(&self, key: &[u8], now: u64) -> Option<&Replacement> {
        self.stored.records.get(key).filter(|record| record.expires_at.is_none_or(|end| now < end))
    }
}

impl storage::Host for Outside {
    fn load(&mut self, key: Vec<u8>, now: u64) -> Result<Option<Stored>, storage::Error> {
        let stored = |it: &Replacement| Stored { version: it.version, bytes: it.bytes.clone() };
        Ok(self.found(&key, now).map(stored))
    }

    fn swap(
        &mut self,
        key: Vec<u8>,
        expected: Option<u64>,
        replacement: Option<Replacement>,
        now: u64,
    ) -> Result<Swapped, storage::Error> {
        if self.found(&key, now).map(|record| record.version) != expected {
            return Ok(Swapped::Conflict);
        }
        match replacement {
            Some(record) => self.stored.records.insert(key, record),
            None => self.stored.records.remove(&key),
        };
        Ok(Swapped::Swapped)
    }

    fn add(&mut self, additions: Vec<Addition>, now: u64) -> Result<Vec<u64>, storage::Error> {
        let add = |Addition { key, expires_at, amount }| {
            let counter = self.stored.counters.entry(key).or_default();
            let before = if now < counter.1 { counter.0 } else { 0 };
            *counter = (before.saturating_add_signed(amount), expires_at);
            counter.0
        };
        Ok(additions.into_iter().map(add).collect())
    }
}

impl delivery::Host for Outside {
    fn deliver(&mut self, message: Message) -> Result<Receipt, delivery::Error> {
        if !self.configured.contains(&message.channel) {
            return Err(delivery::Error::ChannelNotConfigured);
        }
        self.outbox.push(message);
        Ok(Receipt::Queued)
    }
}

impl sim_swap::Host for Outside {
    fn check(&mut self, _phone: String, _max_age_hours: u16) -> Result<Answer, sim_swap::Error> {
        Ok(self.sim)
    }

    fn checked(&mut self, _finding: Finding) {}
}

impl audit::Host for Outside {
    fn judged(&mut self, _outcome: audit::Outcome) {}
}

impl wall_clock::Host for Outside {
    fn now(&mut self) -> Datetime {
        Datetime { seconds: self.now, nanoseconds: 0 }
    }

    fn resolution(&mut self) -> Datetime {
        Datetime { seconds: 1, nanoseconds: 0 }
    }
}

impl random::Host for Outside {
    fn get_random_bytes(&mut self, length: u64) -> Vec<u8> {
        let mut bytes = vec![0; length as usize];
        self.entropy.fill(&mut bytes).unwrap();
        bytes
    }

    fn get_random_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.entropy.fill(&mut bytes).unwrap();
        u64::from_le_bytes(bytes)
    }
}
