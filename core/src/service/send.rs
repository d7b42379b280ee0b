use alloc::{string::String, vec::Vec};

use zeroize::Zeroizing;

use super::{
    AccountId, Channel, Counter, DeliveryState, DomainId, Ending, Key, KeyKind, Message, OtpId,
    Phone, PortError, Ports, Receipt, Recipient, Service, ServiceError, SimSwap, Storage, Template,
    TransactionContext,
    challenge::envelope_key,
    compose,
    limits::Gate,
    records::{Challenge, ChallengeState, Envelope, RecipientRecord},
    speak,
    transact::Change,
};
use crate::{CodePolicy, EntropyUnavailable, ParameterError, RandomCode, UnixTime};

/// A code to be made and sent. Nobody but the recipient gets to see it.
#[derive(Debug, Clone)]
pub struct SendRequest {
    /// The domain on whose behalf it is sent.
    pub domain: DomainId,
    /// How it may travel, in the order of preference.
    pub channels: Vec<Channel>,
    /// To whom. Every channel must reach this kind of recipient.
    pub recipient: Recipient,
    /// The text around the code; a plain English one if not given.
    pub template: Option<Template>,
    /// Which codes to make.
    pub policy: CodePolicy,
    /// How long the code lives, in seconds: 30 to 600, 300 if not given.
    pub lifetime: Option<u64>,
    /// The transaction that the code approves. Verifying needs the same one.
    pub context: Option<TransactionContext>,
    /// The last line of the message.
    pub ending: Ending,
    /// Ask whether the SIM changed before anything is sent.
    pub sim_swap: Option<SimSwapPolicy>,
}

/// When not to send because of the SIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SimSwapPolicy {
    /// How far back a change matters, in hours: 1 to 2400.
    pub max_age_hours: u16,
    /// What to do if the SIM changed.
    pub on_swapped: SimSwapAction,
    /// What to do if that is not known.
    pub on_unknown: SimSwapAction,
}

/// What to do about a SIM that changed, or may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimSwapAction {
    /// Send nothing.
    Refuse,
    /// Send, and say so in the answer.
    Flag,
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The challenge to verify against.
    pub otp_id: OtpId,
    /// How the message travels.
    pub channel: Channel,
    /// How far it got.
    pub delivery: DeliveryState,
    /// The second from which the code is void.
    pub expires_at: UnixTime,
    /// The second from which another message may be sent.
    pub resend_at: UnixTime,
    /// Wrong codes left before a block.
    pub attempts_left: u16,
    /// What the SIM-swap check said, if there was one.
    pub sim_swap: Option<SimSwap>,
}

impl Service {
    /// Makes a code and sends it.
    ///
    /// The order matters: limits are reserved before anything else costs money, and
    /// the challenge is durable before the message goes out. A crash can lose a
    /// message; it never grants a free attempt.
    pub async fn send<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        request: &SendRequest,
    ) -> Result<Sent, ServiceError> {
        let lifetime = self.check(request)?;
        self.view_domain(ports, account, request.domain).await?;
        let key = self.recipient_key(account, request.domain, &request.recipient);
        let otp_id = new_otp_id(ports)?;
        let reserved_at = self.reserve_recipient_send(ports, &key).await?;
        if let Err(error) = self.reserve_account_send(ports, account).await {
            self.take_back(ports, &key, otp_id, reserved_at).await.ok();
            return Err(error);
        }
        let sim_swap = match self.consult_sim_swap(ports, request).await {
            Err(ServiceError::SimSwapNotConfigured) => {
                self.take_back(ports, &key, otp_id, reserved_at).await.ok();
                return Err(ServiceError::SimSwapNotConfigured);
            }
            answer => answer?,
        };

        let code = generate(ports, request.policy)?;
        let channel = *request.channels.first().ok_or_else(no_channel)?;
        let mut envelope = envelope(request, channel, ports.now());
        self.put_envelope(ports, account, otp_id, &envelope).await?;
        let mac = self.code_mac(account, otp_id, &envelope, request.context.as_ref(), &code);
        let (challenge, mut sent) = self
            .transact(ports, &key, |record: Option<RecipientRecord>, now| {
                let mut record = record.unwrap_or_default();
                let challenge = Challenge {
                    id: otp_id,
                    mac,
                    created_at: now,
                    expires_at: now.saturating_add(lifetime),
                    attempts: 0,
                    state: ChallengeState::Live,
                };
                record.challenges.push(challenge.clone());
                let sent = self.sent(&record, &challenge, channel, sim_swap, now);
                let lapses_at = self.lapse(&record, now);
                Ok(Change::Put(record, Some(lapses_at), (challenge, sent)))
            })
            .await?;

        for channel in request.channels.iter().copied() {
            if channel != envelope.channel {
                envelope.channel = channel;
                self.redirect_envelope(ports, account, otp_id, channel, DeliveryState::Queued)
                    .await?;
            }
            match self.hand_over(ports, account, &envelope, &challenge, &code).await {
                Err(ServiceError::Port(PortError::NotConfigured)) => {}
                handed_over => {
                    sent.channel = channel;
                    sent.delivery = self.note(ports, account, otp_id, handed_over?).await;
                    return Ok(sent);
                }
            }
        }
        self.take_back(ports, &key, otp_id, reserved_at).await?;
        self.remove(ports, &envelope_key(account, otp_id)).await?;
        Err(ServiceError::Port(PortError::NotConfigured))
    }

    /// Sends a new code for a challenge, by the same or another channel that reaches it. The
    /// code before it is void. Lifetime and wrong codes stay as they are.
    pub async fn resend<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        channel: Option<Channel>,
    ) -> Result<Sent, ServiceError> {
        let mut envelope = self.envelope(ports, account, otp_id).await?;
        let channel = channel.unwrap_or(envelope.channel);
        if !envelope.recipient.is_reachable_by(channel) {
            return Err(ServiceError::invalid("channel", ParameterError::Channel));
        }
        let before = (envelope.channel, envelope.delivery);
        envelope.channel = channel;
        text_of(&envelope, &longest_code(envelope.policy), MAXIMUM_LIFETIME)?;
        let code = generate(ports, envelope.policy)?;
        let mac = self.code_mac(account, otp_id, &envelope, envelope.context.as_ref(), &code);
        let key = self.recipient_key(account, envelope.domain, &envelope.recipient);

        // Asked first and without writing, so that no storm of refused requests
        // uses up what the account may send.
        let record: Option<RecipientRecord> = self.read(ports, &key).await?;
        self.renew(record, otp_id, mac, ports.now())?;
        self.reserve_account_send(ports, account).await?;
        let (challenge, old_mac, reserved_at, mut sent) = self
            .transact(ports, &key, |record: Option<RecipientRecord>, now| {
                let (record, challenge, old_mac) = self.renew(record, otp_id, mac, now)?;
                let sent = self.sent(&record, &challenge, channel, None, now);
                let lapses_at = self.lapse(&record, now);
                Ok(Change::Put(record, Some(lapses_at), (challenge, old_mac, now, sent)))
            })
            .await?;
        self.redirect_envelope(ports, account, otp_id, channel, DeliveryState::Queued).await?;
        let handed_over = self.hand_over(ports, account, &envelope, &challenge, &code).await;
        if handed_over == Err(ServiceError::Port(PortError::NotConfigured)) {
            self.redirect_envelope(ports, account, otp_id, before.0, before.1).await?;
            self.undo_renewal(ports, &key, otp_id, (mac, old_mac), reserved_at).await?;
        }
        sent.delivery = self.note(ports, account, otp_id, handed_over?).await;
        Ok(sent)
    }

    /// Asks whether the SIM of a number changed within `max_age_hours` (1 to 2400).
    pub async fn check_sim_swap<P: Ports>(
        &self,
        ports: &P,
        recipient: &Recipient,
        max_age_hours: u16,
    ) -> Result<SimSwap, ServiceError> {
        let phone = phone_to_check(recipient, max_age_hours)?;
        match ports.sim_swap(phone, max_age_hours).await {
            Err(PortError::NotConfigured) => Err(ServiceError::SimSwapNotConfigured),
            answer => Ok(answer?),
        }
    }

    /// All that can be wrong with a request, before anything is reserved for it.
    fn check(&self, request: &SendRequest) -> Result<u64, ServiceError> {
        let repeated = |(at, channel)| request.channels[..at].contains(channel);
        if request.channels.is_empty() || request.channels.iter().enumerate().any(repeated) {
            return Err(no_channel());
        }
        if !request.channels.iter().all(|channel| request.recipient.is_reachable_by(*channel)) {
            return Err(ServiceError::invalid("channel", ParameterError::Channel));
        }
        let lifetime = request.lifetime.unwrap_or(self.policy.default_lifetime);
        if !(MINIMUM_LIFETIME..=MAXIMUM_LIFETIME).contains(&lifetime) {
            return Err(ServiceError::invalid("expiry", ParameterError::Lifetime));
        }
        if let Some(policy) = &request.sim_swap {
            phone_to_check(&request.recipient, policy.max_age_hours).map_err(within_sim_swap)?;
        }
        let longest = longest_code(request.policy);
        for channel in &request.channels {
            let envelope = envelope(request, *channel, 0);
            text_of(&envelope, &longest, lifetime)?;
        }
        Ok(lifetime)
    }

    async fn consult_sim_swap<P: Ports>(
        &self,
        ports: &P,
        request: &SendRequest,
    ) -> Result<Option<SimSwap>, ServiceError> {
        let Some(policy) = request.sim_swap else { return Ok(None) };
        let answer = self.check_sim_swap(ports, &request.recipient, policy.max_age_hours).await?;
        let action = match answer {
            SimSwap::NotSwapped => SimSwapAction::Flag,
            SimSwap::Swapped => policy.on_swapped,
            SimSwap::Unknown => policy.on_unknown,
        };
        match action {
            SimSwapAction::Flag => Ok(Some(answer)),
            SimSwapAction::Refuse => {
                Err(ServiceError::SimSwap { swapped: answer == SimSwap::Swapped })
            }
        }
    }

    async fn reserve_account_send<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
    ) -> Result<(), ServiceError> {
        const DAY: u64 = 86_400;
        let now = ports.now();
        let day = now / DAY;
        let ends_at = (day + 1).saturating_mul(DAY);
        let name = self.keys.name(&[b"sends", &day.to_le_bytes()]);
        let counter =
            Counter { key: Key::new(KeyKind::Counter, account.0, name), expires_at: ends_at };
        let sends = ports.storage().add(&counter, 1, now).await?;
        if sends > self.policy.sends.per_account_and_day {
            return Err(ServiceError::SendLimit { limit: "account", retry_at: ends_at });
        }
        Ok(())
    }

    async fn reserve_recipient_send<P: Ports>(
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
    fn reserve(&self, record: &mut RecipientRecord, now: UnixTime) -> Result<(), ServiceError> {
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
            return Err(ServiceError::SendLimit { limit: "recipient", retry_at: open_at });
        }
        record.sends.push(now);
        record.sends.sort_unstable(); // the clock may have been corrected by a second
        Ok(())
    }

    /// Gives a live challenge another code, whose place among the sends it takes.
    /// Returns the MAC of the code before it too.
    fn renew(
        &self,
        record: Option<RecipientRecord>,
        otp_id: OtpId,
        mac: [u8; 32],
        now: UnixTime,
    ) -> Result<(RecipientRecord, Challenge, [u8; 32]), ServiceError> {
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

    /// The new code could not be sent: the one before it stands again.
    async fn undo_renewal<P: Ports>(
        &self,
        ports: &P,
        key: &Key,
        otp_id: OtpId,
        (mac, old_mac): ([u8; 32], [u8; 32]),
        reserved_at: UnixTime,
    ) -> Result<(), ServiceError> {
        self.transact(ports, key, |record: Option<RecipientRecord>, now| {
            let mut record = record.ok_or(ServiceError::ChallengeNotFound)?;
            let challenge = record.challenge(otp_id)?;
            if challenge.mac == mac {
                challenge.mac = old_mac;
            }
            record.free_place(reserved_at);
            let lapses_at = self.lapse(&record, now);
            Ok(Change::Put(record, Some(lapses_at), ()))
        })
        .await
    }

    /// Nothing could be sent: the challenge is void and its place is free again.
    async fn take_back<P: Ports>(
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

    async fn hand_over<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        envelope: &Envelope,
        challenge: &Challenge,
        code: &RandomCode,
    ) -> Result<Receipt, ServiceError> {
        let lifetime = challenge.expires_at.saturating_sub(ports.now());
        let message = Message {
            otp_id: challenge.id,
            account,
            channel: envelope.channel,
            recipient: envelope.recipient.clone(),
            subject: String::from("Your one-time password"),
            text: text_of(envelope, code.expose(), lifetime)?,
            expires_at: challenge.expires_at,
        };
        Ok(ports.deliver(message).await?)
    }

    /// Notes how far a message got that is on its way. Nothing about codes depends
    /// on it, so that a failure here must not hide the challenge from the caller.
    async fn note<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        receipt: Receipt,
    ) -> DeliveryState {
        let state = match receipt {
            Receipt::Queued => return DeliveryState::Queued,
            Receipt::Sent => DeliveryState::Sent,
        };
        self.delivery_report(ports, account, otp_id, state).await.ok();
        state
    }

    fn sent(
        &self,
        record: &RecipientRecord,
        challenge: &Challenge,
        channel: Channel,
        sim_swap: Option<SimSwap>,
        now: UnixTime,
    ) -> Sent {
        Sent {
            otp_id: challenge.id,
            channel,
            delivery: DeliveryState::Queued,
            expires_at: challenge.expires_at,
            resend_at: self.policy.sends.open_at(&record.sends, now),
            attempts_left: self.attempts_left(record, challenge, now),
            sim_swap,
        }
    }
}

fn text_of(
    envelope: &Envelope,
    code: &str,
    lifetime: u64,
) -> Result<Zeroizing<String>, ServiceError> {
    let minutes = lifetime.div_ceil(60);
    let context = envelope.context.as_ref();
    let template = match &envelope.template {
        Some(template) => template,
        None => &Template::default_for(envelope.channel, context),
    };
    let composed = match envelope.channel {
        Channel::Voice => speak(template, code, minutes, context),
        Channel::Sms => compose(template, code, minutes, context, &envelope.ending),
        Channel::Email => compose(template, code, minutes, context, &Ending::None),
    };
    composed.map_err(|error| ServiceError::invalid("message", error))
}

fn envelope(request: &SendRequest, channel: Channel, now: UnixTime) -> Envelope {
    Envelope {
        domain: request.domain,
        recipient: request.recipient.clone(),
        template: request.template.clone(),
        ending: request.ending.clone(),
        context: request.context.clone(),
        policy: request.policy,
        channel,
        delivery: DeliveryState::Queued,
        delivery_at: now,
    }
}

fn new_otp_id<P: Ports>(ports: &P) -> Result<OtpId, ServiceError> {
    let mut random = [0; 16];
    ports.fill_random(&mut random)?;
    Ok(OtpId::from_random(random))
}

fn generate<P: Ports>(ports: &P, policy: CodePolicy) -> Result<RandomCode, ServiceError> {
    let mut entropy = |bytes: &mut [u8]| ports.fill_random(bytes).map_err(|_| EntropyUnavailable);
    policy.generate(&mut entropy).map_err(|_| ServiceError::Port(PortError::Entropy))
}

/// The number to ask about, if the question can be asked at all.
/// The field as a request to send names it.
fn within_sim_swap(error: ServiceError) -> ServiceError {
    match error {
        ServiceError::Invalid { field: "max_age_hours", error } => {
            ServiceError::Invalid { field: "sim_swap.max_age_hours", error }
        }
        other => other,
    }
}

fn phone_to_check(recipient: &Recipient, max_age_hours: u16) -> Result<&Phone, ServiceError> {
    let Recipient::Phone(phone) = recipient else {
        return Err(ServiceError::invalid("to", ParameterError::Channel));
    };
    if !(1..=2_400).contains(&max_age_hours) {
        return Err(ServiceError::invalid("max_age_hours", ParameterError::MaxAge));
    }
    Ok(phone)
}

/// As much room as any code of the policy takes, in writing and in speech.
fn longest_code(policy: CodePolicy) -> String {
    "0".repeat(policy.length().into())
}

impl RecipientRecord {
    fn free_place(&mut self, reserved_at: UnixTime) {
        if let Some(place) = self.sends.iter().position(|at| *at == reserved_at) {
            self.sends.remove(place);
        }
    }
}

const MINIMUM_LIFETIME: u64 = 30;
const MAXIMUM_LIFETIME: u64 = 600;

fn no_channel() -> ServiceError {
    ServiceError::invalid("channel", ParameterError::Channel)
}
