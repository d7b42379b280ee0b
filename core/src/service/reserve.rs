//! The limit of a recipient: a place is taken before anything costs money, and given back
//! only where it is certain that nothing was sent. Those of all others are `traffic`'s.

use super::{
    AccountId, Channel, Key, OtpId, Ports, SendScope, Service, ServiceError,
    limits::Gate,
    records::{Envelope, RecipientRecord},
    transact::Change,
};
use crate::UnixTime;

impl Service {
    pub(super) async fn reserve_recipient_send<P: Ports>(
        &self,
        ports: &P,
        key: &Key,
    ) -> Result<UnixTime, ServiceError> {
        self.transact(ports, key, |record: Option<RecipientRecord>, now| {
            let mut record = record.unwrap_or_default();
            self.reserve(&mut record, now)?;
            let lapses_at = self.lapse(&record, now);
            Ok(Change::Put(record, Some(lapses_at), now))
        })
        .await
    }

    /// The place of a message to the other recipient of a challenge, who has limits of
    /// their own; nothing if `channel` reaches the first one, whose place is taken already.
    pub(super) async fn reserve_other<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        envelope: &Envelope,
        channel: Channel,
    ) -> Result<Option<Place>, ServiceError> {
        let recipient = envelope.recipient_on(channel)?;
        if *recipient == envelope.recipient {
            return Ok(None);
        }
        let key = self.recipient_key(account, envelope.domain, recipient);
        let reserved_at = self.reserve_recipient_send(ports, &key).await?;
        Ok(Some(Place { key, reserved_at }))
    }

    /// Best effort: if it fails, the other one can be sent one message less.
    pub(super) async fn give_other_back<P: Ports>(&self, ports: &P, place: Option<Place>) {
        let Some(Place { key, reserved_at }) = place else { return };
        let freed = self.transact(ports, &key, |record: Option<RecipientRecord>, now| {
            let Some(mut record) = record else { return Ok(Change::Keep(())) };
            record.free_place(reserved_at);
            let lapses_at = self.lapse(&record, now);
            Ok(Change::Put(record, Some(lapses_at), ()))
        });
        freed.await.ok();
    }

    /// Takes the place of one message in every window, or refuses.
    pub(super) fn reserve(
        &self,
        record: &mut RecipientRecord,
        now: UnixTime,
    ) -> Result<(), ServiceError> {
        match record.tally.gate(now, &self.policy.attempts) {
            Gate::Open => {}
            Gate::Blocked { until } => {
                return Err(ServiceError::RecipientBlocked { until: Some(until) });
            }
            Gate::Disabled => return Err(ServiceError::RecipientBlocked { until: None }),
        }
        record.forget(now, self.policy.sends.memory());
        let open_at = self.policy.sends.open_at(&record.sends, now);
        if now < open_at {
            return Err(ServiceError::SendLimit { scope: SendScope::Recipient, retry_at: open_at });
        }
        record.sends.push(now);
        record.sends.sort_unstable(); // the clock may have been corrected by a second
        Ok(())
    }

    /// Nothing could be sent: the challenge is void and its place is free again.
    pub(super) async fn take_back<P: Ports>(
        &self,
        ports: &P,
        key: &Key,
        otp_id: OtpId,
        reserved_at: UnixTime,
    ) -> Result<(), ServiceError> {
        self.transact(ports, key, |record: Option<RecipientRecord>, now| {
            let Some(mut record) = record else { return Ok(Change::Keep(())) };
            record.challenges.retain(|challenge| challenge.id != otp_id);
            record.free_place(reserved_at);
            let lapses_at = self.lapse(&record, now);
            Ok(Change::Put(record, Some(lapses_at), ()))
        })
        .await
    }
}

/// A place among the messages to a recipient.
pub(super) struct Place {
    key: Key,
    reserved_at: UnixTime,
}

impl RecipientRecord {
    pub(super) fn free_place(&mut self, reserved_at: UnixTime) {
        if let Some(place) = self.sends.iter().position(|at| *at == reserved_at) {
            self.sends.remove(place);
        }
    }
}
