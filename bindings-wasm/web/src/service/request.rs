//! What flows are given, read from objects.

use alloc::vec::Vec;

use keyfob::{
    Error, Secret, TotpParameters,
    service::{
        Channel, DomainId, DomainSettings, Language, NewEnrolment, NewUser, Recipient,
        RecipientError, SendRequest, ServiceError, SimSwapAction, SimSwapPolicy, Template, Traffic,
        UserId,
    },
};
use wasm_bindgen::JsValue;

use crate::{
    code,
    given::Given,
    message::{ending, optional_context},
    refusal::Blame,
    totp,
};

pub fn settings(options: &Given) -> Result<DomainSettings, JsValue> {
    let sim_swap = options.object("simSwap").map(|policy| sim_swap(&policy)).transpose()?;
    Ok(DomainSettings { sim_swap, fallback_after: options.whole("fallbackAfter")? })
}

pub fn user(
    user_id: &str,
    secret: Option<crate::secret::Secret>,
    options: &Given,
) -> Result<Result<NewUser, ServiceError>, JsValue> {
    let accept_short_secret = options.is_true("acceptShortSecret");
    let parameters = parameters(options)?.unwrap_or_default();
    let account_name = options.text("accountName");
    let return_secret = options.is_true("returnSecret");
    let secret: Option<Secret> = secret.map(|secret| secret.0);
    Ok(UserId::parse(user_id).map(|user_id| NewUser {
        secret,
        accept_short_secret,
        parameters,
        account_name,
        return_secret,
        ..NewUser::new(user_id)
    }))
}

pub fn enrolment(
    user_id: &str,
    secret: Option<crate::secret::Secret>,
    options: &Given,
) -> Result<Result<NewEnrolment, ServiceError>, JsValue> {
    let accept_short_secret = options.is_true("acceptShortSecret");
    let parameters = parameters(options)?;
    let account_name = options.text("accountName");
    let revoke = options.is_true("revoke");
    let secret: Option<Secret> = secret.map(|secret| secret.0);
    Ok(UserId::parse(user_id).map(|user_id| NewEnrolment {
        secret,
        accept_short_secret,
        parameters,
        account_name,
        revoke,
        ..NewEnrolment::new(user_id)
    }))
}

/// What a request says in the wrong type throws at once; what the core refuses, the flow says.
pub fn send(options: &Given) -> Result<Result<SendRequest, ServiceError>, JsValue> {
    let domain = DomainId::parse(&options.needed_text("domain"));
    let channels = channels(options);
    let first = channels.as_ref().ok().and_then(|channels| channels.first().copied());
    let recipients = recipients(first.unwrap_or(Channel::Sms), options);
    let template = options.text("message");
    let language = options.text("language");
    let policy = code::policy(options.number("length"), options.text("alphabet").as_deref())?;
    let lifetime = options.whole("expiry")?;
    let context = optional_context(options)?;
    let ending = ending(options)?;
    let sim_swap = options.object("simSwap").map(|policy| sim_swap(&policy)).transpose()?;
    let fallback_after = options.whole("fallbackAfter")?;
    let client = options.text("client");
    let read = move || {
        let (recipient, other_recipient) = recipients?;
        let template = template.map(|text| Template::parse(&text)).transpose();
        let language = language.map(|tag| Language::lookup(&tag)).transpose();
        let client = client.map(|address| address.parse()).transpose();
        Ok(SendRequest {
            domain: domain?,
            channels: channels?,
            recipient,
            other_recipient,
            fallback_after,
            template: invalid(template, "message")?,
            language: invalid(language, "language")?.unwrap_or_default(),
            policy,
            lifetime,
            context,
            ending,
            sim_swap,
            traffic: Traffic { client: invalid(client, "client")?, ..Traffic::default() },
        })
    };
    Ok(read())
}

pub fn channel(name: &str) -> Result<Channel, ServiceError> {
    invalid(name.parse(), "channel")
}

/// Hours as the core counts them; what is none is out of its range.
pub fn hours(hours: f64) -> u16 {
    let whole = hours as u16; // saturates; no number becomes 0
    if f64::from(whole) == hours { whole } else { 0 }
}

fn channels(options: &Given) -> Result<Vec<Channel>, ServiceError> {
    options.texts("channel").unwrap_or_default().iter().map(|name| channel(name)).collect()
}

type Recipients = (Recipient, Option<Recipient>);

/// The recipient that the first channel reaches, and the other one of the same person.
fn recipients(first: Channel, options: &Given) -> Result<Recipients, ServiceError> {
    if let Some(to) = options.text("to") {
        return invalid(Recipient::parse_any(&to), "to").map(|one| (one, None));
    }
    let both = options.object("to").unwrap_or_default();
    let read = || -> Result<Recipients, RecipientError> {
        let phone = Recipient::parse(Channel::Sms, &both.needed_text("phone"))?;
        let email = Recipient::parse(Channel::Email, &both.needed_text("email"))?;
        let (one, other) = phone.ordered_with(email, first);
        Ok((one, Some(other)))
    };
    invalid(read(), "to")
}

fn sim_swap(policy: &Given) -> Result<SimSwapPolicy, JsValue> {
    let default = SimSwapPolicy::default();
    let action = |name: &str, default: SimSwapAction| {
        policy.text(name).map_or(Ok(default), |given| given.parse().blame(name))
    };
    Ok(SimSwapPolicy {
        max_age_hours: policy.number("maxAgeHours").map_or(default.max_age_hours, hours),
        on_swapped: action("onSwapped", default.on_swapped)?,
        on_unknown: action("onUnknown", default.on_unknown)?,
    })
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

fn invalid<T, E: Into<Error>>(read: Result<T, E>, field: &'static str) -> Result<T, ServiceError> {
    read.map_err(|error| ServiceError::Invalid { field, error: error.into() })
}
