//! What requests say, as core wants it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use keyfob::{
    ParameterError, TotpParameters,
    service::{
        self as core, DomainId, DomainSettings, Language, MessageId, NewEnrolment, NewUser, OtpId,
        Phone, Recipient, SendRequest, Ticket, Traffic, UserId,
    },
};

use crate::{
    Algorithm, CodePolicy, Secret,
    algorithm::chosen,
    error::{KeyfobError, invalid},
    messages::{self, MessageEnding},
    number::{self, word},
};

type Result<T> = std::result::Result<T, KeyfobError>;

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Channel {
    /// A text message.
    Sms,
    /// A call that speaks the code.
    Voice,
    /// An e-mail.
    Email,
}

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum DeliveryState {
    /// It waits to be sent.
    Queued,
    /// A provider has it.
    Sent,
    /// Reported as received.
    Delivered,
    /// Refused for good.
    Failed,
    /// Not sent in time, and dropped.
    Expired,
}

/// What to do about a SIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SimSwapAction {
    /// Send nothing.
    Refuse,
    /// Send, and say so.
    Flag,
    /// Leave out what uses the SIM.
    NextChannel,
}

/// When not to send because of the SIM. What is left out stays as it usually is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SimSwapRule {
    /// How far back a change matters, in hours: 1 to 2400.
    #[uniffi(default = None)]
    pub max_age_hours: Option<i32>,
    /// What to do if the SIM changed.
    #[uniffi(default = None)]
    pub on_swapped: Option<SimSwapAction>,
    /// What to do if that is not known.
    #[uniffi(default = None)]
    pub on_unknown: Option<SimSwapAction>,
}

/// What can be chosen about a domain.
#[derive(Debug, Clone, uniffi::Record)]
pub struct DomainOptions {
    /// When not to send because of the SIM.
    #[uniffi(default = None)]
    pub sim_swap: Option<SimSwapRule>,
    /// After how long without a receipt the next channel is tried: 10 to 300 seconds.
    #[uniffi(default = None)]
    pub fallback_after: Option<Duration>,
}

/// What can be chosen about a new user.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct UserOptions {
    /// A secret that the user has already; a new one otherwise.
    #[uniffi(default = None)]
    pub secret: Option<Arc<Secret>>,
    /// Whether such a secret may be shorter than keyfob would make one.
    #[uniffi(default = false)]
    pub accept_short_secret: bool,
    /// The hash.
    #[uniffi(default = None)]
    pub algorithm: Option<Algorithm>,
    /// Characters in a code: 6 to 8.
    #[uniffi(default = None)]
    pub digits: Option<i32>,
    /// How long a code lasts: 1 to 120 seconds.
    #[uniffi(default = None)]
    pub period: Option<Duration>,
    /// What apps show; the user's id otherwise.
    #[uniffi(default = None)]
    pub account_name: Option<String>,
    /// Whether the secret comes back and the user counts as enrolled.
    #[uniffi(default = false)]
    pub return_secret: bool,
}

/// What can be chosen about a new enrolment of a user.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct EnrolmentOptions {
    /// A secret that the user has already; a new one otherwise.
    #[uniffi(default = None)]
    pub secret: Option<Arc<Secret>>,
    /// Whether such a secret may be shorter than keyfob would make one.
    #[uniffi(default = false)]
    pub accept_short_secret: bool,
    /// The hash; with `digits` and `period` as before if none of the three is given.
    #[uniffi(default = None)]
    pub algorithm: Option<Algorithm>,
    /// Characters in a code: 6 to 8.
    #[uniffi(default = None)]
    pub digits: Option<i32>,
    /// How long a code lasts: 1 to 120 seconds.
    #[uniffi(default = None)]
    pub period: Option<Duration>,
    /// What apps show.
    #[uniffi(default = None)]
    pub account_name: Option<String>,
    /// Whether the old secret is void at once: the device is lost.
    #[uniffi(default = false)]
    pub revoke: bool,
}

/// What can be chosen about a code to be sent.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct SendOptions {
    /// The recipient of the channels that `to` is not reached by.
    #[uniffi(default = None)]
    pub other_to: Option<String>,
    /// The template; one of keyfob's own otherwise.
    #[uniffi(default = None)]
    pub template: Option<String>,
    /// The language of that, as a BCP 47 tag.
    #[uniffi(default = None)]
    pub language: Option<String>,
    /// What the code is made of: six digits.
    #[uniffi(default = None)]
    pub policy: Option<Arc<CodePolicy>>,
    /// How long the code lives: 30 to 600 seconds.
    #[uniffi(default = None)]
    pub lifetime: Option<Duration>,
    /// After how long without a receipt the next channel is tried.
    #[uniffi(default = None)]
    pub fallback_after: Option<Duration>,
    /// The transaction that the code approves: amount and payee.
    #[uniffi(default = None)]
    pub context: Option<HashMap<String, String>>,
    /// The last line, by which phones fill the code in.
    #[uniffi(default = None)]
    pub ending: Option<MessageEnding>,
    /// When not to send because of the SIM; as the domain has it otherwise.
    #[uniffi(default = None)]
    pub sim_swap: Option<SimSwapRule>,
    /// The address of the client on whose behalf you ask.
    #[uniffi(default = None)]
    pub client_address: Option<String>,
}

impl DomainOptions {
    pub(super) fn settings(self) -> DomainSettings {
        DomainSettings {
            sim_swap: self.sim_swap.map(Into::into),
            fallback_after: self.fallback_after.map(|after| after.as_secs()),
        }
    }
}

impl UserOptions {
    pub(super) fn user(self, user_id: &str) -> Result<NewUser> {
        Ok(NewUser {
            secret: self.secret.map(|secret| secret.0.clone()),
            accept_short_secret: self.accept_short_secret,
            parameters: parameters(self.algorithm, self.digits, self.period)?,
            account_name: self.account_name,
            return_secret: self.return_secret,
            ..NewUser::new(UserId::parse(user_id)?)
        })
    }
}

impl EnrolmentOptions {
    pub(super) fn enrolment(self, user_id: &str) -> Result<NewEnrolment> {
        let as_before = (self.algorithm, self.digits, self.period) == (None, None, None);
        let parameters = if as_before {
            None
        } else {
            Some(parameters(self.algorithm, self.digits, self.period)?)
        };
        Ok(NewEnrolment {
            secret: self.secret.map(|secret| secret.0.clone()),
            accept_short_secret: self.accept_short_secret,
            parameters,
            account_name: self.account_name,
            revoke: self.revoke,
            ..NewEnrolment::new(UserId::parse(user_id)?)
        })
    }
}

impl SendOptions {
    pub(super) fn request(
        self,
        domain: &str,
        to: &str,
        channels: Vec<Channel>,
    ) -> Result<SendRequest> {
        let client = self.client_address.map(|text| text.parse()).transpose();
        let client = client.map_err(invalid::<ParameterError>("client_address"))?;
        let language = self.language.as_deref().map(Language::lookup).transpose();
        let channels: Vec<core::Channel> = channels.into_iter().map(Into::into).collect();
        let (to, other) = (recipient(to)?, self.other_to.as_deref().map(recipient).transpose()?);
        let (to, other) = match (other, channels.first()) {
            (Some(other), Some(first)) => {
                let (to, other) = to.ordered_with(other, *first);
                (to, Some(other))
            }
            (other, _) => (to, other),
        };
        let usual = SendRequest::new(domain_id(domain)?, channels, to);
        Ok(SendRequest {
            other_recipient: other,
            fallback_after: self.fallback_after.map(|after| after.as_secs()),
            template: self
                .template
                .map(|text| messages::template("template", &text))
                .transpose()?,
            language: language.map_err(invalid("language"))?.unwrap_or_default(),
            policy: self.policy.map_or(usual.policy, |policy| policy.0),
            lifetime: self.lifetime.map(|lifetime| lifetime.as_secs()),
            context: messages::context(self.context)?,
            ending: messages::ending(self.ending)?,
            sim_swap: self.sim_swap.map(Into::into),
            traffic: Traffic { client, ..Traffic::default() },
            ..usual
        })
    }
}

pub(super) fn domain_id(text: &str) -> Result<DomainId> {
    Ok(DomainId::parse(text)?)
}

pub(super) fn otp_id(text: &str) -> Result<OtpId> {
    Ok(OtpId::parse(text)?)
}

pub(super) fn message_id(bytes: &[u8]) -> Result<MessageId> {
    MessageId::from_bytes(bytes).map_err(invalid("message"))
}

pub(super) fn phone(text: &str) -> Result<Phone> {
    Phone::parse(text).map_err(invalid("phone"))
}

pub(super) fn ticket(text: &str) -> Result<Ticket> {
    Ok(Ticket::parse(text)?)
}

pub(super) fn user_id(text: &str) -> Result<UserId> {
    Ok(UserId::parse(text)?)
}

pub(super) fn recipient(text: &str) -> Result<Recipient> {
    Recipient::parse_any(text).map_err(invalid("to"))
}

fn parameters(
    algorithm: Option<Algorithm>,
    digits: Option<i32>,
    period: Option<Duration>,
) -> Result<TotpParameters> {
    Ok(TotpParameters {
        algorithm: chosen(algorithm),
        digits: number::digits(digits)?,
        period: number::period(period)?,
    })
}

impl From<SimSwapRule> for core::SimSwapPolicy {
    fn from(rule: SimSwapRule) -> Self {
        let usual = Self::default();
        Self {
            max_age_hours: rule.max_age_hours.map_or(usual.max_age_hours, word),
            on_swapped: rule.on_swapped.map_or(usual.on_swapped, Into::into),
            on_unknown: rule.on_unknown.map_or(usual.on_unknown, Into::into),
        }
    }
}

/// The same words on both sides.
macro_rules! twins {
    ($own:ident, $core:ty, $($variant:ident),+) => {
        impl From<$own> for $core {
            fn from(value: $own) -> Self {
                match value { $($own::$variant => Self::$variant),+ }
            }
        }
    };
}

twins!(Channel, core::Channel, Sms, Voice, Email);
twins!(DeliveryState, core::DeliveryState, Queued, Sent, Delivered, Failed, Expired);
twins!(SimSwapAction, core::SimSwapAction, Refuse, Flag, NextChannel);

impl From<core::Channel> for Channel {
    fn from(channel: core::Channel) -> Self {
        match channel {
            core::Channel::Sms => Self::Sms,
            core::Channel::Voice => Self::Voice,
            core::Channel::Email => Self::Email,
        }
    }
}
