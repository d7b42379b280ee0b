use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::{ParameterError, UnixTime};

/// How many wrong codes a credential bears, and how long it rests after them.
///
/// Without the cap on consecutive failures a block is no limit: five guesses every
/// thirty seconds find a six-digit code within days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptPolicy {
    per_block: u16,
    first_block: u64,
    longest_block: u64,
    disable_after: u16,
}

impl Default for AttemptPolicy {
    /// Five wrong codes for a block of 30 seconds, doubling up to an hour; a hundred
    /// disable.
    fn default() -> Self {
        Self { per_block: 5, first_block: 30, longest_block: 3_600, disable_after: 100 }
    }
}

impl AttemptPolicy {
    /// A block after `per_block` wrong codes in a row, and again after as many: the
    /// first for `first_block` seconds, each next one for twice as long, up to
    /// `longest_block`. After `disable_after` in a row nothing is evaluated until the
    /// credential is enrolled anew.
    ///
    /// # Errors
    /// [`ParameterError::Attempts`] unless `per_block` is 1 to 100, `disable_after` 1 to
    /// 100 (NIST SP 800-63B §3.2.2 lets it be lower, never higher) and `first_block` 1
    /// to `longest_block`.
    pub fn new(
        per_block: u16,
        first_block: u64,
        longest_block: u64,
        disable_after: u16,
    ) -> Result<Self, ParameterError> {
        let counts = (1..=100).contains(&per_block) && (1..=100).contains(&disable_after);
        if !counts || !(1..=longest_block).contains(&first_block) {
            return Err(ParameterError::Attempts);
        }
        Ok(Self { per_block, first_block, longest_block, disable_after })
    }

    /// Wrong codes in a row before a block.
    pub fn per_block(&self) -> u16 {
        self.per_block
    }

    /// The length of the first block in seconds.
    pub fn first_block(&self) -> u64 {
        self.first_block
    }

    /// The longest a block gets, in seconds.
    pub fn longest_block(&self) -> u64 {
        self.longest_block
    }

    /// Wrong codes in a row that disable.
    pub fn disable_after(&self) -> u16 {
        self.disable_after
    }

    /// How long the block lasts that starts with this many wrong codes in a row.
    fn block_length(&self, failures: u16) -> u64 {
        let doublings = u32::from((failures / self.per_block).saturating_sub(1)).min(63);
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

/// The replay floor to give [`Service::new`](super::Service::new) when `stored` is what
/// was kept of the last restore. One from further ahead of `now` than clocks disagree
/// comes from a wrong clock or a forger, and would lock everybody out until then; `now`
/// in its place covers every code that can have been used.
///
/// ```
/// use keyfob::service::plausible_replay_floor;
/// assert_eq!(plausible_replay_floor(1_800_000_000, 1_800_003_600), 1_800_000_000);
/// assert_eq!(plausible_replay_floor(4_000_000_000, 1_800_003_600), 1_800_003_600);
/// ```
pub fn plausible_replay_floor(stored: UnixTime, now: UnixTime) -> UnixTime {
    if is_ahead(stored, now) { now } else { stored }
}

/// A limit on sending: so many messages within any stretch of so many seconds.
///
/// ```
/// use keyfob::service::SendWindow;
///
/// let five_in_ten_minutes = SendWindow::new(600, 5)?;
/// assert_eq!((five_in_ten_minutes.seconds(), five_in_ten_minutes.messages()), (600, 5));
/// # Ok::<(), keyfob::ParameterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SendWindow {
    seconds: u64,
    messages: usize,
}

impl SendWindow {
    /// Room for `messages` within any stretch of `seconds`; with 0 messages nothing is sent.
    ///
    /// # Errors
    /// [`ParameterError::SendWindow`] for 0 seconds, in which nothing would be limited.
    pub const fn new(seconds: u64, messages: usize) -> Result<Self, ParameterError> {
        if seconds == 0 {
            return Err(ParameterError::SendWindow);
        }
        Ok(Self { seconds, messages })
    }

    /// The length of the stretch in seconds.
    pub const fn seconds(&self) -> u64 {
        self.seconds
    }

    /// How many messages it has room for.
    pub const fn messages(&self) -> usize {
        self.messages
    }
}

/// What kind of limit on sending was reached: it is the [`code`](super::ServiceError::code) of
/// the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitKind {
    /// So many messages were sent, or so much was spent.
    Sends,
    /// Too many of the codes that were sent are not verified.
    Unverified,
    /// Nothing is sent there for a while.
    Stopped,
}

impl LimitKind {
    /// The stable kebab-case name of this kind, the same in every language.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Sends => "send-limit",
            Self::Unverified => "unverified-sends",
            Self::Stopped => "prefix-stopped",
        }
    }
}

/// Whose limit on sending was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendScope {
    /// That of the recipient.
    Recipient,
    /// That of the account.
    Account,
    /// That of the domain.
    Domain,
    /// That of the API key.
    ApiKey,
    /// That of the client's address.
    Client,
    /// That of the country.
    Country,
    /// That of the range of numbers.
    Prefix,
    /// What the account may spend in a day.
    Cost,
    /// Too many codes that were sent to the country are not verified.
    UnverifiedCountry,
    /// Too many codes that the client's address asked for are not verified.
    UnverifiedClient,
    /// The client's address sends to many countries and verifies in few of them.
    ClientCountries,
    /// The range of numbers is stopped for a while: its codes are not being verified.
    StoppedPrefix,
}

impl SendScope {
    /// Every scope.
    pub const ALL: [Self; 12] = [
        Self::Recipient,
        Self::Account,
        Self::Domain,
        Self::ApiKey,
        Self::Client,
        Self::Country,
        Self::Prefix,
        Self::Cost,
        Self::UnverifiedCountry,
        Self::UnverifiedClient,
        Self::ClientCountries,
        Self::StoppedPrefix,
    ];

    /// What kind of limit it is.
    pub const fn kind(self) -> LimitKind {
        match self {
            Self::Recipient
            | Self::Account
            | Self::Domain
            | Self::ApiKey
            | Self::Client
            | Self::Country
            | Self::Prefix
            | Self::Cost => LimitKind::Sends,
            Self::UnverifiedCountry | Self::UnverifiedClient | Self::ClientCountries => {
                LimitKind::Unverified
            }
            Self::StoppedPrefix => LimitKind::Stopped,
        }
    }

    /// That of the error.
    pub(super) const fn code(self) -> &'static str {
        self.kind().code()
    }

    pub(super) fn codes() -> impl Iterator<Item = &'static str> {
        [LimitKind::Sends, LimitKind::Unverified, LimitKind::Stopped]
            .into_iter()
            .map(LimitKind::code)
    }

    /// The stable kebab-case name of this scope, the same in every language.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recipient => "recipient",
            Self::Account => "account",
            Self::Domain => "domain",
            Self::ApiKey => "api-key",
            Self::Client => "client-address",
            Self::Country => "country",
            Self::Prefix => "prefix",
            Self::Cost => "cost",
            Self::UnverifiedCountry => "unverified-country",
            Self::UnverifiedClient => "unverified-client-address",
            Self::ClientCountries => "client-address-countries",
            Self::StoppedPrefix => "stopped-prefix",
        }
    }

    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Recipient => {
                "this recipient was sent as many codes as the limits allow; wait and send again"
            }
            Self::Account => {
                "this account sent as many codes as its limit allows; wait and send again"
            }
            Self::Domain => {
                "this domain sent as many codes as its limit allows; wait and send again"
            }
            Self::ApiKey => {
                "this API key sent as many codes as its limit allows; wait and send again"
            }
            Self::Client => {
                "this client address was sent as many codes as the limits allow; wait and send again"
            }
            Self::Country => {
                "as many codes went to this country today as the limits allow; wait, or have the limit raised"
            }
            Self::Prefix => {
                "as many codes went to this range of numbers today as the limits allow; wait, or have the limit raised"
            }
            Self::Cost => {
                "this account has spent today what it may; wait, or have the limit raised"
            }
            Self::UnverifiedCountry => {
                "too many codes that went to this country were not verified; wait, use email, or have the limit raised if these people are real"
            }
            Self::UnverifiedClient => {
                "too many codes that this client address asked for were not verified; wait and send again"
            }
            Self::ClientCountries => {
                "this client address asked for codes to too many countries and verified none there; wait and send again"
            }
            Self::StoppedPrefix => {
                "codes sent to this range of numbers are not being verified, so it is stopped for a while; wait, or use another channel"
            }
        }
    }
}

/// How often messages are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendPolicy {
    /// To one recipient. Every window must have room for a message to be sent.
    pub per_recipient: Vec<SendWindow>,
    /// Messages an account may send in a day (UTC), over all its domains. `None` is no limit.
    pub per_account_and_day: Option<u64>,
}

impl Default for SendPolicy {
    fn default() -> Self {
        Self {
            per_recipient: [(30, 1), (600, 5), (86_400, 10)]
                .map(|(seconds, messages)| SendWindow { seconds, messages })
                .into(),
            per_account_and_day: Some(10_000),
        }
    }
}

impl SendPolicy {
    /// The second from which one more message may go out, after those at `sends`.
    pub(super) fn open_at(&self, sends: &[UnixTime], now: UnixTime) -> UnixTime {
        let windows = self.per_recipient.iter().map(|window| {
            let oldest_that_counts = sends.len().checked_sub(window.messages);
            let Some(oldest_that_counts) = oldest_that_counts else { return now };
            let oldest = sends.get(oldest_that_counts); // none if not one message is allowed
            oldest.map_or(UnixTime::MAX, |at| at.saturating_add(window.seconds))
        });
        windows.max().unwrap_or(now).max(now)
    }

    /// How long a send is remembered for the windows.
    pub(super) fn memory(&self) -> u64 {
        self.per_recipient.iter().map(|window| window.seconds).max().unwrap_or(0)
    }
}

/// The wrong codes that one credential or recipient has seen in a row.
///
/// It belongs to the credential and to nothing a caller can renew: a new session,
/// challenge or message leaves it as it is. Only an accepted code clears it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Wrong codes since the last accepted one.
    pub(super) failures: u16,
    /// The second in which the present block ends; 0 if there never was one.
    pub(super) blocked_until: UnixTime,
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
        if self.failures >= policy.disable_after {
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
        let per_block = policy.per_block;
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
        let per_block = policy.per_block;
        let before_block = per_block - self.failures % per_block;
        before_block.min(policy.disable_after.saturating_sub(self.failures))
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
    fn a_policy_out_of_range_is_refused() {
        for (per_block, first_block, longest_block, disable_after) in [
            (0, 30, 60, 100),
            (101, 30, 60, 100),
            (5, 0, 60, 100),
            (5, 61, 60, 100),
            (5, 30, 60, 0),
            (5, 30, 60, 101),
        ] {
            let policy = AttemptPolicy::new(per_block, first_block, longest_block, disable_after);
            assert_eq!(policy, Err(ParameterError::Attempts));
        }
        assert_eq!(AttemptPolicy::new(5, 30, 3_600, 100), Ok(POLICY));
    }

    #[test]
    fn a_stretch_of_no_seconds_would_limit_nothing_and_is_refused() {
        for messages in [0, 1, usize::MAX] {
            assert_eq!(SendWindow::new(0, messages), Err(ParameterError::SendWindow));
        }
        let shortest = SendWindow::new(1, 0).unwrap();
        assert_eq!((shortest.seconds(), shortest.messages()), (1, 0));
        let longest = SendWindow::new(u64::MAX, usize::MAX).unwrap();
        assert_eq!((longest.seconds(), longest.messages()), (u64::MAX, usize::MAX));
    }

    #[test]
    fn a_limit_of_no_messages_allows_none() {
        let policy = SendPolicy {
            per_recipient: vec![SendWindow { seconds: 60, messages: 0 }],
            per_account_and_day: Some(1),
        };
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
