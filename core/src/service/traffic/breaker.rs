//! Stops a range of numbers whose codes are not being verified.

use serde::{Deserialize, Serialize};

use super::{
    BreakerPolicy, destination,
    reservation::Planned,
    span::{Counted, HOUR, MINUTE, Span},
};
use crate::{
    UnixTime,
    service::{
        AccountId, Key, KeyKind, Phone, Ports, SendScope, Service, ServiceError, Storage,
        limits::is_ahead, transact::Change,
    },
};

/// A range that was stopped. One that never was has no record.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::service) struct PrefixBreaker {
    pub(in crate::service) stopped_until: UnixTime,
    /// Messages that may still find out whether codes come back.
    pub(in crate::service) probes: u8,
    /// When the last of them went out.
    pub(in crate::service) probed_at: UnixTime,
}

impl PrefixBreaker {
    fn stopped_at(now: UnixTime) -> Self {
        Self { stopped_until: now.saturating_add(STOP), probes: PROBES, probed_at: now }
    }

    /// Whether one more message may go out, or when to ask again.
    fn admit(&mut self, now: UnixTime) -> Result<(), UnixTime> {
        if now < self.stopped_until {
            return Err(self.stopped_until);
        }
        if self.probes > 0 {
            (self.probes, self.probed_at) = (self.probes - 1, now);
            return Ok(());
        }
        let answered_by = self.probed_at.saturating_add(TIME_TO_ANSWER);
        if now < answered_by && !is_ahead(self.probed_at, now) {
            return Err(answered_by);
        }
        *self = Self::stopped_at(now);
        Err(self.stopped_until)
    }

    /// Whether a clock that ran ahead wrote it.
    fn is_ahead(&self, now: UnixTime) -> bool {
        is_ahead(self.stopped_until.saturating_sub(STOP), now)
    }

    fn lapses_at(&self) -> UnixTime {
        self.stopped_until.saturating_add(MEMORY)
    }
}

impl Service {
    /// What a send adds to those of its range: in the hour, and in the last minutes.
    pub(super) fn plan_breaker(
        &self,
        account: AccountId,
        phone: &Phone,
        now: UnixTime,
    ) -> [Planned; 2] {
        let subject = destination::prefix(phone).as_bytes();
        [HOUR, YOUNG].map(|length| {
            let (span, counted) = (Span::at(now, length), Counted::PrefixSends);
            let counter = self.counter(account, counted, subject, span);
            Planned::one(counter, counted, span)
        })
    }

    /// Lets a message through if the range of `phone` is open, where `in_hour` messages went to
    /// it in this hour and `young` in these minutes. Says whether it is one of the few that
    /// probe a range after a stop.
    pub(super) async fn pass_breaker<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        phone: &Phone,
        in_hour: u64,
        young: u64,
    ) -> Result<bool, ServiceError> {
        let Some(policy) = self.policy.traffic.breaker else { return Ok(false) };
        let stops = self.is_unanswered(ports, account, phone, policy, in_hour, young).await?;
        let key = self.breaker_key(account, phone);
        let admitted = self
            .transact(ports, &key, |breaker: Option<PrefixBreaker>, now| {
                let Some(mut breaker) = breaker.filter(|breaker| !breaker.is_ahead(now)) else {
                    if !stops {
                        return Ok(Change::Keep(Ok(false)));
                    }
                    let breaker = PrefixBreaker::stopped_at(now);
                    let (lapses_at, until) = (breaker.lapses_at(), breaker.stopped_until);
                    return Ok(Change::Put(breaker, Some(lapses_at), Err(until)));
                };
                let before = (breaker.stopped_until, breaker.probes);
                let admitted = breaker.admit(now).map(|()| breaker.probes < before.1);
                if before == (breaker.stopped_until, breaker.probes) {
                    return Ok(Change::Keep(admitted));
                }
                let lapses_at = breaker.lapses_at();
                Ok(Change::Put(breaker, Some(lapses_at), admitted))
            })
            .await?;
        let scope = SendScope::StoppedPrefix;
        admitted.map_err(|retry_at| ServiceError::SendLimit { scope, retry_at })
    }

    /// Opens the range if a code that was sent to probe it was verified.
    pub(super) async fn answer_breaker<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        phone: &Phone,
        sent_at: UnixTime,
    ) -> Result<(), ServiceError> {
        let key = self.breaker_key(account, phone);
        self.transact(ports, &key, |breaker: Option<PrefixBreaker>, _| {
            let was_probe = breaker.is_some_and(|breaker| sent_at >= breaker.stopped_until);
            Ok(if was_probe { Change::Remove(()) } else { Change::Keep(()) })
        })
        .await
    }

    /// A probe that did not go out can be made by another message.
    pub(super) async fn return_probe<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        phone: &Phone,
    ) -> Result<(), ServiceError> {
        let key = self.breaker_key(account, phone);
        self.transact(ports, &key, |breaker: Option<PrefixBreaker>, now| {
            let probing = breaker.filter(|breaker| now >= breaker.stopped_until);
            let Some(mut breaker) = probing.filter(|breaker| breaker.probes < PROBES) else {
                return Ok(Change::Keep(()));
            };
            breaker.probes += 1;
            let lapses_at = breaker.lapses_at();
            Ok(Change::Put(breaker, Some(lapses_at), ()))
        })
        .await
    }

    pub(super) fn verified_in_prefix(
        &self,
        account: AccountId,
        phone: &Phone,
        sent_at: UnixTime,
    ) -> crate::service::Counter {
        let subject = destination::prefix(phone).as_bytes();
        self.counter(account, Counted::PrefixVerified, subject, Span::at(sent_at, HOUR))
    }

    /// Too many messages of this hour, old enough to have been answered, were not.
    async fn is_unanswered<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        phone: &Phone,
        policy: BreakerPolicy,
        in_hour: u64,
        young: u64,
    ) -> Result<bool, ServiceError> {
        let mut old = in_hour.saturating_sub(young);
        if old < policy.sends {
            return Ok(false);
        }
        let now = ports.now();
        let (hour, minutes) = (Span::at(now, HOUR), Span::at(now, YOUNG));
        if now.saturating_sub(minutes.start()) < TIME_TO_ANSWER
            && let Some(before) = minutes.before(1).filter(|before| before.start() >= hour.start())
        {
            let subject = destination::prefix(phone).as_bytes();
            let before = self.counter(account, Counted::PrefixSends, subject, before);
            old = old.saturating_sub(ports.storage().add(&before, 0, now).await?);
        }
        if old < policy.sends {
            return Ok(false);
        }
        let verified = self.verified_in_prefix(account, phone, now);
        let verified = ports.storage().add(&verified, 0, now).await?;
        Ok(policy.verified.exceeds(verified, old))
    }

    fn breaker_key(&self, account: AccountId, phone: &Phone) -> Key {
        let prefix = destination::prefix(phone).as_bytes();
        Key::new(KeyKind::Breaker, account.0, self.keys.name(&[b"breaker", &account.0, prefix]))
    }
}

/// How long a range is stopped.
const STOP: u64 = HOUR;

/// Messages that may go out after it, of which one verified code opens the range: a fifth.
const PROBES: u8 = 5;

/// How long people take to verify a code.
const TIME_TO_ANSWER: u64 = 2 * MINUTE;

/// Messages are counted in stretches of this length, to leave out the young ones.
const YOUNG: u64 = 10 * MINUTE;

/// How long a stop is remembered: until then no more than probes go out.
const MEMORY: u64 = 24 * HOUR;
