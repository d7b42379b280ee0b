//! What the service's tests run over: a memory store, a clock that stands where it
//! is put, seeded entropy, and an outbox to read codes from.
#![allow(dead_code, unreachable_pub, missing_debug_implementations)] // each test uses its part

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    task::{Context, Poll, Waker},
};

use keyfob::{
    EntropyUnavailable, UnixTime,
    service::{
        Channel, KeyRing, MasterKey, Message, Phone, PortError, Ports, Receipt, Service,
        ServicePolicy, SimSwap, contract::Memory,
    },
};

pub struct Outside {
    pub store: Memory,
    pub clock: Cell<UnixTime>,
    pub outbox: RefCell<Vec<Message>>,
    /// The channels that have a provider.
    pub configured: RefCell<Vec<Channel>>,
    /// What the operator says of every SIM.
    pub sim: Cell<Result<SimSwap, PortError>>,
    /// How often the operator was asked.
    pub sim_questions: Cell<usize>,
    entropy: Cell<u64>,
}

impl Outside {
    pub fn new(seed: u64, now: UnixTime) -> Self {
        Self {
            store: Memory::default(),
            clock: Cell::new(now),
            outbox: RefCell::default(),
            configured: RefCell::new(vec![Channel::Sms, Channel::Voice, Channel::Email]),
            sim: Cell::new(Ok(SimSwap::NotSwapped)),
            sim_questions: Cell::new(0),
            entropy: Cell::new(seed),
        }
    }

    /// The code in the last message.
    pub fn last_code(&self) -> String {
        code_in(&self.last_message())
    }

    pub fn last_message(&self) -> Message {
        self.outbox.borrow().last().expect("a message went out").clone()
    }
}

/// The `SplitMix64` generator.
pub fn fill(state: &mut u64, bytes: &mut [u8]) {
    for chunk in bytes.chunks_mut(8) {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chunk.copy_from_slice(&(mixed ^ (mixed >> 31)).to_le_bytes()[..chunk.len()]);
    }
}

/// The run of six digits in a text, or the six that are spelled in a call.
pub fn code_in(message: &Message) -> String {
    let text = message.text.replace(", ", "");
    let digits = text.split(|character: char| !character.is_ascii_digit());
    digits.into_iter().find(|run| run.len() == 6).expect("a code of six digits").to_string()
}

pub fn service(policy: ServicePolicy) -> Service {
    service_restored_at(policy, 0)
}

pub fn service_restored_at(policy: ServicePolicy, replay_floor: UnixTime) -> Service {
    let keys = KeyRing::new(&MasterKey::new([1; 32]), 1, &MasterKey::new([2; 32]));
    Service::new(keys, policy, replay_floor)
}

/// Nothing here ever waits.
pub fn block_on<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the memory store never pends"),
    }
}

impl Ports for Outside {
    type Storage = Memory;

    fn storage(&self) -> &Memory {
        &self.store
    }

    fn now(&self) -> UnixTime {
        self.clock.get()
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        let mut state = self.entropy.get();
        fill(&mut state, bytes);
        self.entropy.set(state);
        Ok(())
    }

    async fn deliver(&self, message: Message) -> Result<Receipt, PortError> {
        if !self.configured.borrow().contains(&message.channel) {
            return Err(PortError::NotConfigured);
        }
        self.outbox.borrow_mut().push(message);
        Ok(Receipt::Queued)
    }

    async fn sim_swap(&self, _: &Phone, _: u16) -> Result<SimSwap, PortError> {
        self.sim_questions.set(self.sim_questions.get() + 1);
        self.sim.get()
    }
}
