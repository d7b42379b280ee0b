use alloc::{vec, vec::Vec};

use super::{
    AccountId, Channel, CodeLifetime, Key, OtpId, PortError, Ports, Sent, Service, ServiceError,
    SimSwap,
    records::{Challenge, ChallengeState, Envelope, RecipientRecord},
    reserve::Seat,
    send::{generate, longest_code, text_of},
    traffic::Reservation,
    transact::Change,
};
use crate::UnixTime;

impl Service {
    /// Sends a new code for a challenge, by the same or another channel that reaches it. The
    /// code before it is void. Lifetime and wrong codes stay as they are. What the send had to
    /// ask about the SIM is asked again, and may lead to another channel or to none.
    pub async fn resend<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        channel: Option<Channel>,
    ) -> Result<Sent, ServiceError> {
        let mut envelope = self.envelope(ports, account, otp_id).await?;
        let channel = channel.unwrap_or(envelope.passages.current().0);
        envelope.recipient_on(channel)?;
        let channels = from_channel(&envelope.channels, channel);
        let longest = longest_code(envelope.policy);
        for channel in &channels {
            text_of(&envelope, *channel, &longest, CodeLifetime::MAXIMUM)?;
        }
        let code = generate(ports, envelope.policy)?;
        let mac = self.code_mac(account, otp_id, &envelope, envelope.context.as_ref(), &code);
        let before = core::mem::replace(&mut envelope.message, self.message_id(&mac));
        let key = self.recipient_key(account, envelope.domain, &envelope.recipient);
        let renew = |record, now| self.renew(record, otp_id, mac, now);
        let (sim_swap, channels) =
            self.permitted_now(ports, account, &envelope, &channels, &key, renew).await?;
        let channel = channels.first().copied().unwrap_or(channel);

        let (renewal, mut sent) = self.renew_for(ports, account, &envelope, channel, renew).await?;
        sent.sim_swap = sim_swap;
        sent.channel = channel;
        let message = envelope.message;
        let begun = self
            .change_envelope(ports, account, otp_id, |found, now| {
                found.message = message;
                found.passages.begin(channel, now);
            })
            .await;
        if let Err(error) = begun {
            self.undo_renewal(ports, account, renewal).await.ok();
            return Err(error);
        }
        let challenge = &renewal.challenge;
        let handed_over =
            self.hand_over(ports, account, &envelope, &channels, challenge, &code).await;
        if handed_over == Err(ServiceError::Port(PortError::NotConfigured)) {
            self.change_envelope(ports, account, otp_id, |found, _| {
                found.message = before;
                found.passages.undo();
            })
            .await?;
            self.undo_renewal(ports, account, renewal).await?;
        }
        sent.delivery = self.note(ports, account, otp_id, message, channel, handed_over?).await;
        Ok(sent)
    }

    /// What is left of the channels: the SIM may have changed since the code was sent, and
    /// one that went round the SIM must not be followed by one that does not. Nobody is asked
    /// where the resend is refused anyway.
    async fn permitted_now<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        envelope: &Envelope,
        channels: &[Channel],
        key: &Key,
        renew: impl Fn(Option<RecipientRecord>, UnixTime) -> Result<Renewed, ServiceError>,
    ) -> Result<(Option<SimSwap>, Vec<Channel>), ServiceError> {
        let (policy, phone) = (envelope.sim_swap, envelope.phone());
        if policy.is_none() {
            return self.consult_sim_swap(ports, account, policy, phone, channels).await;
        }
        renew(self.read(ports, key).await?, ports.now())?;
        self.charge_account(ports, account).await?;
        let permitted = self.consult_sim_swap(ports, account, policy, phone, channels).await;
        if !matches!(permitted, Err(ServiceError::SimSwap { .. })) {
            self.refund_account(ports, account).await; // what goes out is counted by itself
        }
        permitted
    }

    /// Takes the place of the message under every limit and makes its code the challenge's, or
    /// does none of that and refuses. The recipient's place comes before what all share: of a
    /// storm of requests one gets it, and the others use up nothing of the account's.
    async fn renew_for<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        envelope: &Envelope,
        channel: Channel,
        renew: impl Fn(Option<RecipientRecord>, UnixTime) -> Result<Renewed, ServiceError>,
    ) -> Result<(Renewal, Sent), ServiceError> {
        let other = self.reserve_other(ports, account, envelope, channel).await?;
        let key = self.recipient_key(account, envelope.domain, &envelope.recipient);
        let renewed = self
            .transact(ports, &key, |record: Option<RecipientRecord>, now| {
                let (record, challenge, old_mac) = renew(record, now)?;
                let sent = self.sent(&record, &challenge, envelope, None, now);
                let lapses_at = self.lapse(&record, now);
                Ok(Change::Put(record, Some(lapses_at), (challenge, old_mac, now, sent)))
            })
            .await;
        let (challenge, old_mac, reserved_at, sent) = match renewed {
            Ok(renewed) => renewed,
            Err(error) => {
                self.give_other_back(ports, other).await;
                return Err(error);
            }
        };
        let traffic = Reservation::default();
        let mut renewal = Renewal { key, challenge, old_mac, reserved_at, other, traffic };
        match self.reserve_traffic(ports, account, envelope, channel).await {
            Ok(traffic) => renewal.traffic = traffic,
            Err(error) => {
                self.undo_renewal(ports, account, renewal).await.ok();
                return Err(error);
            }
        }
        Ok((renewal, sent))
    }

    /// Gives a live challenge another code, whose place among the sends it takes.
    /// Returns the MAC of the code before it too.
    fn renew(
        &self,
        record: Option<RecipientRecord>,
        otp_id: OtpId,
        mac: [u8; 32],
        now: UnixTime,
    ) -> Result<Renewed, ServiceError> {
        let mut record = record.ok_or(ServiceError::ChallengeNotFound)?;
        let challenge = record.challenge(otp_id)?;
        if challenge.state != ChallengeState::Live || self.is_expired(challenge, now) {
            return Err(ServiceError::ChallengeOver);
        }
        let old_mac = core::mem::replace(&mut challenge.mac, mac);
        let challenge = challenge.clone();
        self.reserve(&mut record, now)?;
        Ok((record, challenge, old_mac))
    }

    /// The new code could not be sent: what was taken for it is free, and the one before it
    /// stands again.
    async fn undo_renewal<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        renewal: Renewal,
    ) -> Result<(), ServiceError> {
        let Renewal { key, challenge: renewed, old_mac, reserved_at, other, traffic } = renewal;
        self.give_other_back(ports, other).await;
        self.give_back(ports, account, &traffic).await;
        self.transact(ports, &key, |record: Option<RecipientRecord>, now| {
            let mut record = record.ok_or(ServiceError::ChallengeNotFound)?;
            let challenge = record.challenge(renewed.id)?;
            if challenge.mac == renewed.mac {
                challenge.mac = old_mac;
            }
            record.free_seat(reserved_at);
            let lapses_at = self.lapse(&record, now);
            Ok(Change::Put(record, Some(lapses_at), ()))
        })
        .await
    }
}

/// A challenge with another code, its recipient's record, and the MAC of the code before it.
type Renewed = (RecipientRecord, Challenge, [u8; 32]);

/// A challenge that has another code, and what was taken of the limits for its message.
struct Renewal {
    /// Of the recipient's record.
    key: Key,
    challenge: Challenge,
    old_mac: [u8; 32],
    reserved_at: UnixTime,
    other: Option<Seat>,
    traffic: Reservation,
}

/// The channel that was asked for, and those that the request had after it.
fn from_channel(channels: &[Channel], first: Channel) -> Vec<Channel> {
    let at = channels.iter().position(|channel| *channel == first);
    at.map_or_else(|| vec![first], |at| channels[at..].to_vec())
}
