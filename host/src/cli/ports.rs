//! What the flows need from outside, as far as a command has it: the folder's store,
//! the machine's clock and its random numbers.

use keyfob::{
    Entropy as _, EntropyUnavailable, UnixTime,
    service::{Message, Phone, PortError, Ports, Receipt, SimSwap},
};
use keyfob_host::{
    audit::AuditedPorts,
    clock::{Clock as _, SystemClock},
    entropy::SystemEntropy,
    storage::{Sqlite, sqlite::AuditEntry},
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

impl Ports for CommandPorts {
    type Storage = Sqlite;

    fn storage(&self) -> &Sqlite {
        &self.store
    }

    fn now(&self) -> UnixTime {
        self.clock.now()
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        SystemEntropy.fill(bytes)
    }

    async fn deliver(&self, _: Message) -> Result<Receipt, PortError> {
        Err(PortError::NotConfigured)
    }

    async fn sim_swap(&self, _: &Phone, _: u16) -> Result<SimSwap, PortError> {
        Err(PortError::NotConfigured)
    }
}

impl AuditedPorts for CommandPorts {
    async fn deliver_audited(
        &self,
        message: Message,
        _: Option<AuditEntry>,
    ) -> Result<Receipt, PortError> {
        self.deliver(message).await
    }
}
