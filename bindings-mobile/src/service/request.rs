//! What requests say, as core wants it.

use std::{collections::HashMap, sync::Arc};

use keyfob::{
    ParameterError, TotpParameters,
    service::{
        self as core, DomainId, Language, MessageId, NewEnrolment, NewUser, OtpId, Phone,
        Recipient, SendRequest, Ticket, Traffic, UserId,
    },
};

use super::{
    domain::{SimSwapPolicy, fallback_after},
    words::Channel,
};
use crate::{
    Algorithm, CodePolicy, Secret,
    algorithm::chosen,
    error::{KeyfobError, invalid},
    messages::{self, Ending},
    number,
    time::{Seconds, whole_seconds},
};

type Result<T> = std::result::Result<T, KeyfobError>;

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
    pub period: Option<Seconds>,
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
    pub period: Option<Seconds>,
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
    pub other_recipient: Option<String>,
    /// The template; one of keyfob's own otherwise.
    #[uniffi(default = None)]
    pub template: Option<String>,
    /// The language of the texts that keyfob has, as a BCP 47 tag: the nearest that it knows,
    /// English if there is none.
    #[uniffi(default = None)]
    pub language: Option<String>,
    /// What the code is made of: six digits.
    #[uniffi(default = None)]
    pub policy: Option<Arc<CodePolicy>>,
    /// How long the code lives: 30 to 600 seconds.
    #[uniffi(default = None)]
    pub lifetime: Option<Seconds>,
    /// After how long without a receipt the next channel is tried.
    #[uniffi(default = None)]
    pub fallback_after: Option<Seconds>,
    /// The transaction that the code approves: amount and payee.
    #[uniffi(default = None)]
    pub context: Option<HashMap<String, String>>,
    /// The last line, by which phones fill the code in.
    #[uniffi(default = None)]
    pub ending: Option<Ending>,
    /// When not to send because of the SIM; as the domain has it otherwise.
    #[uniffi(default = None)]
    pub sim_swap: Option<SimSwapPolicy>,
    /// The address of the client on whose behalf you ask, for limits. Never one of a header that
    /// the client itself can write.
    #[uniffi(default = None)]
    pub client: Option<String>,
    /// The name of the API key that was used, for limits.
    #[uniffi(default = None)]
    pub api_key: Option<String>,
    /// What is known of the number besides its digits.
    #[uniffi(default = None)]
    pub destination: Option<Destination>,
}

/// What is known of a number besides its digits.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Destination {
    /// The country or territory it belongs to, as two letters: `GB`.
    #[uniffi(default = None)]
    pub region: Option<String>,
    /// Whether its range costs more than others.
    #[uniffi(default = false)]
    pub premium: bool,
}

impl UserOptions {
    pub(super) fn user(self, user_id: &str) -> Result<NewUser> {
        let Self {
            secret,
            accept_short_secret,
            algorithm,
            digits,
            period,
            account_name,
            return_secret,
        } = self;
        Ok(NewUser {
            user_id: self::user_id(user_id)?,
            secret: secret.map(|secret| secret.0.clone()),
            accept_short_secret,
            parameters: parameters(algorithm, digits, period)?,
            account_name,
            return_secret,
        })
    }
}

impl EnrolmentOptions {
    pub(super) fn enrolment(self, user_id: &str) -> Result<NewEnrolment> {
        let Self { secret, accept_short_secret, algorithm, digits, period, account_name, revoke } =
            self;
        let as_before = (algorithm, digits, period) == (None, None, None);
        let parameters = (!as_before).then(|| parameters(algorithm, digits, period)).transpose()?;
        Ok(NewEnrolment {
            user_id: self::user_id(user_id)?,
            secret: secret.map(|secret| secret.0.clone()),
            accept_short_secret,
            parameters,
            account_name,
            revoke,
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
        let Self {
            other_recipient,
            template,
            language,
            policy,
            lifetime,
            fallback_after,
            context,
            ending,
            sim_swap,
            client,
            api_key,
            destination,
        } = self;
        let channels: Vec<core::Channel> = channels.into_iter().map(Into::into).collect();
        let (recipient, other_recipient) = recipients(to, other_recipient.as_deref(), &channels)?;
        let client = client.map(|text| text.parse()).transpose();
        let traffic = Traffic {
            client: client.map_err(invalid::<ParameterError>("options.client"))?,
            api_key,
            destination: destination.map(Destination::known).transpose()?,
        };
        let template = template.map(|text| messages::template("options.template", &text));
        let language = language.as_deref().map(Language::lookup).transpose();
        let too_long = || invalid("options.lifetime")(ParameterError::Lifetime);
        Ok(SendRequest {
            domain: domain_id(domain)?,
            channels,
            recipient,
            other_recipient,
            fallback_after: self::fallback_after("options.fallback_after", fallback_after)?,
            template: template.transpose()?,
            language: language.map_err(invalid("options.language"))?.unwrap_or_default(),
            policy: policy.map(|policy| policy.0).unwrap_or_default(),
            lifetime: lifetime.map(|it| whole_seconds(it, too_long)).transpose()?,
            context: messages::context("options.context", context)?,
            ending: messages::ending("options.ending", ending)?,
            sim_swap: sim_swap.map(Into::into),
            traffic,
        })
    }
}

impl Destination {
    fn known(self) -> Result<core::Destination> {
        let Self { region, premium } = self;
        let region = region.map(|text| text.parse()).transpose();
        let region = region.map_err(invalid::<ParameterError>("options.destination.region"))?;
        Ok(core::Destination { region, premium })
    }
}

/// What the arguments of `createUser` and `openEnrolment` are called, where requests name them.
pub(super) fn of_user(error: KeyfobError) -> KeyfobError {
    error.of(|field| match field {
        "userId" => field.to_owned(),
        "setSecret" => "options.secret".to_owned(),
        other => format!("options.{other}"),
    })
}

/// What the arguments of `send` are called, where requests name them.
pub(super) fn of_send(error: KeyfobError) -> KeyfobError {
    error.of(|field| match field {
        "domain" | "to" => field.to_owned(),
        "channel" => "channels".to_owned(),
        "expiry" => "options.lifetime".to_owned(),
        "message" => "options.template".to_owned(),
        other => format!("options.{other}"),
    })
}

pub(super) fn domain_id(text: &str) -> Result<DomainId> {
    Ok(DomainId::parse(text)?)
}

pub(super) fn otp_id(text: &str) -> Result<OtpId> {
    Ok(OtpId::parse(text)?)
}

pub(super) fn message_id(text: &str) -> Result<MessageId> {
    text.parse().map_err(invalid::<ParameterError>("message"))
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

/// The recipient whose limits hold, and the same person by the other channels.
fn recipients(
    to: &str,
    other: Option<&str>,
    channels: &[core::Channel],
) -> Result<(Recipient, Option<Recipient>)> {
    let to = recipient(to)?;
    let Some(other) = other else { return Ok((to, None)) };
    let other = Recipient::parse_any(other).map_err(invalid("options.other_recipient"))?;
    let Some(first) = channels.first() else { return Ok((to, Some(other))) };
    let (recipient, other) = to.ordered_with(other, *first);
    Ok((recipient, Some(other)))
}

fn parameters(
    algorithm: Option<Algorithm>,
    digits: Option<i32>,
    period: Option<Seconds>,
) -> Result<TotpParameters> {
    Ok(TotpParameters {
        algorithm: chosen(algorithm),
        digits: number::digits("options.digits", digits)?,
        period: number::period("options.period", period)?,
    })
}
