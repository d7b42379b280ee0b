//! What flows are given, read from objects.

use alloc::vec::Vec;

use keyfob::{
    ParameterError, TotpParameters,
    service::{
        Channel, Destination, DomainChange, DomainSettings, Language, NewEnrolment, NewUser,
        Recipient, SendRequest, SimSwapAction, SimSwapChange, SimSwapPolicy, Template, Traffic,
    },
};
use wasm_bindgen::JsValue;

use crate::{
    given::Given,
    message::{ending, optional_context},
    policy,
    refusal::Blame,
    totp,
};

pub fn settings(options: &Given) -> Result<DomainSettings, JsValue> {
    let sim_swap = options.object("simSwap").map(|policy| sim_swap(&policy)).transpose()?;
    Ok(DomainSettings { sim_swap, fallback_after: options.whole("fallbackAfter") })
}

pub fn change(given: &Given) -> Result<DomainChange, JsValue> {
    let sim_swap = |given: &Given, name: &str| -> Result<Option<SimSwapChange>, JsValue> {
        let Some(given) = given.object(name) else { return Ok(None) };
        let action = |name, path| given.edit(name, |given, name| action(given, name, path));
        Ok(Some(SimSwapChange {
            max_age_hours: given
                .edit("maxAgeHours", |given, name| Ok(given.number(name).map(hours)))?,
            on_swapped: action("onSwapped", "simSwap.onSwapped")?,
            on_unknown: action("onUnknown", "simSwap.onUnknown")?,
        }))
    };
    Ok(DomainChange {
        name: given.edit("name", |given, name| Ok(given.text(name)))?,
        sim_swap: given.edit("simSwap", sim_swap)?,
        fallback_after: given.edit("fallbackAfter", |given, name| Ok(given.whole(name)))?,
    })
}

pub fn user(
    user_id: &str,
    secret: Option<crate::secret::Secret>,
    options: &Given,
) -> Result<NewUser, JsValue> {
    Ok(NewUser {
        secret: secret.map(|secret| secret.0),
        accept_short_secret: options.is_true("acceptShortSecret"),
        parameters: parameters(options)?.unwrap_or_default(),
        account_name: options.text("accountName"),
        return_secret: options.is_true("returnSecret"),
        user_id: super::user_id(user_id)?,
    })
}

pub fn enrolment(
    user_id: &str,
    secret: Option<crate::secret::Secret>,
    options: &Given,
) -> Result<NewEnrolment, JsValue> {
    Ok(NewEnrolment {
        secret: secret.map(|secret| secret.0),
        accept_short_secret: options.is_true("acceptShortSecret"),
        parameters: parameters(options)?,
        account_name: options.text("accountName"),
        revoke: options.is_true("revoke"),
        user_id: super::user_id(user_id)?,
    })
}

pub fn send(options: &Given) -> Result<SendRequest, JsValue> {
    let names = options.texts("channel").unwrap_or_default();
    let channels: Result<Vec<Channel>, _> = names.iter().map(|name| super::channel(name)).collect();
    let channels = channels?;
    let (recipient, other_recipient) = recipients(&channels, options)?;
    let template = options.text("message").map(|text| Template::parse(&text)).transpose();
    let language = options.text("language").map(|tag| Language::lookup(&tag)).transpose();
    let client = options.text("client").map(|address| address.parse()).transpose();
    Ok(SendRequest {
        domain: super::domain(&options.needed_text("domain"))?,
        recipient,
        other_recipient,
        channels,
        fallback_after: options.whole("fallbackAfter"),
        template: template.blame("message")?,
        language: language.blame("language")?.unwrap_or_default(),
        policy: policy::policy(options.number("length"), options.text("alphabet").as_deref())?,
        lifetime: options.whole("expiry"),
        context: optional_context(options)?,
        ending: ending(options)?,
        sim_swap: options.object("simSwap").map(|policy| sim_swap(&policy)).transpose()?,
        traffic: Traffic {
            client: client.blame("client")?,
            api_key: options.text("apiKey"),
            destination: options
                .object("destination")
                .map(|given| destination(&given))
                .transpose()?,
        },
    })
}

/// Hours as the core counts them; what is none is out of its range.
pub fn hours(hours: f64) -> u16 {
    let whole = hours as u16; // saturates; no number becomes 0
    if f64::from(whole) == hours { whole } else { 0 }
}

/// The recipient that the first channel reaches, and the other one of the same person.
fn recipients(
    channels: &[Channel],
    options: &Given,
) -> Result<(Recipient, Option<Recipient>), JsValue> {
    let first = *channels.first().ok_or(ParameterError::Channel).blame("channel")?;
    if let Some(to) = options.text("to") {
        return Recipient::parse_any(&to).blame("to").map(|one| (one, None));
    }
    let both = options.object("to").unwrap_or_default();
    let phone = Recipient::parse(Channel::Sms, &both.needed_text("phone")).blame("to.phone")?;
    let email = Recipient::parse(Channel::Email, &both.needed_text("email")).blame("to.email")?;
    let (one, other) = phone.ordered_with(email, first);
    Ok((one, Some(other)))
}

fn destination(given: &Given) -> Result<Destination, JsValue> {
    let region = given.text("region").map(|region| region.parse()).transpose();
    Ok(Destination {
        region: region.blame("destination.region")?,
        premium: given.is_true("premium"),
    })
}

fn sim_swap(policy: &Given) -> Result<SimSwapPolicy, JsValue> {
    let default = SimSwapPolicy::default();
    Ok(SimSwapPolicy {
        max_age_hours: policy.number("maxAgeHours").map_or(default.max_age_hours, hours),
        on_swapped: action(policy, "onSwapped", "simSwap.onSwapped")?.unwrap_or(default.on_swapped),
        on_unknown: action(policy, "onUnknown", "simSwap.onUnknown")?.unwrap_or(default.on_unknown),
    })
}

fn action(policy: &Given, name: &str, path: &str) -> Result<Option<SimSwapAction>, JsValue> {
    policy.text(name).map(|action| action.parse().blame(path)).transpose()
}

/// `None` where nothing is said of the codes.
fn parameters(options: &Given) -> Result<Option<TotpParameters>, JsValue> {
    let algorithm = options.text("algorithm");
    let (digits, period) = (options.number("digits"), options.number("period"));
    if algorithm.is_none() && digits.is_none() && period.is_none() {
        return Ok(None);
    }
    Ok(Some(TotpParameters {
        algorithm: totp::algorithm(algorithm)?,
        digits: totp::digits(digits)?,
        period: totp::period(period)?,
    }))
}
