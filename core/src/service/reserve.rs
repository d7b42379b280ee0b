//! The limits on sending: a place is taken before anything costs money, and given back
//! only where it is certain that nothing was sent.

use super::{
    AccountId, Counter, Key, KeyKind, OtpId, Ports, SendScope, Service, ServiceError, Storage,
    limits::Gate, records::RecipientRecord, transact::Change,
};
use crate::UnixTime;

impl Service {
    /// Takes one of the messages that an account may send today. Returns what counts
    /// them, for [`give_account_send_back`](Self::give_account_send_back).
    pub(super) async fn reserve_account_send<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
    ) -> Result<Counter, ServiceError> {
        const DAY: u64 = 86_400;
        let now = ports.now();
        let day = now / DAY;
        let expires_at = (day + 1).saturating_mul(DAY);
        let name = self.keys.name(&[b"sends", &day.to_le_bytes()]);
        let counter = Counter { key: Key::new(KeyKind::Counter, account.0, name), expires_at };
        let sends = ports.storage().add(&counter, 1, now).await?;
        if sends > self.policy.sends.per_account_and_day {
            return Err(ServiceError::SendLimit {
                scope: SendScope::Account,
                retry_at: expires_at,
            });
        }
        Ok(counter)
    }

    /// Best effort: if it fails, the account can send one message less today.
    pub(super) async fn give_account_send_back<P: Ports>(&self, ports: &P, counter: &Counter) {
        ports.storage().add(counter, -1, ports.now()).await.ok();
    }

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

impl RecipientRecord {
    pub(super) fn free_place(&mut self, reserved_at: UnixTime) {
        if let Some(place) = self.sends.iter().position(|at| *at == reserved_at) {
            self.sends.remove(place);
        }
    }
}
