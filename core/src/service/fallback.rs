//! The ways of one message: the channel that it takes first, and those it takes when that
//! one fails. There is one challenge and one tally whatever the channel.

use super::{
    AccountId, Channel, DeliveryState, MessageId, OtpId, Ports, Service, ServiceError,
    challenge::envelope_key, records::Envelope, reserve::Seat, traffic::Reservation,
    transact::Change,
};
use crate::ParameterError;

/// Whether a message that did not get through may go another way.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Way {
    /// It may go this way: its place is taken, and noted.
    Open,
    /// Not this way, for this reason: a limit is reached, or the recipient is blocked or out of
    /// reach. Another may be open.
    Closed(ServiceError),
    /// Not this way, where it has been before. Another may be open.
    Taken,
    /// No way any more: it has arrived.
    Arrived,
    /// No way any more, unless the resend that replaced it is taken back.
    Replaced,
}

impl Way {
    /// The stable name of this answer, the same in every language.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed(_) => "closed",
            Self::Taken => "taken",
            Self::Arrived => "arrived",
            Self::Replaced => "replaced",
        }
    }
}

impl Service {
    /// A message did not get through and is about to take `channel`: takes its place among
    /// what may be sent, as a send does, and notes it. Asking again before it is handed over
    /// costs nothing again, unless a crash or the store came between the place and the note: then
    /// the message counts twice.
    ///
    /// # Errors
    /// [`ServiceError::ChallengeNotFound`]; [`ServiceError::Invalid`] for a channel that the
    /// request did not name, or that was left out to go round a SIM.
    pub async fn fall_back<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        message: MessageId,
        channel: Channel,
    ) -> Result<Way, ServiceError> {
        let envelope = self.envelope(ports, account, otp_id).await?;
        if let Some(way) = way(&envelope, message, channel) {
            return Ok(way);
        }
        if !envelope.channels.contains(&channel) {
            return Err(ServiceError::invalid("channel", ParameterError::Channel));
        }
        let reserved = match self.reserve_fallback(ports, account, &envelope, channel).await {
            Ok(reserved) => reserved,
            Err(
                limit @ (ServiceError::SendLimit { .. }
                | ServiceError::RecipientBlocked { .. }
                | ServiceError::DestinationNotAllowed { .. }),
            ) => return Ok(Way::Closed(limit)),
            Err(error) => return Err(error),
        };
        let turned = self.turn(ports, account, otp_id, message, channel).await;
        if matches!(turned, Ok(Err(_)) | Err(ServiceError::ChallengeNotFound)) {
            self.give_other_back(ports, reserved.0).await;
            self.give_back(ports, account, &reserved.1).await;
        }
        turned.map(|turned| turned.err().unwrap_or(Way::Open))
    }

    /// Notes that a message takes another way; or, as the error, what has come between meanwhile.
    async fn turn<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        message: MessageId,
        channel: Channel,
    ) -> Result<Result<(), Way>, ServiceError> {
        self.transact(ports, &envelope_key(account, otp_id), |found: Option<Envelope>, now| {
            let mut envelope = found.ok_or(ServiceError::ChallengeNotFound)?;
            if let Some(way) = way(&envelope, message, channel) {
                return Ok(Change::Keep(Err(way)));
            }
            envelope.passages.turn(channel, now);
            let forgotten_at = self.forgotten_at(account, &envelope, now);
            Ok(Change::Put(envelope, Some(forgotten_at), Ok(())))
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
    ) -> Result<(Option<Seat>, Reservation), ServiceError> {
        let seat = self.reserve_other(ports, account, envelope, channel).await?;
        match self.reserve_traffic(ports, account, envelope, channel).await {
            Ok(reservation) => Ok((seat, reservation)),
            Err(error) => {
                self.give_other_back(ports, seat).await;
                Err(error)
            }
        }
    }
}

/// What is known of a way before its place is taken; `None` if nothing speaks against it.
fn way(envelope: &Envelope, message: MessageId, channel: Channel) -> Option<Way> {
    if envelope.message != message {
        return Some(Way::Replaced);
    }
    if envelope.passages.current().1 == DeliveryState::Delivered {
        return Some(Way::Arrived);
    }
    match envelope.passages.state_on(channel)? {
        DeliveryState::Queued => Some(Way::Open), // a crash came between
        _ => Some(Way::Taken),
    }
}
