//! How long messages take: remembered for those under way, and for no longer than the process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use keyfob::service::{Channel, OtpId};

/// Messages that are remembered. With more under way the oldest are not timed.
const MOST: usize = 65_536;

/// When messages were asked for and who took them.
#[derive(Debug, Default)]
pub(crate) struct Journeys(Mutex<Table>);

/// A part of a message's way, and how long it took.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Leg {
    pub(crate) channel: Channel,
    pub(crate) provider: String,
    pub(crate) took: Duration,
}

#[derive(Debug, Default)]
struct Table {
    journeys: HashMap<OtpId, Journey>,
    order: VecDeque<OtpId>,
}

#[derive(Debug)]
struct Journey {
    asked: Instant,
    handed: Option<Handed>,
}

#[derive(Debug)]
struct Handed {
    at: Instant,
    channel: Channel,
    provider: String,
    arrived: bool,
}

impl Journeys {
    /// A message was asked for; one before it of the same challenge does not matter any more.
    pub(crate) fn asked(&self, otp_id: OtpId) {
        let mut table = self.lock();
        let journey = Journey { asked: Instant::now(), handed: None };
        if table.journeys.insert(otp_id, journey).is_none() {
            table.order.push_back(otp_id);
        }
        if table.order.len() > MOST
            && let Some(oldest) = table.order.pop_front()
        {
            table.journeys.remove(&oldest);
        }
    }

    /// A provider took it. How long that was after it was asked for.
    pub(crate) fn handed(
        &self,
        otp_id: OtpId,
        channel: Channel,
        provider: &str,
    ) -> Option<Duration> {
        let mut table = self.lock();
        let journey = table.journeys.get_mut(&otp_id)?;
        let at = Instant::now();
        let provider = provider.to_owned();
        journey.handed = Some(Handed { at, channel, provider, arrived: false });
        Some(at.duration_since(journey.asked))
    }

    /// The provider says that it arrived by this channel. How long that was after it took it.
    pub(crate) fn arrived(&self, otp_id: OtpId, by: Channel) -> Option<Leg> {
        let mut table = self.lock();
        let handed = table.journeys.get_mut(&otp_id)?.handed.as_mut()?;
        if handed.arrived || handed.channel != by {
            return None;
        }
        handed.arrived = true;
        Some(handed.leg())
    }

    /// Its code was accepted. How long that was after a provider took it.
    pub(crate) fn verified(&self, otp_id: OtpId) -> Option<Leg> {
        let journey = self.lock().journeys.remove(&otp_id)?;
        Some(journey.handed?.leg())
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handed {
    fn leg(&self) -> Leg {
        let (channel, provider) = (self.channel, self.provider.clone());
        Leg { channel, provider, took: self.at.elapsed() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_timed_once_and_the_one_before_a_resend_never() {
        let (journeys, id) = (Journeys::default(), OtpId([1; 16]));
        assert!(journeys.handed(id, Channel::Sms, "smsc").is_none(), "nobody asked for it");
        journeys.asked(id);
        assert!(journeys.handed(id, Channel::Sms, "smsc").is_some());
        journeys.asked(id);
        assert_eq!(journeys.arrived(id, Channel::Sms), None, "another message is under way");
        assert!(journeys.handed(id, Channel::Sms, "other").is_some());
        assert_eq!(journeys.arrived(id, Channel::Voice), None);
        assert_eq!(journeys.arrived(id, Channel::Sms).unwrap().provider, "other");
        assert_eq!(journeys.arrived(id, Channel::Sms), None, "receipts come twice");
        assert!(journeys.verified(id).is_some() && journeys.verified(id).is_none());
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let journeys = Journeys::default();
        for number in 0..MOST as u128 + 100 {
            journeys.asked(OtpId(number.to_be_bytes()));
        }
        let table = journeys.lock();
        assert_eq!((table.journeys.len(), table.order.len()), (MOST, MOST));
        assert!(!table.journeys.contains_key(&OtpId([0; 16])), "the oldest went");
    }
}
