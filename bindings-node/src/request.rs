//! What JavaScript asks of a service, as JSON, into the words of the core.

use std::collections::HashMap;

use keyfob::{
    ParameterError, Secret, TotpParameters,
    service::{
        Channel, ClientAddress, DeliveryState, DomainId, DomainSettings, KeyRing, Language,
        MasterKey, MessageId, NewEnrolment, NewUser, OtpId, Recipient, RecipientError, SendRequest,
        SimSwapAction, SimSwapPolicy, Ticket, Traffic, TransactionContext, UserId,
    },
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    messages,
    number::{hours, whole},
    policy,
    service::NumberedKey,
    thrown::{At, Result, invalid, of_service},
    totp,
};

/// Reads the JSON of `argument`.
pub(crate) fn read<T: DeserializeOwned>(argument: &str, json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| {
        let text = error.to_string(); // names the field; where in our JSON helps nobody
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        invalid(argument, &format!("as documented: {what}"))
    })
}

pub(crate) fn keys(root: &[u8], sealing: &[NumberedKey]) -> Result<KeyRing> {
    let root = master_key("keys", root)?;
    let [first, later @ ..] = sealing else {
        return Err(ParameterError::Key.at("keys"));
    };
    let ring = KeyRing::new(&root, key_id(first.id)?, &master_key("keys", &first.key)?);
    later.iter().try_fold(ring, |ring, NumberedKey { id, key }| {
        Ok(ring.with_key(key_id(*id)?, &master_key("keys", key)?))
    })
}

fn key_id(id: f64) -> Result<u32> {
    #[allow(clippy::cast_sign_loss)] // the range says it
    if id.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&id) {
        return Ok(id as u32);
    }
    Err(invalid("keys", "given with sealing keys whose ids are 0 to 2^32 - 1"))
}

fn master_key(argument: &str, bytes: &[u8]) -> Result<MasterKey> {
    MasterKey::from_bytes(bytes).map_err(|error| error.at(argument))
}

/// What a new secret and its device are to be.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Enrol {
    domain: String,
    user_id: String,
    #[serde(default)]
    accept_short_secret: bool,
    account_name: Option<String>,
    algorithm: Option<String>,
    digits: Option<f64>,
    period: Option<f64>,
    #[serde(default)]
    return_secret: bool,
    #[serde(default)]
    revoke: bool,
}

impl Enrol {
    pub(crate) fn user(self, secret: Option<Secret>) -> Result<(DomainId, NewUser)> {
        let user = NewUser {
            secret,
            accept_short_secret: self.accept_short_secret,
            parameters: self.parameters()?.unwrap_or_default(),
            return_secret: self.return_secret,
            user_id: user_id(&self.user_id)?,
            account_name: self.account_name,
        };
        Ok((domain(&self.domain)?, user))
    }

    pub(crate) fn enrolment(self, secret: Option<Secret>) -> Result<(DomainId, NewEnrolment)> {
        let enrolment = NewEnrolment {
            secret,
            accept_short_secret: self.accept_short_secret,
            parameters: self.parameters()?,
            revoke: self.revoke,
            user_id: user_id(&self.user_id)?,
            account_name: self.account_name,
        };
        Ok((domain(&self.domain)?, enrolment))
    }

    /// `None` if not one of them is given.
    fn parameters(&self) -> Result<Option<TotpParameters>> {
        if self.algorithm.is_none() && self.digits.is_none() && self.period.is_none() {
            return Ok(None);
        }
        totp::parameters(self.algorithm.as_deref(), self.digits, self.period).map(Some)
    }
}

/// When not to send because of the SIM.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SimSwap {
    max_age_hours: Option<f64>,
    on_swapped: Option<String>,
    on_unknown: Option<String>,
}

impl SimSwap {
    fn policy(self) -> Result<SimSwapPolicy> {
        let usual = SimSwapPolicy::default();
        let action = |name: &str, given: Option<String>, usual: SimSwapAction| {
            let given = given.map_or(Ok(usual), |given| given.parse());
            given.map_err(|error: ParameterError| error.at(name))
        };
        Ok(SimSwapPolicy {
            max_age_hours: self.max_age_hours.map_or(usual.max_age_hours, hours),
            on_swapped: action("onSwapped", self.on_swapped, usual.on_swapped)?,
            on_unknown: action("onUnknown", self.on_unknown, usual.on_unknown)?,
        })
    }
}

/// A domain to be created.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewDomain {
    pub(crate) name: Option<String>,
    sim_swap: Option<SimSwap>,
    fallback_after: Option<f64>,
}

impl NewDomain {
    pub(crate) fn settings(&mut self) -> Result<DomainSettings> {
        Ok(DomainSettings {
            sim_swap: self.sim_swap.take().map(SimSwap::policy).transpose()?,
            fallback_after: optional_whole(self.fallback_after, "fallbackAfter")?,
        })
    }
}

/// A code to be sent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Send {
    domain: String,
    channel: Vec<String>,
    to: To,
    message: Option<String>,
    language: Option<String>,
    length: Option<f64>,
    alphabet: Option<String>,
    expiry: Option<f64>,
    context: Option<HashMap<String, String>>,
    ending: Option<Ending>,
    sim_swap: Option<SimSwap>,
    fallback_after: Option<f64>,
    client: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum To {
    One(String),
    Both { phone: String, email: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Ending {
    origin_bound: Option<String>,
    android_app_hash: Option<String>,
}

impl Send {
    pub(crate) fn request(self) -> Result<SendRequest> {
        let channels: Vec<Channel> =
            self.channel.iter().map(|name| messages::channel(name)).collect::<Result<_>>()?;
        let Some(first) = channels.first().copied() else {
            return Err(ParameterError::Channel.at("channel"));
        };
        let (recipient, other_recipient) = recipients(first, &self.to)?;
        let request = SendRequest::new(domain(&self.domain)?, channels, recipient);
        let policy = policy::policy(self.length, self.alphabet.as_deref())?;
        Ok(SendRequest {
            other_recipient,
            fallback_after: optional_whole(self.fallback_after, "fallbackAfter")?,
            template: self.message.as_deref().map(template).transpose()?,
            language: self.language.as_deref().map_or(Ok(Language::default()), language)?,
            policy,
            lifetime: optional_whole(self.expiry, "expiry")?,
            context: context(self.context)?,
            ending: self.ending.map_or(Ok(keyfob::service::Ending::None), Ending::read)?,
            sim_swap: self.sim_swap.map(SimSwap::policy).transpose()?,
            traffic: Traffic {
                client: self.client.as_deref().map(client).transpose()?,
                ..Traffic::default()
            },
            ..request
        })
    }
}

impl Ending {
    fn read(self) -> Result<keyfob::service::Ending> {
        messages::ending(self.origin_bound.as_deref(), self.android_app_hash.as_deref())
    }
}

/// The recipient, and the same person by the channels that do not reach it.
fn recipients(first: Channel, to: &To) -> Result<(Recipient, Option<Recipient>)> {
    let at_to = |error: RecipientError| error.at("to");
    match to {
        To::One(text) => Ok((Recipient::parse_any(text).map_err(at_to)?, None)),
        To::Both { phone, email } => {
            let phone = Recipient::parse(Channel::Sms, phone).map_err(at_to)?;
            let email = Recipient::parse(Channel::Email, email).map_err(at_to)?;
            let (one, other) = phone.ordered_with(email, first);
            Ok((one, Some(other)))
        }
    }
}

fn optional_whole(given: Option<f64>, argument: &str) -> Result<Option<u64>> {
    given.map(|given| whole(given, argument)).transpose()
}

fn template(text: &str) -> Result<keyfob::service::Template> {
    keyfob::service::Template::parse(text).map_err(|error| error.at("message"))
}

fn language(tag: &str) -> Result<Language> {
    Language::lookup(tag).map_err(|error| error.at("language"))
}

fn client(address: &str) -> Result<ClientAddress> {
    address.parse().map_err(|error: ParameterError| error.at("client"))
}

pub(crate) fn context(
    fields: Option<HashMap<String, String>>,
) -> Result<Option<TransactionContext>> {
    let context = fields.map(TransactionContext::new).transpose();
    context.map_err(|error| error.at("context"))
}

pub(crate) fn user_id(text: &str) -> Result<UserId> {
    UserId::parse(text).map_err(|error| of_service(&error))
}

pub(crate) fn domain(text: &str) -> Result<DomainId> {
    DomainId::parse(text).map_err(|error| of_service(&error))
}

pub(crate) fn otp_id(text: &str) -> Result<OtpId> {
    OtpId::parse(text).map_err(|error| of_service(&error))
}

pub(crate) fn ticket(text: &str) -> Result<Ticket> {
    Ticket::parse(text).map_err(|error| of_service(&error))
}

pub(crate) fn message_id(text: &str) -> Result<MessageId> {
    text.parse().map_err(|error: ParameterError| error.at("messageId"))
}

pub(crate) fn delivery_state(name: &str) -> Result<DeliveryState> {
    name.parse().map_err(|error: ParameterError| error.at("state"))
}
