//! The ways of one message: the channel that it takes first, and those it takes when that
//! one fails. There is one challenge and one tally whatever the channel.

use super::{
    AccountId, Channel, DeliveryState, MessageId, OtpId, Ports, Service, ServiceError,
    challenge::envelope_key,
    records::{ChallengeState, Envelope, RecipientRecord},
    transact::Change,
};

impl Service {
    /// Whether the code in a message can still be accepted: its challenge may have been
    /// used, cancelled or erased while the message waited, and a resend makes another code.
    /// What is not wanted must not be sent.
    pub async fn is_wanted<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        message: MessageId,
    ) -> Result<bool, ServiceError> {
        let envelope = match self.envelope(ports, account, otp_id).await {
            Err(ServiceError::ChallengeNotFound) => return Ok(false),
            envelope => envelope?,
        };
        let key = self.recipient_key(account, envelope.domain, &envelope.recipient);
        let record: Option<RecipientRecord> = self.read(ports, &key).await?;
        let Some(mut record) = record else { return Ok(false) };
        let Ok(challenge) = record.challenge(otp_id) else { return Ok(false) };
        Ok(challenge.state == ChallengeState::Live
            && !self.is_expired(challenge, ports.now())
            && self.message_id(&challenge.mac) == message)
    }

    /// A message did not get through and is about to take `channel`: takes its place among
    /// what may be sent, as a send does, and notes it. Returns whether it may go that way: not
    /// if it has arrived or been there before, a resend has replaced it, or a limit is reached. Asking again
    /// before it is handed over changes nothing.
    ///
    /// # Errors
    /// [`ServiceError::ChallengeNotFound`]; [`ServiceError::Invalid`] for a channel that the
    /// request did not name.
    pub async fn fall_back<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        message: MessageId,
        channel: Channel,
    ) -> Result<bool, ServiceError> {
        let envelope = self.envelope(ports, account, otp_id).await?;
        match envelope.passages.state_on(channel) {
            _ if envelope.message != message => return Ok(false),
            _ if envelope.passages.current().1 == DeliveryState::Delivered => return Ok(false),
            None => {}
            Some(state) => return Ok(state == DeliveryState::Queued), // a crash came between
        }
        match self.reserve_fallback(ports, account, &envelope, channel).await {
            Ok(()) => {}
            Err(
                ServiceError::SendLimit { .. }
                | ServiceError::RecipientBlocked { .. }
                | ServiceError::DestinationNotAllowed { .. },
            ) => return Ok(false),
            Err(error) => return Err(error),
        }
        self.transact(ports, &envelope_key(account, otp_id), |found: Option<Envelope>, now| {
            let mut envelope = found.ok_or(ServiceError::ChallengeNotFound)?;
            if envelope.message != message {
                return Ok(Change::Keep(false));
            }
            if let Some(state) = envelope.passages.state_on(channel) {
                return Ok(Change::Keep(state == DeliveryState::Queued));
            }
            envelope.passages.turn(channel, now);
            let forgotten_at = self.forgotten_at(account, &envelope, now);
            Ok(Change::Put(envelope, Some(forgotten_at), true))
        })
        .await
    }

    /// The place of the recipient's first message was taken when the request came; another
    /// recipient has limits of its own.
    async fn reserve_fallback<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        envelope: &Envelope,
        channel: Channel,
    ) -> Result<(), ServiceError> {
        let place = self.reserve_other(ports, account, envelope, channel).await?;
        let reserved = self.reserve_traffic(ports, account, envelope, channel).await;
        if reserved.is_err() {
            self.give_other_back(ports, place).await;
        }
        reserved.map(drop)
    }
}
