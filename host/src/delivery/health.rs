//! How providers do, as an operator sees it.

use keyfob::{UnixTime, service::Channel};

use super::{Breaker, BreakerState, SendError};

/// How a provider does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderHealth {
    /// Its name in the configuration.
    pub name: String,
    /// What it carries here.
    pub channels: Vec<Channel>,
    /// Whether it is asked.
    pub state: BreakerState,
    /// What is wrong with it now. For anybody to read.
    pub trouble: Option<String>,
    /// Its last fault since the start, and when that was.
    pub last_fault: Option<(String, UnixTime)>,
    /// Of the messages of the last hour, those that it took.
    pub taken: u64,
    /// The messages that it was asked to take in the last hour.
    pub asked: u64,
    /// How many of its sessions are up, and how many there are to be, if it has any.
    pub sessions: Option<(usize, usize)>,
}

/// What is known of a provider.
#[derive(Debug, Default)]
pub(super) struct Health {
    pub(super) breaker: Breaker,
    pub(super) last_fault: Option<(String, UnixTime)>,
    /// Whether it took nothing of ours the last time: an operator has to see to it.
    pub(super) is_denied: bool,
    pub(super) last_hour: LastHour,
}

impl Health {
    /// A message was handed over, or not.
    pub(super) fn note<T>(&mut self, sent: &Result<T, SendError>, now: UnixTime) {
        self.last_hour.note(sent.is_ok(), now);
        self.is_denied = matches!(sent, Err(SendError::Denied(_)));
        match sent {
            Err(error) if error.is_fault() => {
                self.breaker.failed(now);
                self.last_fault = Some((error.to_string(), now));
            }
            _ => self.breaker.succeeded(),
        }
    }
}

/// Messages by the minute, for an hour.
#[derive(Debug)]
pub(super) struct LastHour([Minute; 60]);

#[derive(Debug, Clone, Copy, Default)]
struct Minute {
    since_1970: u64,
    taken: u64,
    asked: u64,
}

impl Default for LastHour {
    fn default() -> Self {
        Self([Minute::default(); 60])
    }
}

impl LastHour {
    fn note(&mut self, was_taken: bool, now: UnixTime) {
        let since_1970 = now / 60;
        #[allow(clippy::cast_possible_truncation)] // it is below 60
        let minute = &mut self.0[(since_1970 % 60) as usize];
        if minute.since_1970 != since_1970 {
            *minute = Minute { since_1970, ..Minute::default() };
        }
        minute.asked += 1;
        minute.taken += u64::from(was_taken);
    }

    /// How many messages were taken, and for how many it was asked.
    pub(super) fn counts(&self, now: UnixTime) -> (u64, u64) {
        let is_recent = |minute: &&Minute| minute.since_1970 + 60 > now / 60;
        let recent = self.0.iter().filter(is_recent);
        recent.fold((0, 0), |(taken, asked), minute| (taken + minute.taken, asked + minute.asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_later_nothing_is_left_of_the_hour() {
        let mut hour = LastHour::default();
        for second in 0..3_600 {
            hour.note(second % 4 != 0, 1_800_000_000 + second);
        }
        assert_eq!(hour.counts(1_800_003_599), (2_700, 3_600));
        assert_eq!(hour.counts(1_800_003_600), (2_655, 3_540), "the oldest minute went");
        hour.note(true, 1_800_003_600);
        assert_eq!(hour.counts(1_800_003_600), (2_656, 3_541));
        assert_eq!(hour.counts(1_800_010_000), (0, 0));
    }
}
