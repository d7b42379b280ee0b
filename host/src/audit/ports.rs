use std::sync::{Mutex, PoisonError};

use keyfob::{
    EntropyUnavailable, UnixTime,
    service::{
        Counter, DeliveryState, Key, KeyKind, Message, Outcome, Phone, PortError, Ports, Receipt,
        Record, SimSwap, SimSwapCheck, Storage, Stored, Swap, Version,
    },
};

use crate::storage::{Sqlite, sqlite::AuditEntry};

/// The ports of one flow that is audited: its row is written in the transaction of the swap that
/// it tells of, so that after a crash there are both or neither.
#[derive(Debug)]
pub struct Audited<'a, P> {
    ports: &'a P,
    /// `None`: not to be audited.
    entry: Option<AuditEntry>,
    decisive: Decisive,
    state: Mutex<State>,
}

/// Which swap is the one.
#[derive(Debug, Clone, Copy)]
enum Decisive {
    /// The one that records the outcome of a code.
    Judgement,
    /// The one of a record of this kind.
    Of(KeyKind),
    /// None, but taking a message for delivery.
    Delivery,
}

#[derive(Debug, Default)]
struct State {
    judged: Option<&'static str>,
    is_written: bool,
}

/// The ports of this host, whose store keeps the audit trail too.
#[allow(async_fn_in_trait)] // as for `Ports`
pub trait AuditedPorts: Ports<Storage = Sqlite> {
    /// As [`Ports::deliver`], and adds a row to the audit trail in the same transaction.
    async fn deliver_audited(
        &self,
        message: Message,
        entry: Option<AuditEntry>,
    ) -> Result<Receipt, PortError>;
}

impl<'a, P: AuditedPorts> Audited<'a, P> {
    /// For a flow that judges a code: the row has its outcome.
    pub fn judging(ports: &'a P, entry: Option<AuditEntry>) -> Self {
        Self { ports, entry, decisive: Decisive::Judgement, state: Mutex::default() }
    }

    /// For a flow that is done when a record of this kind was swapped.
    pub fn writing(ports: &'a P, kind: KeyKind, entry: AuditEntry) -> Self {
        let decisive = Decisive::Of(kind);
        Self { ports, entry: Some(entry), decisive, state: Mutex::default() }
    }

    /// For a flow that is done when a message was taken for delivery.
    pub fn sending(ports: &'a P, entry: AuditEntry) -> Self {
        let decisive = Decisive::Delivery;
        Self { ports, entry: Some(entry), decisive, state: Mutex::default() }
    }

    /// Writes the row of a flow that recorded nothing else, with this outcome.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn finish(&self, outcome: &'static str) -> Result<(), PortError> {
        match &self.entry {
            Some(entry) if !self.lock().is_written => {
                let entry = AuditEntry { outcome: outcome.into(), ..entry.clone() };
                self.ports.storage().audit(entry).await
            }
            _ => Ok(()),
        }
    }

    fn entry_of(&self, key: &Key) -> Option<AuditEntry> {
        let outcome = match self.decisive {
            Decisive::Judgement => self.lock().judged.take(),
            Decisive::Of(kind) => (key.kind() == Some(kind)).then_some("done"),
            Decisive::Delivery => None,
        };
        let entry = self.entry.as_ref().filter(|_| !self.lock().is_written)?;
        outcome.map(|outcome| AuditEntry { outcome: outcome.into(), ..entry.clone() })
    }

    fn entry_of_delivery(&self, message: &Message) -> Option<AuditEntry> {
        if !matches!(self.decisive, Decisive::Delivery) {
            return None;
        }
        let entry = self.entry.as_ref().filter(|_| !self.lock().is_written)?;
        let detail = format!("otp_id={} channel={}", message.otp_id, message.channel.name());
        Some(entry.clone().outcome(DeliveryState::Queued.code()).detail(detail))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<P: AuditedPorts> Storage for Audited<'_, P> {
    async fn load(&self, key: &Key, now: UnixTime) -> Result<Option<Stored>, PortError> {
        self.ports.storage().load(key, now).await
    }

    async fn swap(
        &self,
        key: &Key,
        expected: Option<Version>,
        record: Option<Record>,
        now: UnixTime,
    ) -> Result<Swap, PortError> {
        let entry = self.entry_of(key);
        let is_audited = entry.is_some();
        let swap = self.ports.storage().swap_audited(key, expected, record, now, entry).await?;
        self.lock().is_written |= is_audited && swap == Swap::Swapped;
        Ok(swap)
    }

    async fn add(&self, counter: &Counter, amount: i64, now: UnixTime) -> Result<u64, PortError> {
        self.ports.storage().add(counter, amount, now).await
    }

    async fn add_all(
        &self,
        additions: &[(Counter, i64)],
        now: UnixTime,
    ) -> Result<Vec<u64>, PortError> {
        self.ports.storage().add_all(additions, now).await
    }
}

impl<P: AuditedPorts> Ports for Audited<'_, P> {
    type Storage = Self;

    fn storage(&self) -> &Self {
        self
    }

    fn now(&self) -> UnixTime {
        self.ports.now()
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        self.ports.fill_random(bytes)
    }

    fn judged(&self, outcome: &Outcome) {
        self.lock().judged = Some(outcome.code());
    }

    fn sim_swap_checked(&self, check: &SimSwapCheck) {
        self.ports.sim_swap_checked(check);
    }

    async fn deliver(&self, message: Message) -> Result<Receipt, PortError> {
        let entry = self.entry_of_delivery(&message);
        let is_audited = entry.is_some();
        let receipt = self.ports.deliver_audited(message, entry).await?;
        self.lock().is_written |= is_audited;
        Ok(receipt)
    }

    async fn sim_swap(&self, phone: &Phone, max_age_hours: u16) -> Result<SimSwap, PortError> {
        self.ports.sim_swap(phone, max_age_hours).await
    }
}
