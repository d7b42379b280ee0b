//! How far messages got, as their providers tell it. It decides nothing about codes.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Channel;
use crate::{ParameterError, UnixTime};

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DeliveryState {
    /// Waiting in the outbox.
    Queued,
    /// Taken by a provider.
    Sent,
    /// Reported as received.
    Delivered,
    /// Refused for good.
    Failed,
    /// Not sent in time, and dropped.
    Expired,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Queued, Self::Sent, Self::Delivered, Self::Failed, Self::Expired];

    /// The stable name of this state, the same in every language.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }

    /// Whether a report of this state tells more than `before`. Reports come late, twice
    /// and out of order; only a message that failed can still turn out to have arrived.
    fn follows(self, before: Self) -> bool {
        match before {
            Self::Queued => self != Self::Queued,
            Self::Sent => matches!(self, Self::Delivered | Self::Failed),
            Self::Failed | Self::Expired => self == Self::Delivered,
            Self::Delivered => false,
        }
    }
}

stable_words!(DeliveryState, code, ParameterError::DeliveryState);

/// A step of a message on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passage {
    /// Which message of the challenge: 0 is the first, each resend is one more.
    pub message: u16,
    /// How it travelled.
    pub channel: Channel,
    /// What it reached.
    pub state: DeliveryState,
    /// When.
    pub at: UnixTime,
}

/// The steps of all messages of a challenge, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Passages(Vec<Passage>);

impl Passages {
    pub(super) fn new(channel: Channel, at: UnixTime) -> Self {
        Self(alloc::vec![Passage { message: 0, channel, state: DeliveryState::Queued, at }])
    }

    /// Those of a single message of which nothing but its last state is known.
    pub(super) fn of_state(channel: Channel, state: DeliveryState, at: UnixTime) -> Self {
        Self(alloc::vec![Passage { message: 0, channel, state, at }])
    }

    /// Another message begins its way.
    pub(super) fn begin(&mut self, channel: Channel, at: UnixTime) {
        let message = self.message().saturating_add(1);
        self.push(Passage { message, channel, state: DeliveryState::Queued, at });
    }

    /// The present message goes another way, too.
    pub(super) fn turn(&mut self, channel: Channel, at: UnixTime) {
        self.push(Passage { message: self.message(), channel, state: DeliveryState::Queued, at });
    }

    /// How far the present message got on `channel`, if it went that way.
    pub(super) fn state_on(&self, channel: Channel) -> Option<DeliveryState> {
        self.last_of(channel).map(|passage| passage.state)
    }

    /// Takes the last message back: it never began.
    pub(super) fn undo(&mut self) {
        let message = self.message();
        self.0.retain(|passage| passage.message != message);
    }

    /// Notes what became of the present message on `channel`. Returns whether that is new.
    pub(super) fn note(&mut self, channel: Channel, state: DeliveryState, at: UnixTime) -> bool {
        if !self.state_on(channel).is_some_and(|before| state.follows(before)) {
            return false;
        }
        self.push(Passage { message: self.message(), channel, state, at });
        true
    }

    /// How the present message stands: by the channel that it arrived by, or else by the
    /// one it was last given to.
    pub(super) fn current(&self) -> (Channel, DeliveryState) {
        let message = self.message();
        let of_message = || self.0.iter().rev().filter(|passage| passage.message == message);
        let arrived = of_message().find(|passage| passage.state == DeliveryState::Delivered);
        let begun = of_message().find(|passage| passage.state == DeliveryState::Queued);
        let by = arrived.or(begun).or(self.0.last());
        let channel = by.map_or(Channel::Sms, |passage| passage.channel);
        (channel, self.state_on(channel).unwrap_or(DeliveryState::Queued))
    }

    /// When a message last began a way, as far as is known.
    pub(super) fn began_at(&self) -> Option<UnixTime> {
        let begun = self.0.iter().rev().find(|passage| passage.state == DeliveryState::Queued);
        begun.or(self.0.first()).map(|passage| passage.at)
    }

    pub(super) fn as_slice(&self) -> &[Passage] {
        &self.0
    }

    fn message(&self) -> u16 {
        self.0.last().map_or(0, |passage| passage.message)
    }

    fn last_of(&self, channel: Channel) -> Option<&Passage> {
        let message = self.message();
        let is_of = |passage: &&Passage| passage.message == message && passage.channel == channel;
        self.0.iter().rev().find(is_of)
    }

    fn push(&mut self, passage: Passage) {
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push(passage);
    }
}

/// Steps remembered of one challenge; without limits on sending, this bounds the record.
const MOST: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryState::{Delivered, Expired, Failed, Queued, Sent};

    #[test]
    fn a_report_that_comes_twice_late_or_out_of_order_changes_nothing() {
        let mut passages = Passages::new(Channel::Sms, 10);
        assert!(passages.note(Channel::Sms, Delivered, 12), "a receipt may overtake the answer");
        for state in [Queued, Sent, Delivered, Failed, Expired] {
            assert!(!passages.note(Channel::Sms, state, 13), "{state:?}");
        }
        assert_eq!(passages.current(), (Channel::Sms, Delivered));
        assert!(!passages.note(Channel::Voice, Delivered, 14), "it never went that way");
    }

    #[test]
    fn a_message_given_up_that_arrives_after_all_has_arrived() {
        let mut passages = Passages::new(Channel::Sms, 10);
        assert!(passages.note(Channel::Sms, Failed, 11));
        passages.turn(Channel::Voice, 11);
        assert_eq!(passages.current(), (Channel::Voice, Queued));
        assert!(passages.note(Channel::Voice, Sent, 12));
        assert_eq!(passages.current(), (Channel::Voice, Sent));
        assert!(passages.note(Channel::Sms, Delivered, 13));
        assert_eq!(passages.current(), (Channel::Sms, Delivered));
    }

    #[test]
    fn a_resend_is_another_message_and_can_be_taken_back() {
        let mut passages = Passages::new(Channel::Sms, 10);
        assert!(passages.note(Channel::Sms, Delivered, 11));
        passages.begin(Channel::Sms, 40);
        assert_eq!(passages.current(), (Channel::Sms, Queued));
        assert!(passages.note(Channel::Sms, Sent, 41));
        passages.undo();
        assert_eq!(passages.current(), (Channel::Sms, Delivered));
    }

    #[test]
    fn the_steps_of_a_challenge_stay_few() {
        let mut passages = Passages::new(Channel::Sms, 0);
        (1..1_000).for_each(|at| passages.begin(Channel::Email, at));
        assert_eq!(passages.as_slice().len(), MOST);
        assert_eq!(passages.current(), (Channel::Email, Queued));
    }
}
