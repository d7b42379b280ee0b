//! Core's ports over what the world `service` imports. Imports answer at once, so nothing
//! here ever waits.

use alloc::{string::ToString, vec::Vec};

use keyfob::{
    EntropyUnavailable, UnixTime,
    service::{
        Counter, Fallback, Key, Message, Outcome, Phone, PortError, Ports, Receipt, Record,
        SimSwap, SimSwapCheck, Storage, Stored, Swap, Version,
    },
};

use crate::bindings::{
    keyfob::otp::{audit, delivery, sim_swap, storage},
    wasi::{clocks::wall_clock, random::random},
};

/// The store, the clock, the entropy and the ways to people that the embedder provides.
pub(super) struct Outside;

impl Storage for Outside {
    async fn load(&self, key: &Key, now: UnixTime) -> Result<Option<Stored>, PortError> {
        load(key, now)
    }

    async fn swap(
        &self,
        key: &Key,
        expected: Option<Version>,
        record: Option<Record>,
        now: UnixTime,
    ) -> Result<Swap, PortError> {
        swap(key, expected, record, now)
    }

    async fn add(&self, counter: &Counter, amount: i64, now: UnixTime) -> Result<u64, PortError> {
        let sums = add(&[addition(counter, amount)], now)?;
        sums.first().copied().ok_or(PortError::Unavailable)
    }

    async fn add_all(
        &self,
        additions: &[(Counter, i64)],
        now: UnixTime,
    ) -> Result<Vec<u64>, PortError> {
        let additions: Vec<storage::Addition> =
            additions.iter().map(|(counter, amount)| addition(counter, *amount)).collect();
        add(&additions, now)
    }
}

impl Ports for Outside {
    type Storage = Self;

    fn storage(&self) -> &Self {
        self
    }

    fn now(&self) -> UnixTime {
        wall_clock::now().seconds
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        draw(bytes)
    }

    fn judged(&self, outcome: &Outcome) {
        audit::judged((*outcome).into());
    }

    fn sim_swap_checked(&self, check: &SimSwapCheck) {
        sim_swap::checked((*check).into());
    }

    async fn deliver(&self, message: Message) -> Result<Receipt, PortError> {
        deliver(&message)
    }

    async fn sim_swap(&self, phone: &Phone, max_age_hours: u16) -> Result<SimSwap, PortError> {
        Ok(sim_swap::check(phone.as_str(), max_age_hours)?.into())
    }
}

// Called from every flow: not inlined, each of these is in the component once.

#[inline(never)]
fn load(key: &Key, now: UnixTime) -> Result<Option<Stored>, PortError> {
    let found = storage::load(key.as_bytes(), now)?;
    Ok(found.map(|found| Stored { version: Version(found.version), bytes: found.bytes }))
}

#[inline(never)]
fn swap(
    key: &Key,
    expected: Option<Version>,
    record: Option<Record>,
    now: UnixTime,
) -> Result<Swap, PortError> {
    let replacement = record.map(|record| storage::Replacement {
        version: record.version.0,
        bytes: record.bytes,
        expires_at: record.expires_at,
    });
    let expected = expected.map(|version| version.0);
    Ok(match storage::swap(key.as_bytes(), expected, replacement.as_ref(), now)? {
        storage::Swapped::Swapped => Swap::Swapped,
        storage::Swapped::Conflict => Swap::Conflict,
    })
}

/// A store that answers with fewer or more sums than it was asked for is none.
#[inline(never)]
fn add(additions: &[storage::Addition], now: UnixTime) -> Result<Vec<u64>, PortError> {
    let sums = storage::add(additions, now)?;
    if sums.len() == additions.len() { Ok(sums) } else { Err(PortError::Unavailable) }
}

#[inline(never)]
fn draw(bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
    let drawn = random::get_random_bytes(bytes.len() as u64);
    if drawn.len() != bytes.len() {
        return Err(EntropyUnavailable);
    }
    bytes.copy_from_slice(&drawn);
    Ok(())
}

#[inline(never)]
fn deliver(message: &Message) -> Result<Receipt, PortError> {
    Ok(match delivery::deliver(&handed_over(message))? {
        delivery::Receipt::Queued => Receipt::Queued,
        delivery::Receipt::Sent => Receipt::Sent,
    })
}

fn addition(counter: &Counter, amount: i64) -> storage::Addition {
    let key = counter.key.as_bytes().to_vec();
    storage::Addition { key, expires_at: counter.expires_at, amount }
}

fn handed_over(message: &Message) -> delivery::Message {
    delivery::Message {
        otp_id: message.otp_id.to_string(),
        id: message.id.0.to_vec(),
        account: message.account.to_string(),
        channel: message.channel.into(),
        recipient: message.recipient.as_str().into(),
        language: message.language.tag().into(),
        subject: message.subject.clone(),
        text: message.text.as_str().into(),
        code: message.code.as_str().into(),
        expires_at: message.expires_at,
        fallbacks: message.fallbacks.iter().map(fallback).collect(),
        fallback_after: message.fallback_after,
    }
}

fn fallback(fallback: &Fallback) -> delivery::Fallback {
    delivery::Fallback {
        channel: fallback.channel.into(),
        recipient: fallback.recipient.as_str().into(),
        text: fallback.text.as_str().into(),
    }
}

impl From<storage::Error> for PortError {
    fn from(error: storage::Error) -> Self {
        match error {
            storage::Error::StorageUnavailable => Self::Unavailable,
        }
    }
}

impl From<delivery::Error> for PortError {
    fn from(error: delivery::Error) -> Self {
        match error {
            delivery::Error::ProviderUnavailable => Self::ProviderUnavailable,
            delivery::Error::ChannelNotConfigured => Self::NotConfigured,
            delivery::Error::StorageUnavailable => Self::Unavailable,
        }
    }
}

impl From<sim_swap::Error> for PortError {
    fn from(error: sim_swap::Error) -> Self {
        match error {
            sim_swap::Error::ProviderUnavailable => Self::ProviderUnavailable,
            sim_swap::Error::ChannelNotConfigured => Self::NotConfigured,
        }
    }
}
