//! The policy of a service, read from an object.

use alloc::vec::Vec;
use core::str::FromStr;

use js_sys::Array;
use keyfob::{
    ParameterError,
    service::{
        AccountId, AttemptPolicy, BreakerPolicy, CodeLifetime, EnrolmentLifetime, Percent, Place,
        Prices, RetentionPolicy, SendPolicy, SendWindow, ServicePolicy, TrafficPolicy,
        UnverifiedPolicy,
    },
};
use wasm_bindgen::JsValue;

use super::request::hours as hours_of;

use crate::{given::Given, number::window, refusal::Blame};

pub fn read(given: &Given) -> Result<ServicePolicy, JsValue> {
    let mut policy = ServicePolicy::default();
    if let Some(given) = given.object("attempts") {
        policy.attempts = attempts(&given, &policy.attempts)?;
    }
    if let Some(given) = given.object("sends") {
        sends(&given, &mut policy.sends)?;
    }
    if let Some(given) = given.object("traffic") {
        traffic(&given, &mut policy.traffic)?;
    }
    if let Some(given) = given.object("simSwap") {
        if let Some(prefixes) = list(&given, "prefixes", "policy.simSwap.prefixes")? {
            policy.sim_swap.prefixes = prefixes;
        }
        if let Some(seconds) = given.whole("cache") {
            policy.sim_swap.cache = seconds;
        }
    }
    if let Some(given) = given.object("retention") {
        policy.retention = retention(&given, policy.retention)?;
    }
    if let Some(steps) = given.value("window") {
        let sides = Array::from(&steps);
        let [before, after] = [0, 1].map(|place| sides.get(place).as_f64());
        policy.window = window(before, after).blame("policy.window")?;
    }
    if let Some(seconds) = given.whole("defaultLifetime") {
        policy.default_lifetime = CodeLifetime::new(seconds).blame("policy.defaultLifetime")?;
    }
    if let Some(seconds) = given.whole("enrolmentLifetime") {
        policy.enrolment_lifetime =
            EnrolmentLifetime::new(seconds).blame("policy.enrolmentLifetime")?;
    }
    if let Some(issuer) = given.text("issuer") {
        policy.issuer = issuer;
    }
    Ok(policy)
}

fn attempts(given: &Given, default: &AttemptPolicy) -> Result<AttemptPolicy, JsValue> {
    let count = |name, default: u16| {
        given.whole(name).map_or(default, |count| u16::try_from(count).unwrap_or(0))
    };
    AttemptPolicy::new(
        count("perBlock", default.per_block()),
        given.whole("firstBlock").unwrap_or(default.first_block()),
        given.whole("longestBlock").unwrap_or(default.longest_block()),
        count("disableAfter", default.disable_after()),
    )
    .blame("policy.attempts")
}

fn sends(given: &Given, policy: &mut SendPolicy) -> Result<(), JsValue> {
    given.limit("perAccountAndDay", &mut policy.per_account_and_day);
    if let Some(windows) = given.value("perRecipient") {
        let windows = Array::from(&windows);
        let read = windows.iter().map(|window| {
            let window = Given::new(window);
            let number = |name| window.whole(name).unwrap_or_default();
            let messages = usize::try_from(number("messages")).unwrap_or(usize::MAX);
            SendWindow::new(number("seconds"), messages)
        });
        let read: Result<_, _> = read.collect();
        policy.per_recipient = read.blame("policy.sends.perRecipient")?;
    }
    Ok(())
}

fn traffic(given: &Given, policy: &mut TrafficPolicy) -> Result<(), JsValue> {
    for (name, limit) in [
        ("perDomainAndDay", &mut policy.per_domain_and_day),
        ("perApiKeyAndDay", &mut policy.per_api_key_and_day),
        ("perClientAndDay", &mut policy.per_client_and_day),
        ("perCountryAndDay", &mut policy.per_country_and_day),
        ("perPrefixAndDay", &mut policy.per_prefix_and_day),
        ("costPerDay", &mut policy.cost_per_day),
    ] {
        given.limit(name, limit);
    }
    if let Some(given) = given.object("prices") {
        policy.prices = prices(&given, core::mem::take(&mut policy.prices))?;
    }
    given.switch("unverified", &mut policy.unverified, unverified)?;
    given.switch("breaker", &mut policy.breaker, breaker)?;
    for (name, path, places) in [
        ("allowed", "policy.traffic.allowed", &mut policy.allowed),
        ("denied", "policy.traffic.denied", &mut policy.denied),
        ("premium", "policy.traffic.premium", &mut policy.premium),
    ] {
        if let Some(given) = list(given, name, path)? {
            *places = given;
        }
    }
    Ok(())
}

fn prices(given: &Given, mut prices: Prices) -> Result<Prices, JsValue> {
    const PLACES: &str = "policy.traffic.prices.places";
    if let Some(price) = given.whole("default") {
        prices.default = price;
    }
    for (place, price) in given.numbers("places") {
        let place: Place = place.parse().blame(PLACES)?;
        prices = prices.with_place(place, price as u64).blame(PLACES)?;
    }
    Ok(prices)
}

fn retention(given: &Given, mut policy: RetentionPolicy) -> Result<RetentionPolicy, JsValue> {
    if let Some(hours) = given.number("hours") {
        policy = RetentionPolicy::new(hours_of(hours)).blame("policy.retention.hours")?;
    }
    for (account, hours) in given.numbers("accounts") {
        let account: AccountId = account.parse().blame("policy.retention.accounts")?;
        policy =
            policy.with_account(account, hours_of(hours)).blame("policy.retention.accounts")?;
    }
    Ok(policy)
}

fn unverified(given: &Given, policy: &mut UnverifiedPolicy) -> Result<(), JsValue> {
    for (name, messages) in [
        ("perCountryAndDay", &mut policy.per_country_and_day),
        ("perCountryAndHour", &mut policy.per_country_and_hour),
        ("perClientAndDay", &mut policy.per_client_and_day),
        ("countriesPerClientAndDay", &mut policy.countries_per_client_and_day),
    ] {
        *messages = given.whole(name).unwrap_or(*messages);
    }
    percent(given, "share", "policy.traffic.unverified.share", &mut policy.share)
}

fn breaker(given: &Given, policy: &mut BreakerPolicy) -> Result<(), JsValue> {
    policy.sends = given.whole("sends").unwrap_or(policy.sends);
    percent(given, "verified", "policy.traffic.breaker.verified", &mut policy.verified)
}

fn percent(given: &Given, name: &str, path: &str, percent: &mut Percent) -> Result<(), JsValue> {
    if let Some(given) = given.whole(name) {
        *percent = Percent::new(u16::try_from(given).unwrap_or(u16::MAX)).blame(path)?;
    }
    Ok(())
}

/// A list of texts, each read as the core reads it.
fn list<T: FromStr<Err = ParameterError>>(
    given: &Given,
    name: &str,
    path: &str,
) -> Result<Option<Vec<T>>, JsValue> {
    let Some(texts) = given.texts(name) else { return Ok(None) };
    let read: Result<_, _> = texts.iter().map(|text| text.parse()).collect();
    read.map(Some).blame(path)
}
