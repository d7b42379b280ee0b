use alloc::collections::BTreeMap;

use super::{AccountId, Service, records::Envelope};
use crate::{ParameterError, UnixTime};

/// How long messages and their challenges are remembered: to tell a retry from a guess, and to
/// answer for their delivery. Then the number or address is gone from the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionPolicy {
    hours: u16,
    accounts: BTreeMap<AccountId, u16>,
}

impl RetentionPolicy {
    /// The longest there is, in hours.
    pub const MAXIMUM_HOURS: u16 = 24;

    /// Messages of every account without hours of its own for so many hours.
    ///
    /// # Errors
    /// [`ParameterError::Retention`] outside 1 to 24.
    pub fn new(hours: u16) -> Result<Self, ParameterError> {
        Ok(Self { hours: permitted(hours)?, accounts: BTreeMap::new() })
    }

    /// Messages of `account` for so many hours, whatever holds for the others.
    ///
    /// # Errors
    /// [`ParameterError::Retention`] outside 1 to 24; [`ParameterError::NamedTwice`] of an account
    /// that has hours of its own.
    pub fn with_account(mut self, account: AccountId, hours: u16) -> Result<Self, ParameterError> {
        let before = self.accounts.insert(account, permitted(hours)?);
        if before.is_some() { Err(ParameterError::NamedTwice) } else { Ok(self) }
    }

    /// The hours of every account without hours of its own.
    pub fn hours(&self) -> u16 {
        self.hours
    }

    /// The accounts with hours of their own.
    pub fn accounts(&self) -> impl Iterator<Item = (AccountId, u16)> {
        self.accounts.iter().map(|(account, hours)| (*account, *hours))
    }

    /// For how many seconds after it began a message of `account` is remembered.
    pub fn seconds_for(&self, account: AccountId) -> u64 {
        3_600 * u64::from(self.accounts.get(&account).copied().unwrap_or(self.hours))
    }
}

impl Default for RetentionPolicy {
    /// As long as can be: a day.
    fn default() -> Self {
        Self { hours: Self::MAXIMUM_HOURS, accounts: BTreeMap::new() }
    }
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
        began.saturating_add(self.policy.retention.seconds_for(account))
    }
}

fn permitted(hours: u16) -> Result<u16, ParameterError> {
    let is_permitted = (1..=RetentionPolicy::MAXIMUM_HOURS).contains(&hours);
    if is_permitted { Ok(hours) } else { Err(ParameterError::Retention) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_kept_for_longer_than_a_day_nor_for_no_time_at_all() {
        let (own, other) = (AccountId([1; 16]), AccountId([2; 16]));
        for hours in [0, 25, u16::MAX] {
            assert_eq!(RetentionPolicy::new(hours), Err(ParameterError::Retention));
            let account = RetentionPolicy::default().with_account(own, hours);
            assert_eq!(account, Err(ParameterError::Retention));
        }
        let policy = RetentionPolicy::new(24).and_then(|policy| policy.with_account(own, 1));
        let policy = policy.unwrap();
        assert_eq!((policy.seconds_for(own), policy.seconds_for(other)), (3_600, 86_400));
        assert_eq!(policy.with_account(own, 2), Err(ParameterError::NamedTwice));
    }
}
