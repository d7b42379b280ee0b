use alloc::{string::String, vec::Vec};

use subtle::ConstantTimeEq;

use super::{
    AccountId, Channel, DeliveryState, DomainId, Key, KeyKind, MessageId, OtpId, Outcome, Passage,
    Ports, Recipient, Service, ServiceError, TransactionContext,
    limits::{Gate, is_ahead},
    records::{Challenge, ChallengeState, Envelope, RecipientRecord},
    transact::Change,
};
use crate::{ParameterError, RandomCode, UnixTime};

/// A challenge as the application may see it. No code, and of the recipient no more than the
/// country.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "open-views"), non_exhaustive)]
pub struct ChallengeView {
    /// How it stands.
    pub status: ChallengeStatus,
    /// How the last message travels.
    pub channel: Channel,
    /// The calling code of the number that its messages go to, such as `+44`, if they go to
    /// one by any of its channels.
    pub calling_code: Option<String>,
    /// How far that message got.
    pub delivery: DeliveryState,
    /// The steps of all its messages, oldest first.
    pub passages: Vec<Passage>,
    /// When the challenge was created.
    pub created_at: UnixTime,
    /// The second from which its code is void.
    pub expires_at: UnixTime,
    /// Wrong codes left.
    pub attempts_left: u16,
}

impl ChallengeView {
    /// Whether its last message did not get through by any way, and its code is still waited
    /// for, or was until it expired. A code that was used or voided is missed by nobody.
    pub fn has_reached_nobody(&self) -> bool {
        let is_waited_for =
            matches!(self.status, ChallengeStatus::Pending | ChallengeStatus::Expired);
        is_waited_for && matches!(self.delivery, DeliveryState::Failed | DeliveryState::Expired)
    }
}

/// How a challenge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChallengeStatus {
    /// Its code can be verified.
    Pending,
    /// Its code was accepted.
    Verified,
    /// It was cancelled.
    Cancelled,
    /// Its time is over.
    Expired,
    /// It has seen its wrong codes, or a code for another transaction.
    Exhausted,
}

impl ChallengeStatus {
    /// The stable name of this status, the same in every language.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Verified => "verified",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
        }
    }
}

impl Service {
    /// Verifies a code that was sent. `context` must be that of the challenge: a
    /// code approves one transaction, and any other makes it void.
    ///
    /// # Errors
    /// [`ServiceError::ChallengeNotFound`]; [`ServiceError::Invalid`] without the context of
    /// a challenge that has one.
    pub async fn verify<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        code: &str,
        context: Option<&TransactionContext>,
    ) -> Result<Outcome, ServiceError> {
        let envelope = self.envelope(ports, account, otp_id).await?;
        if envelope.context.is_some() && context.is_none() {
            return Err(ServiceError::invalid("context", ParameterError::Context));
        }
        let Some(code) = envelope.policy.normalise(code) else { return Ok(Outcome::Malformed) };
        let mac = self.code_mac(account, otp_id, &envelope, context, &code);
        let other_context = envelope.context.as_ref() != context;
        let key = self.recipient_key(account, envelope.domain, &envelope.recipient);
        let outcome = self
            .transact(ports, &key, |record: Option<RecipientRecord>, now| {
                let mut record = record.ok_or(ServiceError::ChallengeNotFound)?;
                let outcome = self.judge_sent(&mut record, otp_id, &mac, other_context, now)?;
                if !outcome.is_recorded() {
                    return Ok(Change::Keep(outcome));
                }
                ports.judged(&outcome);
                let lapses_at = self.lapse(&record, now);
                Ok(Change::Put(record, Some(lapses_at), outcome))
            })
            .await?;
        if outcome == Outcome::Accepted {
            self.count_verified(ports, account, &envelope).await;
        }
        Ok(outcome)
    }

    /// Voids a challenge. Whether it was used before is not undone.
    pub async fn cancel<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
    ) -> Result<(), ServiceError> {
        let envelope = self.envelope(ports, account, otp_id).await?;
        let key = self.recipient_key(account, envelope.domain, &envelope.recipient);
        self.transact(ports, &key, |record: Option<RecipientRecord>, now| {
            let mut record = record.ok_or(ServiceError::ChallengeNotFound)?;
            let challenge = record.challenge(otp_id)?;
            match challenge.state {
                ChallengeState::Cancelled => return Ok(Change::Keep(())),
                ChallengeState::Live => challenge.state = ChallengeState::Cancelled,
                _ => return Err(ServiceError::ChallengeOver),
            }
            let lapses_at = self.lapse(&record, now);
            Ok(Change::Put(record, Some(lapses_at), ()))
        })
        .await
    }

    /// How a challenge and its last message stand.
    pub async fn view_challenge<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
    ) -> Result<ChallengeView, ServiceError> {
        let envelope = self.envelope(ports, account, otp_id).await?;
        let key = self.recipient_key(account, envelope.domain, &envelope.recipient);
        let record: Option<RecipientRecord> = self.read(ports, &key).await?;
        let mut record = record.ok_or(ServiceError::ChallengeNotFound)?;
        let challenge = record.challenge(otp_id)?.clone();
        let now = ports.now();
        let status = match challenge.state {
            ChallengeState::Used => ChallengeStatus::Verified,
            ChallengeState::Cancelled => ChallengeStatus::Cancelled,
            ChallengeState::Exhausted => ChallengeStatus::Exhausted,
            ChallengeState::Live if self.is_expired(&challenge, now) => ChallengeStatus::Expired,
            ChallengeState::Live => ChallengeStatus::Pending,
        };
        let (channel, delivery) = envelope.passages.current();
        Ok(ChallengeView {
            status,
            channel,
            calling_code: envelope.phone().map(|phone| phone.country_code().into()),
            delivery,
            passages: envelope.passages.as_slice().to_vec(),
            created_at: challenge.created_at,
            expires_at: challenge.expires_at,
            attempts_left: self.attempts_left(&record, &challenge, now),
        })
    }

    /// Records what a provider reports of a message. It reaches the envelope only,
    /// which decides nothing about codes, and never goes back a state. Returns whether it
    /// was news: not what comes twice or too late, or is of a message that a resend has
    /// replaced.
    pub async fn delivery_report<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        message: MessageId,
        channel: Channel,
        state: DeliveryState,
    ) -> Result<bool, ServiceError> {
        let key = envelope_key(account, otp_id);
        self.transact(ports, &key, |envelope: Option<Envelope>, now| {
            let mut envelope = envelope.ok_or(ServiceError::ChallengeNotFound)?;
            if envelope.message != message || !envelope.passages.note(channel, state, now) {
                return Ok(Change::Keep(false));
            }
            let forgotten_at = self.forgotten_at(account, &envelope, now);
            Ok(Change::Put(envelope, Some(forgotten_at), true))
        })
        .await
    }

    /// The one place where a sent code is judged.
    fn judge_sent(
        &self,
        record: &mut RecipientRecord,
        otp_id: OtpId,
        mac: &[u8; 32],
        other_context: bool,
        now: UnixTime,
    ) -> Result<Outcome, ServiceError> {
        let attempts = &self.policy.attempts;
        let gate = record.tally.gate(now, attempts);
        let challenge = record.challenge(otp_id)?;
        match challenge.state {
            ChallengeState::Live => {}
            ChallengeState::Used => return Ok(Outcome::Replayed), // a retry, not a guess
            ChallengeState::Cancelled => return Ok(Outcome::Cancelled),
            ChallengeState::Exhausted => return Ok(Outcome::Exhausted),
        }
        if self.is_expired(challenge, now) {
            return Ok(Outcome::Expired);
        }
        match gate {
            Gate::Open => {}
            Gate::Blocked { until } => return Ok(Outcome::Blocked { until }),
            Gate::Disabled => return Ok(Outcome::Disabled),
        }
        if other_context {
            challenge.state = ChallengeState::Exhausted;
            record.tally.fail(now, attempts);
            return Ok(Outcome::ContextMismatch);
        }
        if bool::from(challenge.mac.ct_eq(mac)) {
            challenge.state = ChallengeState::Used;
            record.tally.clear();
            return Ok(Outcome::Accepted);
        }
        challenge.attempts += 1;
        if challenge.attempts >= attempts.per_block() {
            challenge.state = ChallengeState::Exhausted;
        }
        let challenge = challenge.clone();
        record.tally.fail(now, attempts);
        Ok(Outcome::Mismatch { attempts_left: self.attempts_left(record, &challenge, now) })
    }

    pub(super) fn attempts_left(
        &self,
        record: &RecipientRecord,
        challenge: &Challenge,
        now: UnixTime,
    ) -> u16 {
        let attempts = &self.policy.attempts;
        if challenge.state != ChallengeState::Live || self.is_expired(challenge, now) {
            return 0;
        }
        let of_challenge = attempts.per_block().saturating_sub(challenge.attempts);
        of_challenge.min(record.tally.attempts_left(now, attempts))
    }

    /// Besides its time: a challenge from before a restore may have been used since
    /// its backup, and one from a clock that ran ahead would outlive its lifetime.
    pub(super) fn is_expired(&self, challenge: &Challenge, now: UnixTime) -> bool {
        let floor = self.replay_floor;
        now >= challenge.expires_at
            || is_ahead(challenge.created_at, now)
            || (floor > 0 && challenge.created_at <= floor)
    }

    /// When a recipient's record is no longer needed.
    pub(super) fn lapse(&self, record: &RecipientRecord, now: UnixTime) -> UnixTime {
        let tally = if record.tally.failures > 0 { TALLY_RETENTION } else { 0 };
        let keep = DAY.max(self.policy.sends.memory()).max(tally);
        now.saturating_add(keep)
    }

    /// Binds a code to everything it was made for.
    pub(super) fn code_mac(
        &self,
        account: AccountId,
        otp_id: OtpId,
        envelope: &Envelope,
        context: Option<&TransactionContext>,
        code: &RandomCode,
    ) -> [u8; 32] {
        let context = context.map(TransactionContext::canonical_bytes).unwrap_or_default();
        self.keys.code_mac(&[
            &account.0,
            &envelope.domain.0,
            &otp_id.0,
            envelope.recipient.canonical().as_bytes(),
            &context,
            code.expose().as_bytes(),
        ])
    }

    pub(super) fn recipient_key(
        &self,
        account: AccountId,
        domain: DomainId,
        recipient: &Recipient,
    ) -> Key {
        let canonical = recipient.canonical();
        let name = self.keys.name(&[b"recipient", &account.0, &domain.0, canonical.as_bytes()]);
        Key::new(KeyKind::Recipient, domain.0, name)
    }

    pub(super) async fn envelope<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
    ) -> Result<Envelope, ServiceError> {
        let envelope = self.read(ports, &envelope_key(account, otp_id)).await?;
        envelope.ok_or(ServiceError::ChallengeNotFound)
    }

    pub(super) async fn put_envelope<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        envelope: &Envelope,
    ) -> Result<(), ServiceError> {
        self.transact(ports, &envelope_key(account, otp_id), |_: Option<Envelope>, now| {
            let forgotten_at = self.forgotten_at(account, envelope, now);
            Ok(Change::Put(envelope.clone(), Some(forgotten_at), ()))
        })
        .await
    }

    /// Notes that a message is about to travel, before it does: a report of it
    /// then always finds its own message and never an older state.
    pub(super) async fn change_envelope<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        mut change: impl FnMut(&mut Envelope, UnixTime),
    ) -> Result<(), ServiceError> {
        self.transact(ports, &envelope_key(account, otp_id), |envelope: Option<Envelope>, now| {
            let mut envelope = envelope.ok_or(ServiceError::ChallengeNotFound)?;
            change(&mut envelope, now);
            let forgotten_at = self.forgotten_at(account, &envelope, now);
            Ok(Change::Put(envelope, Some(forgotten_at), ()))
        })
        .await
    }

    /// Names a message by the MAC of its code, and tells nothing about it.
    pub(super) fn message_id(&self, mac: &[u8; 32]) -> MessageId {
        MessageId(self.keys.name(&[b"message", mac]))
    }
}

impl RecipientRecord {
    pub(super) fn challenge(&mut self, otp_id: OtpId) -> Result<&mut Challenge, ServiceError> {
        let found = self.challenges.iter_mut().find(|challenge| challenge.id == otp_id);
        found.ok_or(ServiceError::ChallengeNotFound)
    }

    /// Drops what no limit and no answer needs any more.
    pub(super) fn forget(&mut self, now: UnixTime, memory: u64) {
        self.sends.retain(|at| now < at.saturating_add(memory) && !is_ahead(*at, now));
        self.challenges.retain(|challenge| {
            let at = challenge.created_at;
            now < at.saturating_add(DAY) && !is_ahead(at, now)
        });
        // Without limits on sending, this one bounds the record.
        let excess = self.challenges.len().saturating_sub(MAXIMUM_CHALLENGES - 1);
        self.challenges.drain(..excess);
        self.mentions.retain(|(_, at)| now < at.saturating_add(DAY) && !is_ahead(*at, now));
        let excess = self.mentions.len().saturating_sub(MAXIMUM_CHALLENGES - 1);
        self.mentions.drain(..excess);
    }
}

/// Challenges remembered of one recipient; the oldest make way.
const MAXIMUM_CHALLENGES: usize = 64;

/// No challenge is remembered longer.
const DAY: u64 = 86_400;

/// A year: how long wrong codes are remembered. They must outlive every challenge,
/// or waiting would give guesses back.
const TALLY_RETENTION: u64 = 365 * 86_400;

pub(super) fn envelope_key(account: AccountId, otp_id: OtpId) -> Key {
    Key::new(KeyKind::Envelope, account.0, otp_id.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ChallengeStatus::{Cancelled, Exhausted, Expired, Pending, Verified};

    #[test]
    fn a_message_that_failed_reached_nobody_while_its_code_is_waited_for() {
        let has_reached_nobody = |status, delivery| {
            let view = ChallengeView {
                status,
                channel: Channel::Sms,
                calling_code: None,
                delivery,
                passages: Vec::new(),
                created_at: 0,
                expires_at: 300,
                attempts_left: 0,
            };
            view.has_reached_nobody()
        };
        let statuses = [Pending, Expired, Verified, Cancelled, Exhausted];
        for (delivery, expected) in [
            (DeliveryState::Queued, [false; 5]),
            (DeliveryState::Sent, [false; 5]),
            (DeliveryState::Delivered, [false; 5]),
            (DeliveryState::Failed, [true, true, false, false, false]),
            (DeliveryState::Expired, [true, true, false, false, false]),
        ] {
            let found = statuses.map(|status| has_reached_nobody(status, delivery));
            assert_eq!(found, expected, "{delivery:?}");
        }
    }
}
