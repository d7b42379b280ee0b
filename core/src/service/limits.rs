use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::UnixTime;

/// How many wrong codes a credential bears, and how long it rests after them.
///
/// Without the cap on consecutive failures a block is no limit: five guesses every
/// thirty seconds find a six-digit code within days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptPolicy {
    /// Wrong codes in a row before a block, and again before each next block.
    pub per_block: u16,
    /// The length of the first block in seconds; each next one is twice as long.
    pub first_block: u64,
    /// The longest a block gets, in seconds.
    pub longest_block: u64,
    /// Wrong codes in a row that disable the credential until it is enrolled anew.
    /// At most 100 (NIST SP 800-63B §3.2.2).
    pub disable_after: u16,
}

impl Default for AttemptPolicy {
    fn default() -> Self {
        Self { per_block: 5, first_block: 30, longest_block: 3_600, disable_after: 100 }
    }
}

impl AttemptPolicy {
    /// NIST lets this cap be lower, never higher.
    fn cap(&self) -> u16 {
        self.disable_after.min(100)
    }

    /// How long the block lasts that starts with this many wrong codes in a row.
    fn block_length(&self, failures: u16) -> u64 {
        let doublings = u32::from((failures / self.per_block.max(1)).saturating_sub(1)).min(63);
        self.first_block.saturating_mul(1 << doublings).min(self.longest_block)
    }
}

/// Whether `at` was noted by a clock that ran ahead and has been set back since.
///
/// Such a time must neither lock anybody out until the calendar gets there nor keep
/// a code alive until then. A minute is left to time synchronisation and to nodes
/// that disagree.
pub(super) fn is_ahead(at: UnixTime, now: UnixTime) -> bool {
    at > now.saturating_add(60)
}

/// How often messages go to one recipient: `(seconds, messages)` pairs, each a
/// sliding window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendPolicy {
    /// Every window must have room for a message to be sent.
    pub per_recipient: Vec<(u64, usize)>,
    /// Messages an account may send in a day (UTC), over all its domains.
    pub per_account_and_day: u64,
}

impl Default for SendPolicy {
    fn default() -> Self {
        Self {
            per_recipient: Vec::from([(30, 1), (600, 5), (86_400, 10)]),
            per_account_and_day: 10_000,
        }
    }
}

impl SendPolicy {
    /// The second from which one more message may go out, after those at `sends`.
    pub(super) fn open_at(&self, sends: &[UnixTime], now: UnixTime) -> UnixTime {
        let windows = self.per_recipient.iter().map(|(seconds, messages)| {
            let Some(oldest_that_counts) = sends.len().checked_sub(*messages) else { return now };
            let oldest = sends.get(oldest_that_counts); // none if not one message is allowed
            oldest.map_or(UnixTime::MAX, |at| at.saturating_add(*seconds))
        });
        windows.max().unwrap_or(now).max(now)
    }

    /// How long a send is remembered for the windows.
    pub(super) fn memory(&self) -> u64 {
        self.per_recipient.iter().map(|(seconds, _)| *seconds).max().unwrap_or(0)
    }
}

/// The wrong codes that one credential or recipient has seen in a row.
///
/// It belongs to the credential and to nothing a caller can renew: a new session,
/// challenge or message leaves it as it is. Only an accepted code clears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Wrong codes since the last accepted one.
    pub failures: u16,
    /// The second in which the present block ends; 0 if there never was one.
    pub blocked_until: UnixTime,
}

/// Whether a code may be evaluated now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gate {
    Open,
    Blocked { until: UnixTime },
    Disabled,
}

impl Tally {
    pub(super) fn gate(&self, now: UnixTime, policy: &AttemptPolicy) -> Gate {
        if self.failures >= policy.cap() {
            return Gate::Disabled;
        }
        let began = self.blocked_until.saturating_sub(policy.block_length(self.failures));
        if now < self.blocked_until && !is_ahead(began, now) {
            return Gate::Blocked { until: self.blocked_until };
        }
        Gate::Open
    }

    /// Counts a wrong code. Every `per_block` of them start a block; the end of a
    /// block gives tries back, never failures.
    pub(super) fn fail(&mut self, now: UnixTime, policy: &AttemptPolicy) {
        self.failures = self.failures.saturating_add(1);
        let per_block = policy.per_block.max(1);
        if self.failures.is_multiple_of(per_block) {
            let length = policy.block_length(self.failures);
            self.blocked_until = now.saturating_add(length);
        }
    }

    /// How many wrong codes are left before the next block; none during one.
    pub(super) fn attempts_left(&self, now: UnixTime, policy: &AttemptPolicy) -> u16 {
        if self.gate(now, policy) != Gate::Open {
            return 0;
        }
        let per_block = policy.per_block.max(1);
        let before_block = per_block - self.failures % per_block;
        before_block.min(policy.cap().saturating_sub(self.failures))
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    const POLICY: AttemptPolicy =
        AttemptPolicy { per_block: 5, first_block: 30, longest_block: 3_600, disable_after: 100 };

    #[test]
    fn each_fifth_failure_blocks_for_twice_as_long_up_to_an_hour() {
        let (mut tally, mut now) = (Tally::default(), 1_000_000);
        let mut blocks = vec![];
        while tally.gate(now, &POLICY) != Gate::Disabled {
            assert_eq!(tally.gate(now, &POLICY), Gate::Open);
            tally.fail(now, &POLICY);
            if let Gate::Blocked { until } = tally.gate(now, &POLICY) {
                blocks.push(until - now);
                assert_eq!(tally.gate(until - 1, &POLICY), Gate::Blocked { until });
                now = until;
            }
        }
        assert_eq!(blocks[..9], [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert_eq!(tally.failures, 100);
        assert_eq!(tally.gate(u64::MAX, &POLICY), Gate::Disabled, "time alone never reopens it");
    }

    #[test]
    fn attempts_left_counts_down_to_the_block_and_starts_anew_after_it() {
        let mut tally = Tally::default();
        let left: Vec<u16> = (0..6)
            .map(|_| {
                let now = tally.blocked_until;
                tally.fail(now, &POLICY);
                tally.attempts_left(now, &POLICY)
            })
            .collect();
        assert_eq!(left, [4, 3, 2, 1, 0, 4]);
    }

    #[test]
    fn a_clock_that_ran_ahead_locks_nobody_out_for_years() {
        let (now, year_2106) = (1_800_000_000, 1 << 32);
        let mut tally = Tally { failures: 4, blocked_until: 0 };
        tally.fail(year_2106, &POLICY);
        assert_eq!(tally.gate(year_2106, &POLICY), Gate::Blocked { until: year_2106 + 30 });
        assert_eq!(tally.gate(now, &POLICY), Gate::Open, "the block went with the wrong clock");
        assert_eq!(tally.failures, 5, "the wrong codes did not");
    }

    #[test]
    fn a_clock_corrected_by_seconds_ends_no_block() {
        let now = 1_800_000_000;
        let mut tally = Tally { failures: 4, blocked_until: 0 };
        tally.fail(now, &POLICY);
        for corrected in [now - 60, now - 1, now + 29] {
            assert_eq!(tally.gate(corrected, &POLICY), Gate::Blocked { until: now + 30 });
        }
        assert_eq!(tally.gate(now + 30, &POLICY), Gate::Open);
    }

    #[test]
    fn no_policy_allows_more_than_a_hundred_wrong_codes_in_a_row() {
        let policy = AttemptPolicy { disable_after: u16::MAX, ..POLICY };
        let tally = Tally { failures: 100, blocked_until: 0 };
        assert_eq!(tally.gate(u64::MAX, &policy), Gate::Disabled);
    }

    #[test]
    fn a_limit_of_no_messages_allows_none() {
        let policy = SendPolicy { per_recipient: vec![(60, 0)], per_account_and_day: 1 };
        assert_eq!(policy.open_at(&[], 1_000), u64::MAX);
    }

    #[test]
    fn every_sliding_window_must_have_room() {
        let policy = SendPolicy::default();
        assert_eq!(policy.open_at(&[], 1_000), 1_000);
        assert_eq!(policy.open_at(&[1_000], 1_029), 1_030);
        assert_eq!(policy.open_at(&[1_000], 1_030), 1_030);
        let five = [1_000, 1_100, 1_200, 1_300, 1_400];
        assert_eq!(policy.open_at(&five, 1_500), 1_600, "the sixth waits for the first to leave");
        let ten: Vec<u64> = (0..10).map(|i| i * 1_000).collect();
        assert_eq!(policy.open_at(&ten, 20_000), 86_400);
    }
}
