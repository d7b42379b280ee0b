use keyfob::UnixTime;

/// Keeps messages from a provider that fails, so that they do not wait for it, and finds
/// out when it works again.
///
/// After a few faults in a row the provider rests. When the rest is over one message is
/// tried on it: it goes well and the provider is back, or it fails and the provider rests
/// twice as long.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    faults: u32,
    rests_until: UnixTime,
    rests: u32,
    tried_until: UnixTime,
}

/// How a provider is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// It has its share of the messages.
    Closed,
    /// It rests after faults.
    Resting,
    /// Its rest is over, and one message finds out whether it works again.
    Trying,
}

impl BreakerState {
    /// The state as a number, for metrics.
    pub const fn number(self) -> i64 {
        match self {
            Self::Closed => 0,
            Self::Resting => 1,
            Self::Trying => 2,
        }
    }
}

/// Faults in a row that end in a rest.
const FAULTS: u32 = 3;

/// How long a message that tries a provider out may take, in seconds. One that never comes
/// back must not keep the others away for good.
const TRIAL: u64 = 30;

/// The first rest and the longest, in seconds.
const FIRST_REST: u64 = 5;
const LONGEST_REST: u64 = 60;

impl Breaker {
    /// Whether a message may be handed over now. If so, [`succeeded`](Self::succeeded) or
    /// [`failed`](Self::failed) must follow.
    pub fn admits(&mut self, now: UnixTime) -> bool {
        if self.rests == 0 {
            return true;
        }
        if now < self.rests_until.max(self.tried_until) {
            return false;
        }
        self.tried_until = now.saturating_add(TRIAL);
        true
    }

    /// How the provider is treated now.
    pub fn state(&self, now: UnixTime) -> BreakerState {
        if self.rests == 0 {
            return BreakerState::Closed;
        }
        if now < self.rests_until { BreakerState::Resting } else { BreakerState::Trying }
    }

    /// When the rest ends; `None` if the provider is not resting.
    pub fn rests_until(&self) -> Option<UnixTime> {
        (self.rests > 0).then_some(self.rests_until)
    }

    /// The provider did its work, be it to refuse a message.
    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// The provider failed.
    pub fn failed(&mut self, now: UnixTime) {
        self.faults = self.faults.saturating_add(1);
        if self.faults < FAULTS || (self.rests > 0 && self.tried_until == 0) {
            return; // what was under way when the rest began says nothing new
        }
        self.tried_until = 0;
        let rest =
            FIRST_REST.checked_shl(self.rests).map_or(LONGEST_REST, |rest| rest.min(LONGEST_REST));
        self.rests = self.rests.saturating_add(1);
        self.rests_until = now.saturating_add(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resting_since(now: UnixTime) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..FAULTS {
            assert!(breaker.admits(now));
            breaker.failed(now);
        }
        breaker
    }

    #[test]
    fn a_trial_that_never_comes_back_is_made_again() {
        let mut breaker = resting_since(100);
        assert!(breaker.admits(105) && !breaker.admits(134));
        assert!(breaker.admits(135));
        breaker.succeeded();
        assert_eq!(breaker.rests_until(), None);
    }

    #[test]
    fn a_provider_that_fails_rests_and_one_that_fails_now_and_then_does_not() {
        let mut breaker = Breaker::default();
        for _ in 0..10 {
            breaker.failed(100);
            breaker.failed(100);
            breaker.succeeded();
            assert!(breaker.admits(100));
        }
        let mut breaker = resting_since(100);
        assert!(!breaker.admits(104));
        assert_eq!(breaker.rests_until(), Some(105));
    }

    #[test]
    fn one_message_finds_out_whether_it_is_back() {
        let mut breaker = resting_since(100);
        assert_eq!(Breaker::default().state(100), BreakerState::Closed);
        assert_eq!(breaker.state(104), BreakerState::Resting);
        assert!(breaker.admits(105));
        assert_eq!(breaker.state(105), BreakerState::Trying);
        assert!(!breaker.admits(105), "the others go elsewhere meanwhile");
        breaker.succeeded();
        assert!(breaker.admits(105) && breaker.rests_until().is_none());
    }

    #[test]
    fn rests_grow_to_a_minute() {
        let (mut breaker, mut now) = (resting_since(100), 100);
        let mut rests = Vec::new();
        for _ in 0..80 {
            let until = breaker.rests_until().unwrap();
            rests.push(until - now);
            now = until;
            assert!(breaker.admits(now));
            breaker.failed(now);
        }
        assert_eq!(rests[..6], [5, 10, 20, 40, 60, 60]);
        assert_eq!(rests.last(), Some(&60));
    }

    #[test]
    fn what_was_under_way_when_the_rest_began_does_not_prolong_it() {
        let mut breaker = resting_since(100);
        for _ in 0..30 {
            breaker.failed(101);
        }
        assert_eq!(breaker.rests_until(), Some(105));
    }
}
