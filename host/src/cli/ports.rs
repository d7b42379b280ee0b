//! What the flows need from outside, as far as a command has it: the folder's store,
//! the machine's clock and its random numbers.

use keyfob::{
    UnixTime,
    service::{
        Counter, Key, Message, Phone, PortError, Ports, Receipt, Record, SimSwap, Storage, Stored,
        Swap, Version,
    },
};
use keyfob_host::{
    clock::{Clock as _, SystemClock},
    storage::Sqlite,
};

/// The outside world of a command. It reaches no people: a command sends nothing.
#[derive(Debug)]
pub(super) struct CommandPorts {
    store: Sqlite,
    clock: SystemClock,
}

impl CommandPorts {
    pub(super) fn new(store: Sqlite) -> Self {
        Self { store, clock: SystemClock::default() }
    }
}

impl Storage for CommandPorts {
    async fn load(&self, key: &Key, now: UnixTime) -> Result<Option<Stored>, PortError> {
        self.store.load(key, now).await
    }

    async fn swap(
        &self,
        key: &Key,
        expected: Option<Version>,
        record: Option<Record>,
        now: UnixTime,
    ) -> Result<Swap, PortError> {
        self.store.swap(key, expected, record, now).await
    }

    async fn add(&self, counter: &Counter, amount: u64, now: UnixTime) -> Result<u64, PortError> {
        self.store.add(counter, amount, now).await
    }
}

impl Ports for CommandPorts {
    fn now(&self) -> UnixTime {
        self.clock.now()
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), PortError> {
        getrandom::fill(bytes).map_err(|_| PortError::Entropy)
    }

    async fn deliver(&self, _: Message) -> Result<Receipt, PortError> {
        Err(PortError::NotConfigured)
    }

    async fn sim_swap(&self, _: &Phone, _: u16) -> Result<SimSwap, PortError> {
        Err(PortError::NotConfigured)
    }
}
