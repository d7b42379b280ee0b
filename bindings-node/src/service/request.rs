//! What JavaScript asks of a service, as JSON, into the words of the core.

use std::collections::HashMap;

use keyfob::{
    ParameterError, Secret, TotpParameters,
    service::{
        Channel, ClientAddress, DeliveryState, Destination, DomainChange, DomainId, DomainSettings,
        Edit, KeyRing, Language, MasterKey, MessageId, NewEnrolment, NewUser, OtpId, Recipient,
        RecipientError, SendRequest, SimSwapAction, SimSwapChange, SimSwapPolicy, Ticket, Traffic,
        UserId,
    },
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{NumberedKey, policy::edit};
use crate::{
    message,
    number::hours,
    policy,
    thrown::{At, Result, invalid, of_service},
    totp,
};

/// Reads the JSON of `argument`.
pub(super) fn read<T: DeserializeOwned>(argument: &str, json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|error| {
        let text = error.to_string(); // names the field; where in our JSON helps nobody
        let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
        invalid(argument, &format!("as documented: {what}"))
    })
}

pub(super) fn keys(root: &[u8], sealing: &[NumberedKey]) -> Result<KeyRing> {
    let root = master_key("keys.root", root)?;
    let sealing = sealing
        .iter()
        .map(|NumberedKey { id, key }| Ok((*id, master_key("keys.sealing.key", key)?)))
        .collect::<Result<Vec<_>>>()?;
    KeyRing::from_keys(&root, sealing).map_err(|error| error.at("keys.sealing"))
}

fn master_key(argument: &str, bytes: &[u8]) -> Result<MasterKey> {
    MasterKey::from_bytes(bytes).map_err(|error| error.at(argument))
}

/// What a new user and the device are to be.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct User {
    #[serde(default)]
    accept_short_secret: bool,
    account_name: Option<String>,
    algorithm: Option<String>,
    digits: Option<f64>,
    period: Option<f64>,
    #[serde(default)]
    return_secret: bool,
}

/// What another device is to be.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Device {
    #[serde(default)]
    accept_short_secret: bool,
    account_name: Option<String>,
    algorithm: Option<String>,
    digits: Option<f64>,
    period: Option<f64>,
    #[serde(default)]
    revoke: bool,
}

impl User {
    pub(super) fn user(self, user_id: &str, secret: Option<Secret>) -> Result<NewUser> {
        let parameters = parameters(self.algorithm.as_deref(), self.digits, self.period)?;
        Ok(NewUser {
            secret,
            accept_short_secret: self.accept_short_secret,
            parameters: parameters.unwrap_or_default(),
            return_secret: self.return_secret,
            user_id: self::user_id(user_id)?,
            account_name: self.account_name,
        })
    }
}

impl Device {
    pub(super) fn enrolment(self, user_id: &str, secret: Option<Secret>) -> Result<NewEnrolment> {
        Ok(NewEnrolment {
            secret,
            accept_short_secret: self.accept_short_secret,
            parameters: parameters(self.algorithm.as_deref(), self.digits, self.period)?,
            revoke: self.revoke,
            user_id: self::user_id(user_id)?,
            account_name: self.account_name,
        })
    }
}

/// `None` if not one of them is given.
fn parameters(
    algorithm: Option<&str>,
    digits: Option<f64>,
    period: Option<f64>,
) -> Result<Option<TotpParameters>> {
    if algorithm.is_none() && digits.is_none() && period.is_none() {
        return Ok(None);
    }
    totp::parameters(algorithm, digits, period).map(Some)
}

/// When not to send because of the SIM.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct SimSwap {
    max_age_hours: Option<f64>,
    on_swapped: Option<String>,
    on_unknown: Option<String>,
}

impl SimSwap {
    fn policy(self) -> Result<SimSwapPolicy> {
        let usual = SimSwapPolicy::default();
        let action = |name: &str, given: Option<String>, usual: SimSwapAction| {
            given.map_or(Ok(usual), |given| action(name, &given))
        };
        Ok(SimSwapPolicy {
            max_age_hours: self.max_age_hours.map_or(usual.max_age_hours, hours),
            on_swapped: action("simSwap.onSwapped", self.on_swapped, usual.on_swapped)?,
            on_unknown: action("simSwap.onUnknown", self.on_unknown, usual.on_unknown)?,
        })
    }
}

/// A domain to be created.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct NewDomain {
    pub(super) name: Option<String>,
    sim_swap: Option<SimSwap>,
    fallback_after: Option<u64>,
}

impl NewDomain {
    pub(super) fn settings(&mut self) -> Result<DomainSettings> {
        Ok(DomainSettings {
            sim_swap: self.sim_swap.take().map(SimSwap::policy).transpose()?,
            fallback_after: self.fallback_after,
        })
    }
}

/// What to change of a domain.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Change {
    #[serde(default, deserialize_with = "edit")]
    name: Edit<String>,
    #[serde(default, deserialize_with = "edit")]
    sim_swap: Edit<SimSwapEdit>,
    #[serde(default, deserialize_with = "edit")]
    fallback_after: Edit<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[derive(Default)]
struct SimSwapEdit {
    #[serde(deserialize_with = "edit")]
    max_age_hours: Edit<f64>,
    #[serde(deserialize_with = "edit")]
    on_swapped: Edit<String>,
    #[serde(deserialize_with = "edit")]
    on_unknown: Edit<String>,
}

impl Change {
    pub(super) fn change(self) -> Result<DomainChange> {
        Ok(DomainChange {
            name: self.name,
            sim_swap: set(self.sim_swap, SimSwapEdit::change)?,
            fallback_after: self.fallback_after,
        })
    }
}

impl SimSwapEdit {
    fn change(self) -> Result<SimSwapChange> {
        Ok(SimSwapChange {
            max_age_hours: set(self.max_age_hours, |given| Ok(hours(given)))?,
            on_swapped: set(self.on_swapped, |name| action("simSwap.onSwapped", &name))?,
            on_unknown: set(self.on_unknown, |name| action("simSwap.onUnknown", &name))?,
        })
    }
}

fn set<T, U>(edit: Edit<T>, read: impl FnOnce(T) -> Result<U>) -> Result<Edit<U>> {
    Ok(match edit {
        Edit::Keep => Edit::Keep,
        Edit::Clear => Edit::Clear,
        Edit::Set(given) => Edit::Set(read(given)?),
    })
}

fn action(argument: &str, name: &str) -> Result<SimSwapAction> {
    name.parse().map_err(|error: ParameterError| error.at(argument))
}

/// A code to be sent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Send {
    domain: String,
    channel: Vec<String>,
    to: To,
    message: Option<String>,
    language: Option<String>,
    length: Option<f64>,
    alphabet: Option<String>,
    expiry: Option<u64>,
    context: Option<HashMap<String, String>>,
    ending: Option<Ending>,
    sim_swap: Option<SimSwap>,
    fallback_after: Option<u64>,
    client: Option<String>,
    api_key: Option<String>,
    destination: Option<Place>,
}

/// What is known of a number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    region: Option<String>,
    premium: Option<bool>,
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
    pub(super) fn request(self) -> Result<SendRequest> {
        let channels: Vec<Channel> =
            self.channel.iter().map(|name| message::channel(name)).collect::<Result<_>>()?;
        let Some(first) = channels.first().copied() else {
            return Err(ParameterError::Channel.at("channel"));
        };
        let (recipient, other_recipient) = recipients(first, &self.to)?;
        let request = SendRequest::new(domain(&self.domain)?, channels, recipient);
        let policy = policy::policy(self.length, self.alphabet.as_deref())?;
        Ok(SendRequest {
            other_recipient,
            fallback_after: self.fallback_after,
            template: self.message.as_deref().map(template).transpose()?,
            language: self.language.as_deref().map_or(Ok(Language::default()), language)?,
            policy,
            lifetime: self.expiry,
            context: message::context(self.context)?,
            ending: self.ending.map_or(Ok(keyfob::service::Ending::None), Ending::read)?,
            sim_swap: self.sim_swap.map(SimSwap::policy).transpose()?,
            traffic: Traffic {
                client: self.client.as_deref().map(client).transpose()?,
                api_key: self.api_key,
                destination: self.destination.map(Place::destination).transpose()?,
            },
            ..request
        })
    }
}

impl Place {
    fn destination(self) -> Result<Destination> {
        let region = self.region.map(|region| region.parse()).transpose();
        let region = region.map_err(|error: ParameterError| error.at("destination.region"))?;
        Ok(Destination { region, premium: self.premium.unwrap_or_default() })
    }
}

impl Ending {
    fn read(self) -> Result<keyfob::service::Ending> {
        message::ending(self.origin_bound.as_deref(), self.android_app_hash.as_deref())
    }
}

/// The recipient, and the same person by the channels that do not reach it.
fn recipients(first: Channel, to: &To) -> Result<(Recipient, Option<Recipient>)> {
    let at = |argument| move |error: RecipientError| error.at(argument);
    match to {
        To::One(text) => Ok((Recipient::parse_any(text).map_err(at("to"))?, None)),
        To::Both { phone, email } => {
            let phone = Recipient::parse(Channel::Sms, phone).map_err(at("to.phone"))?;
            let email = Recipient::parse(Channel::Email, email).map_err(at("to.email"))?;
            let (one, other) = phone.ordered_with(email, first);
            Ok((one, Some(other)))
        }
    }
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

pub(super) fn user_id(text: &str) -> Result<UserId> {
    UserId::parse(text).map_err(|error| of_service(&error))
}

pub(super) fn domain(text: &str) -> Result<DomainId> {
    DomainId::parse(text).map_err(|error| of_service(&error))
}

pub(super) fn otp_id(text: &str) -> Result<OtpId> {
    OtpId::parse(text).map_err(|error| of_service(&error))
}

pub(super) fn ticket(text: &str) -> Result<Ticket> {
    Ticket::parse(text).map_err(|error| of_service(&error))
}

pub(super) fn message_id(text: &str) -> Result<MessageId> {
    text.parse().map_err(|error: ParameterError| error.at("messageId"))
}

pub(super) fn delivery_state(name: &str) -> Result<DeliveryState> {
    name.parse().map_err(|error: ParameterError| error.at("state"))
}
