use alloc::{string::String, vec::Vec};

use zeroize::Zeroizing;

use super::{
    AccountId, Channel, DeliveryState, DomainId, Ending, Language, Message, OtpId, PortError,
    Ports, Receipt, Recipient, Service, ServiceError, SimSwap, SimSwapPolicy, Template,
    TransactionContext,
    challenge::envelope_key,
    compose,
    records::{Challenge, ChallengeState, Envelope, RecipientRecord},
    sim_swap::phone_to_check,
    speak,
    transact::Change,
};
use crate::{CodePolicy, ParameterError, RandomCode, UnixTime};

/// A code to be made and sent. Nobody but the recipient gets to see it.
#[derive(Debug, Clone)]
pub struct SendRequest {
    /// The domain on whose behalf it is sent.
    pub domain: DomainId,
    /// How it may travel, in the order of preference.
    pub channels: Vec<Channel>,
    /// To whom. Every channel must reach this kind of recipient.
    pub recipient: Recipient,
    /// The text around the code; a plain one in `language` if not given.
    pub template: Option<Template>,
    /// The language of the subject, of the plain text and of the voice.
    pub language: Language,
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

impl SendRequest {
    /// A code of six digits to `recipient`, by the first of `channels` that can be
    /// used, with the plain English text.
    pub fn new(domain: DomainId, channels: Vec<Channel>, recipient: Recipient) -> Self {
        Self {
            domain,
            channels,
            recipient,
            template: None,
            language: Language::default(),
            policy: CodePolicy::default(),
            lifetime: None,
            context: None,
            ending: Ending::None,
            sim_swap: None,
        }
    }
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// The challenge to verify against.
    pub otp_id: OtpId,
    /// How the message travels.
    pub channel: Channel,
    /// The language it is in.
    pub language: Language,
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
        let counter = match self.reserve_account_send(ports, account).await {
            Ok(counter) => counter,
            Err(error) => {
                self.take_back(ports, &key, otp_id, reserved_at).await.ok();
                return Err(error);
            }
        };
        let sim_swap = match self.consult_sim_swap(ports, request).await {
            Err(ServiceError::SimSwapNotConfigured) => {
                self.take_back(ports, &key, otp_id, reserved_at).await.ok();
                self.give_account_send_back(ports, &counter).await;
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
                let sent = self.sent(&record, &challenge, &envelope, sim_swap, now);
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
        self.give_account_send_back(ports, &counter).await;
        self.remove(ports, &envelope_key(account, otp_id)).await?;
        Err(ServiceError::Port(PortError::NotConfigured))
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
            phone_to_check(&request.recipient, policy.max_age_hours, "sim_swap.max_age_hours")?;
        }
        let longest = longest_code(request.policy);
        for channel in &request.channels {
            let envelope = envelope(request, *channel, 0);
            text_of(&envelope, &longest, lifetime)?;
        }
        Ok(lifetime)
    }

    pub(super) async fn hand_over<P: Ports>(
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
            language: envelope.language,
            subject: String::from(envelope.language.subject()),
            text: text_of(envelope, code.expose(), lifetime)?,
            expires_at: challenge.expires_at,
        };
        Ok(ports.deliver(message).await?)
    }

    /// Notes how far a message got that is on its way. Nothing about codes depends
    /// on it, so that a failure here must not hide the challenge from the caller.
    pub(super) async fn note<P: Ports>(
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

    pub(super) fn sent(
        &self,
        record: &RecipientRecord,
        challenge: &Challenge,
        envelope: &Envelope,
        sim_swap: Option<SimSwap>,
        now: UnixTime,
    ) -> Sent {
        Sent {
            otp_id: challenge.id,
            channel: envelope.channel,
            language: envelope.language,
            delivery: DeliveryState::Queued,
            expires_at: challenge.expires_at,
            resend_at: self.policy.sends.open_at(&record.sends, now),
            attempts_left: self.attempts_left(record, challenge, now),
            sim_swap,
        }
    }
}

pub(super) fn text_of(
    envelope: &Envelope,
    code: &str,
    lifetime: u64,
) -> Result<Zeroizing<String>, ServiceError> {
    let minutes = lifetime.div_ceil(60);
    let context = envelope.context.as_ref();
    let template = match &envelope.template {
        Some(template) => template,
        None => &Template::default_for(envelope.language, envelope.channel, context),
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
        language: request.language,
    }
}

fn new_otp_id<P: Ports>(ports: &P) -> Result<OtpId, ServiceError> {
    let mut random = [0; 16];
    ports.fill_random(&mut random)?;
    Ok(OtpId::from_random(random))
}

pub(super) fn generate<P: Ports>(
    ports: &P,
    policy: CodePolicy,
) -> Result<RandomCode, ServiceError> {
    Ok(policy.generate(&mut |bytes: &mut [u8]| ports.fill_random(bytes))?)
}

/// As much room as any code of the policy takes, in writing and in speech.
pub(super) fn longest_code(policy: CodePolicy) -> String {
    "0".repeat(policy.length().into())
}

const MINIMUM_LIFETIME: u64 = 30;
pub(super) const MAXIMUM_LIFETIME: u64 = 600;

fn no_channel() -> ServiceError {
    ServiceError::invalid("channel", ParameterError::Channel)
}
