use alloc::{string::String, vec::Vec};
use core::ops::RangeInclusive;

use zeroize::Zeroizing;

use super::{
    AccountId, Channel, CodeLifetime, DeliveryState, DomainId, DomainSettings, Ending, Fallback,
    Language, Message, MessageId, OtpId, PortError, Ports, Receipt, Recipient, Service,
    ServiceError, SimSwap, SimSwapPolicy, Template, Traffic, TransactionContext, compose,
    held::Held,
    passage::Passages,
    records::{Challenge, Envelope, RecipientRecord},
    speak,
    traffic::Origin,
    transact::Change,
};
use crate::{CodePolicy, ParameterError, RandomCode, UnixTime};

/// A code to be made and sent. Nobody but the recipient gets to see it.
#[derive(Debug, Clone)]
pub struct SendRequest {
    /// The domain on whose behalf it is sent.
    pub domain: DomainId,
    /// How it may travel, in the order of preference. The next one is taken when one is not
    /// configured, refuses the message, or does not report it in time.
    pub channels: Vec<Channel>,
    /// To whom. Limits and wrong codes are those of this recipient, whatever the channel.
    pub recipient: Recipient,
    /// The same person by the channels that do not reach `recipient`.
    pub other_recipient: Option<Recipient>,
    /// How many seconds to wait for a receipt before the next channel: 10 to 300; as the
    /// domain has it if not given. Without, a refusal leads there, and failures for
    /// [`Message::DEFAULT_PATIENCE`].
    pub fallback_after: Option<u64>,
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
    /// Ask whether the SIM changed before anything is sent; as the domain has it if not
    /// given.
    pub sim_swap: Option<SimSwapPolicy>,
    /// Who asked for it, and what is known of the number.
    pub traffic: Traffic,
}

impl SendRequest {
    /// A code of six digits to `recipient`, by the first of `channels` that can be
    /// used, with the plain English text.
    pub fn new(domain: DomainId, channels: Vec<Channel>, recipient: Recipient) -> Self {
        Self {
            domain,
            channels,
            recipient,
            other_recipient: None,
            fallback_after: None,
            template: None,
            language: Language::default(),
            policy: CodePolicy::default(),
            lifetime: None,
            context: None,
            ending: Ending::None,
            sim_swap: None,
            traffic: Traffic::default(),
        }
    }
}

/// What was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "open-views"), non_exhaustive)]
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
    /// The order matters: the recipient's limit is taken with the challenge, in one swap, and
    /// every other limit before anything costs money or goes out. A crash can lose a message
    /// and leave a challenge whose code nobody has; it never grants a free attempt.
    pub async fn send<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        request: &SendRequest,
    ) -> Result<Sent, ServiceError> {
        let lifetime = self.check(request)?;
        let domain = self.view_domain(ports, account, request.domain).await?;
        let mut envelope = envelope(request, &domain.settings, ports.now());
        envelope.origin = self.origin(account, &request.traffic, ports.now());
        let (otp_id, code) = (new_otp_id(ports)?, generate(ports, request.policy)?);
        let context = request.context.as_ref();
        let mac = self.code_mac(account, otp_id, &envelope, context, &code);
        envelope.message = self.message_id(&mac);

        let (held, mut sent) = self.hold(ports, account, &envelope, otp_id, mac, lifetime).await?;
        let on_the_way = self.prepare(ports, &held, &mut envelope, &request.channels).await;
        sent.sim_swap = match on_the_way {
            Ok(sim_swap) => sim_swap,
            Err(error) => {
                self.not_sent(ports, &held, &error).await;
                return Err(error);
            }
        };
        self.hand_over_by_any(ports, held, &envelope, sent, &code).await
    }

    /// All that comes before a message may go out, and what is known of the SIM.
    async fn prepare<P: Ports>(
        &self,
        ports: &P,
        held: &Held,
        envelope: &mut Envelope,
        channels: &[Channel],
    ) -> Result<Option<SimSwap>, ServiceError> {
        let (account, otp_id) = (held.account, held.challenge.id);
        let (policy, phone) = (envelope.sim_swap, envelope.phone());
        let (sim_swap, channels) =
            self.consult_sim_swap(ports, account, policy, phone, channels).await?;
        envelope.go_by(channels, ports.now());
        self.mention(ports, account, otp_id, envelope).await?;
        self.put_envelope(ports, account, otp_id, envelope).await?;
        // Erased meanwhile: whoever erased found no envelope yet. From here on they would.
        if !self.is_held(ports, held).await? {
            return Err(ServiceError::ChallengeNotFound);
        }
        Ok(sim_swap)
    }

    /// Best effort: a challenge that stays is of no use to anybody.
    async fn not_sent<P: Ports>(&self, ports: &P, held: &Held, error: &ServiceError) {
        let undone = match error {
            ServiceError::SimSwap { .. } => self.withdraw(ports, held).await,
            _ => self.let_go(ports, held).await,
        };
        undone.ok();
    }

    /// By the first of the envelope's channels that is configured.
    async fn hand_over_by_any<P: Ports>(
        &self,
        ports: &P,
        mut held: Held,
        envelope: &Envelope,
        mut sent: Sent,
        code: &RandomCode,
    ) -> Result<Sent, ServiceError> {
        let (account, otp_id) = (held.account, held.challenge.id);
        for (at, channel) in envelope.channels.iter().copied().enumerate() {
            if at > 0 {
                let passages = Passages::new(channel, ports.now());
                self.change_envelope(ports, account, otp_id, |envelope, _| {
                    envelope.passages = passages.clone();
                })
                .await?;
            }
            let other = match self.hold_for(ports, &mut held, envelope, channel).await {
                Ok(other) => other,
                Err(error) => {
                    self.let_go(ports, &held).await.ok();
                    return Err(error);
                }
            };
            let ways = &envelope.channels[at..];
            match self.hand_over(ports, account, envelope, ways, &held.challenge, code).await {
                Err(ServiceError::Port(PortError::NotConfigured)) => {
                    self.give_other_back(ports, other).await;
                }
                handed_over => {
                    sent.channel = channel;
                    let (message, receipt) = (envelope.message, handed_over?);
                    sent.delivery =
                        self.note(ports, account, otp_id, message, channel, receipt).await;
                    return Ok(sent);
                }
            }
        }
        self.let_go(ports, &held).await.ok();
        Err(ServiceError::Port(PortError::NotConfigured))
    }

    /// All that can be wrong with a request, before anything is reserved for it.
    fn check(&self, request: &SendRequest) -> Result<u64, ServiceError> {
        let repeated = |(at, channel)| request.channels[..at].contains(channel);
        if request.channels.is_empty() || request.channels.iter().enumerate().any(repeated) {
            return Err(no_channel());
        }
        if request.fallback_after.is_some_and(|seconds| !FALLBACK_AFTER.contains(&seconds)) {
            return Err(ServiceError::invalid("fallback_after", ParameterError::FallbackAfter));
        }
        if request.fallback_after.is_some() && request.channels.len() == 1 {
            return Err(ServiceError::invalid("fallback_after", ParameterError::FallbackChannel));
        }
        let lifetime = request.lifetime.map_or(Ok(self.policy.default_lifetime), CodeLifetime::new);
        let lifetime = lifetime.map_err(|error| ServiceError::invalid("expiry", error))?.seconds();
        if let Some(policy) = &request.sim_swap {
            let phones = [Some(&request.recipient), request.other_recipient.as_ref()];
            if phones.into_iter().flatten().all(|to| to.phone().is_none()) {
                return Err(ServiceError::invalid("to", ParameterError::Channel));
            }
            policy.check("sim_swap.max_age_hours")?;
        }
        let is_email = |to: &Recipient| to.is_reachable_by(Channel::Email);
        let of_one_kind = |other| is_email(other) == is_email(&request.recipient);
        if request.other_recipient.as_ref().is_some_and(of_one_kind) {
            return Err(ServiceError::invalid("to", ParameterError::Channel));
        }
        for recipient in [Some(&request.recipient), request.other_recipient.as_ref()] {
            if let Some(Recipient::Phone(phone)) = recipient {
                self.policy.traffic.permit(phone, request.traffic.destination)?;
            }
        }
        let longest = longest_code(request.policy);
        let envelope = envelope(request, &DomainSettings::default(), 0);
        for channel in &request.channels {
            envelope.recipient_on(*channel)?;
            text_of(&envelope, *channel, &longest, lifetime)?;
        }
        Ok(lifetime)
    }

    /// Notes with the other recipient which challenge may have messages to it. Its limits
    /// are not touched until one goes there.
    async fn mention<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        envelope: &Envelope,
    ) -> Result<(), ServiceError> {
        let Some(recipient) = &envelope.other_recipient else { return Ok(()) };
        let key = self.recipient_key(account, envelope.domain, recipient);
        self.transact(ports, &key, |record: Option<RecipientRecord>, now| {
            let mut record = record.unwrap_or_default();
            record.forget(now, self.policy.sends.memory());
            record.mentions.push((otp_id, now));
            let lapses_at = self.lapse(&record, now);
            Ok(Change::Put(record, Some(lapses_at), ()))
        })
        .await
    }

    pub(super) async fn hand_over<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        envelope: &Envelope,
        channels: &[Channel],
        challenge: &Challenge,
        code: &RandomCode,
    ) -> Result<Receipt, ServiceError> {
        let lifetime = challenge.expires_at.saturating_sub(ports.now());
        let way = |channel: &Channel| -> Result<Fallback, ServiceError> {
            Ok(Fallback {
                channel: *channel,
                recipient: envelope.recipient_on(*channel)?.clone(),
                text: text_of(envelope, *channel, code.expose(), lifetime)?,
            })
        };
        let (first, others) = channels.split_first().ok_or_else(no_channel)?;
        let first = way(first)?;
        let message = Message {
            otp_id: challenge.id,
            id: envelope.message,
            account,
            channel: first.channel,
            recipient: first.recipient,
            language: envelope.language,
            subject: String::from(envelope.language.subject()),
            text: first.text,
            code: Zeroizing::new(String::from(code.expose())),
            expires_at: challenge.expires_at,
            fallbacks: others.iter().map(way).collect::<Result<_, _>>()?,
            fallback_after: envelope.fallback_after,
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
        message: MessageId,
        channel: Channel,
        receipt: Receipt,
    ) -> DeliveryState {
        let state = match receipt {
            Receipt::Queued => return DeliveryState::Queued,
            Receipt::Sent => DeliveryState::Sent,
        };
        self.delivery_report(ports, account, otp_id, message, channel, state).await.ok();
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
            channel: envelope.passages.current().0,
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
    channel: Channel,
    code: &str,
    lifetime: u64,
) -> Result<Zeroizing<String>, ServiceError> {
    let minutes = lifetime.div_ceil(60);
    let context = envelope.context.as_ref();
    let template = match &envelope.template {
        Some(template) => template,
        None => &Template::default_for(envelope.language, channel, context),
    };
    let composed = match channel {
        Channel::Voice => speak(template, code, minutes, context),
        Channel::Sms => compose(template, code, minutes, context, &envelope.ending),
        Channel::Email => compose(template, code, minutes, context, &Ending::None),
    };
    composed.map_err(|error| ServiceError::invalid("message", error))
}

/// The message is named once its code is made.
fn envelope(request: &SendRequest, settings: &DomainSettings, now: UnixTime) -> Envelope {
    let first = request.channels.first().copied().unwrap_or(Channel::Sms);
    Envelope {
        domain: request.domain,
        recipient: request.recipient.clone(),
        template: request.template.clone(),
        ending: request.ending.clone(),
        context: request.context.clone(),
        policy: request.policy,
        language: request.language,
        message: MessageId([0; 16]),
        passages: Passages::new(first, now),
        channels: request.channels.clone(),
        other_recipient: request.other_recipient.clone(),
        fallback_after: request.fallback_after.or(settings.fallback_after),
        sim_swap: request.sim_swap.or(settings.sim_swap),
        origin: Origin::default(),
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

/// What a request may say, in seconds.
pub(super) const FALLBACK_AFTER: RangeInclusive<u64> = 10..=300;

pub(super) fn no_channel() -> ServiceError {
    ServiceError::invalid("channel", ParameterError::Channel)
}
