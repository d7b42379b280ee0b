//! What a send takes of every limit before it costs anything, and gives back if nothing goes out.

use super::{
    AccountId, Channel, Key, OtpId, Ports, Service, ServiceError, challenge::envelope_key,
    records::Envelope, reserve::Place, send::no_channel, traffic::Reservation,
};
use crate::UnixTime;

/// What was taken of the limits for a message, and for which challenge.
pub(super) struct Held {
    pub(super) account: AccountId,
    pub(super) otp_id: OtpId,
    /// Of the recipient's record.
    pub(super) key: Key,
    reserved_at: UnixTime,
    traffic: Reservation,
    /// Whose recipient's limits `traffic` is of.
    channel: Channel,
}

impl Service {
    /// Takes the place of one message under every limit, or of none of them and refuses.
    pub(super) async fn hold<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        envelope: &Envelope,
    ) -> Result<Held, ServiceError> {
        let channel = *envelope.channels.first().ok_or_else(no_channel)?;
        let key = self.recipient_key(account, envelope.domain, &envelope.recipient);
        let reserved_at = self.reserve_recipient_send(ports, &key).await?;
        match self.reserve_traffic(ports, account, envelope, channel).await {
            Ok(traffic) => Ok(Held { account, otp_id, key, reserved_at, traffic, channel }),
            Err(error) => {
                self.take_back(ports, &key, otp_id, reserved_at).await.ok();
                Err(error)
            }
        }
    }

    /// Nothing was sent: what was reserved is free again, and the challenge is gone.
    pub(super) async fn let_go<P: Ports>(
        &self,
        ports: &P,
        held: &Held,
    ) -> Result<(), ServiceError> {
        self.take_back(ports, &held.key, held.otp_id, held.reserved_at).await?;
        self.give_back(ports, &held.traffic).await;
        self.remove(ports, &envelope_key(held.account, held.otp_id)).await
    }

    /// What is held moves to the limits of whom `channel` reaches, if that is another one.
    pub(super) async fn hold_for<P: Ports>(
        &self,
        ports: &P,
        held: &mut Held,
        envelope: &Envelope,
        channel: Channel,
    ) -> Result<Option<Place>, ServiceError> {
        if envelope.recipient_on(channel)? != envelope.recipient_on(held.channel)? {
            let elsewhere = core::mem::take(&mut held.traffic);
            self.give_back(ports, &elsewhere).await;
            held.traffic = self.reserve_traffic(ports, held.account, envelope, channel).await?;
            held.channel = channel;
        }
        self.reserve_other(ports, held.account, envelope, channel).await
    }
}
