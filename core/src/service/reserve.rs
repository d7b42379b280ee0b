//! The limit of a recipient: a place is taken before anything costs money, and given back
//! only where it is certain that nothing was sent. Those of all others are `traffic`'s.

use super::{
    AccountId, Channel, Key, Ports, SendScope, Service, ServiceError,
    limits::Gate,
    records::{Envelope, RecipientRecord},
    transact::Change,
};
use crate::UnixTime;

impl Service {
    /// The place of a message to the other recipient of a challenge, who has limits of
    /// their own; nothing if `channel` reaches the first one, whose place is taken already.
    pub(super) async fn reserve_other<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        envelope: &Envelope,
        channel: Channel,
    ) -> Result<Option<Seat>, ServiceError> {
        let recipient = envelope.recipient_on(channel)?;
        if *recipient == envelope.recipient {
            return Ok(None);
        }
        let key = self.recipient_key(account, envelope.domain, recipient);
        let reserved_at = self
            .transact(ports, &key, |record: Option<RecipientRecord>, now| {
                let mut record = record.unwrap_or_default();
                self.reserve(&mut record, now)?;
                let lapses_at = self.lapse(&record, now);
                Ok(Change::Put(record, Some(lapses_at), now))
            })
            .await?;
        Ok(Some(Seat { key, reserved_at }))
    }

    /// Best effort: if it fails, the other one can be sent one message less.
    pub(super) async fn give_other_back<P: Ports>(&self, ports: &P, seat: Option<Seat>) {
        let Some(Seat { key, reserved_at }) = seat else { return };
        self.change_recipient(ports, &key, |record| record.free_seat(reserved_at)).await.ok();
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

    /// Changes what is there of a recipient; nothing if nothing is.
    pub(super) async fn change_recipient<P: Ports>(
        &self,
        ports: &P,
        key: &Key,
        change: impl Fn(&mut RecipientRecord),
    ) -> Result<(), ServiceError> {
        self.transact(ports, key, |record: Option<RecipientRecord>, now| {
            let Some(mut record) = record else { return Ok(Change::Keep(())) };
            change(&mut record);
            if record == RecipientRecord::default() {
                return Ok(Change::Remove(())); // a storm of refusals leaves nothing behind
            }
            let lapses_at = self.lapse(&record, now);
            Ok(Change::Put(record, Some(lapses_at), ()))
        })
        .await
    }
}

/// The place of a message among those to a recipient.
pub(super) struct Seat {
    key: Key,
    reserved_at: UnixTime,
}

impl RecipientRecord {
    pub(super) fn free_seat(&mut self, reserved_at: UnixTime) {
        if let Some(seat) = self.sends.iter().position(|at| *at == reserved_at) {
            self.sends.remove(seat);
        }
    }
}
