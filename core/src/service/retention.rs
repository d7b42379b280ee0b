use alloc::collections::BTreeMap;

use super::{AccountId, Service, records::Envelope};
use crate::UnixTime;

/// How long messages and their challenges are remembered: to tell a retry from a guess, and to
/// answer for their delivery. Then the number or address is gone from the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionPolicy {
    hours: u64,
    accounts: BTreeMap<AccountId, u64>,
}

impl RetentionPolicy {
    /// The longest there is, in hours.
    pub const MAXIMUM_HOURS: u16 = 24;

    /// Everybody's messages for so many hours: 1 to 24. What is beyond that is taken for the
    /// nearest that there is.
    pub fn new(hours: u16) -> Self {
        Self { hours: permitted(hours), accounts: BTreeMap::new() }
    }

    /// The messages of `account` for so many hours.
    #[must_use]
    pub fn with_account(mut self, account: AccountId, hours: u16) -> Self {
        self.accounts.insert(account, permitted(hours));
        self
    }

    /// In seconds.
    pub fn of(&self, account: AccountId) -> u64 {
        3_600 * self.accounts.get(&account).copied().unwrap_or(self.hours)
    }
}

impl Default for RetentionPolicy {
    fn default() -> Self {
        Self::new(Self::MAXIMUM_HOURS)
    }
}

fn permitted(hours: u16) -> u64 {
    hours.clamp(1, RetentionPolicy::MAXIMUM_HOURS).into()
}

impl Service {
    /// The second from which an envelope is absent. It follows from when its last message
    /// began: a report that comes late does not make it stay longer.
    pub(super) fn forgotten_at(
        &self,
        account: AccountId,
        envelope: &Envelope,
        now: UnixTime,
    ) -> UnixTime {
        let began = envelope.passages.began_at().unwrap_or(now).min(now);
        began.saturating_add(self.policy.retention.of(account))
    }
}
