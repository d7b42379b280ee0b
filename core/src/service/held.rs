//! What a send takes of every limit before it costs anything, and gives back if nothing goes out.

use super::{
    AccountId, Channel, Key, OtpId, Ports, Sent, Service, ServiceError,
    challenge::envelope_key,
    records::{Challenge, ChallengeState, Envelope, RecipientRecord},
    reserve::Seat,
    send::no_channel,
    traffic::Reservation,
    transact::Change,
};

/// What was taken of the limits for a message, and for which challenge.
pub(super) struct Held {
    pub(super) account: AccountId,
    pub(super) challenge: Challenge,
    /// Of the recipient's record.
    key: Key,
    traffic: Reservation,
    /// Whose recipient's limits `traffic` is of.
    channel: Channel,
}

impl Service {
    /// Takes the place of one message under every limit and makes the challenge durable, or
    /// does none of that and refuses. The recipient comes first: of a storm of requests for one
    /// recipient one gets further, and the others use up nothing of what all may send.
    pub(super) async fn hold<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        envelope: &Envelope,
        otp_id: OtpId,
        mac: [u8; 32],
        lifetime: u64,
    ) -> Result<(Held, Sent), ServiceError> {
        let channel = *envelope.channels.first().ok_or_else(no_channel)?;
        let key = self.recipient_key(account, envelope.domain, &envelope.recipient);
        let (challenge, sent) = self
            .transact(ports, &key, |record: Option<RecipientRecord>, now| {
                let mut record = record.unwrap_or_default();
                self.reserve(&mut record, now)?;
                let challenge = Challenge {
                    id: otp_id,
                    mac,
                    created_at: now,
                    expires_at: now.saturating_add(lifetime),
                    attempts: 0,
                    state: ChallengeState::Live,
                };
                record.challenges.push(challenge.clone());
                let sent = self.sent(&record, &challenge, envelope, None, now);
                let lapses_at = self.lapse(&record, now);
                Ok(Change::Put(record, Some(lapses_at), (challenge, sent)))
            })
            .await?;
        let traffic = Reservation::default();
        let mut held = Held { account, challenge, key, traffic, channel };
        match self.reserve_traffic(ports, account, envelope, channel).await {
            Ok(traffic) => held.traffic = traffic,
            Err(error) => {
                self.take_back(ports, &held).await.ok();
                return Err(error);
            }
        }
        Ok((held, sent))
    }

    /// Whether the challenge is still there.
    pub(super) async fn is_held<P: Ports>(
        &self,
        ports: &P,
        held: &Held,
    ) -> Result<bool, ServiceError> {
        let record: Option<RecipientRecord> = self.read(ports, &held.key).await?;
        let mut challenges = record.iter().flat_map(|record| &record.challenges);
        Ok(challenges.any(|challenge| challenge.id == held.challenge.id))
    }

    /// Nothing was sent: what was reserved is free again, and the challenge is gone.
    pub(super) async fn let_go<P: Ports>(
        &self,
        ports: &P,
        held: &Held,
    ) -> Result<(), ServiceError> {
        self.give_back(ports, held.account, &held.traffic).await;
        self.take_back(ports, held).await?;
        self.remove(ports, &envelope_key(held.account, held.challenge.id)).await
    }

    /// Nothing was sent, but asking had its price: the challenge is gone, and of what was
    /// reserved the places with the recipient and the account are not free.
    pub(super) async fn withdraw<P: Ports>(
        &self,
        ports: &P,
        held: &Held,
    ) -> Result<(), ServiceError> {
        self.change_recipient(ports, &held.key, |record| {
            record.challenges.retain(|challenge| challenge.id != held.challenge.id);
        })
        .await?;
        self.give_back(ports, held.account, &held.traffic).await;
        self.charge_account(ports, held.account).await
    }

    /// The challenge is void and its place is free again.
    async fn take_back<P: Ports>(&self, ports: &P, held: &Held) -> Result<(), ServiceError> {
        self.change_recipient(ports, &held.key, |record| {
            record.challenges.retain(|challenge| challenge.id != held.challenge.id);
            record.free_seat(held.challenge.created_at);
        })
        .await
    }

    /// What is held moves to the limits of whom `channel` reaches, if that is another one.
    pub(super) async fn hold_for<P: Ports>(
        &self,
        ports: &P,
        held: &mut Held,
        envelope: &Envelope,
        channel: Channel,
    ) -> Result<Option<Seat>, ServiceError> {
        if envelope.recipient_on(channel)? != envelope.recipient_on(held.channel)? {
            let elsewhere = core::mem::take(&mut held.traffic);
            self.give_back(ports, held.account, &elsewhere).await;
            held.traffic = self.reserve_traffic(ports, held.account, envelope, channel).await?;
            held.channel = channel;
        }
        self.reserve_other(ports, held.account, envelope, channel).await
    }
}
