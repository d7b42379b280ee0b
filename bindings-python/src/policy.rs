//! A policy, as the classes of `keyfob._policy` say it.

use keyfob::service::{
    AttemptPolicy, BreakerPolicy, CodeLifetime, EnrolmentLifetime, Percent, Place, Prices,
    RetentionPolicy, SendPolicy, SendWindow, ServicePolicy, SimSwapCoverage, TrafficPolicy,
    UnverifiedPolicy,
};
use pyo3::prelude::*;

use crate::{
    argument::{Value, owned, small, whole, window, word},
    error::invalid,
    given::{Given, items, pair},
    request::account,
};

/// What a `ServicePolicy` of Python says.
pub(crate) fn policy(given: Value<'_, '_>) -> PyResult<ServicePolicy> {
    let given = Given::of("policy", given, "ServicePolicy")?.unnamed();
    Ok(ServicePolicy {
        attempts: attempts(&given.object("attempts", "AttemptPolicy")?)?,
        sends: sends(&given.object("sends", "SendPolicy")?)?,
        traffic: traffic(&given.object("traffic", "TrafficPolicy")?)?,
        window: given.read("window", window)?,
        default_lifetime: given.read("default_lifetime", |name, value| {
            CodeLifetime::new(whole(name, value)?).map_err(invalid(name))
        })?,
        enrolment_lifetime: given.read("enrolment_lifetime", |name, value| {
            EnrolmentLifetime::new(whole(name, value)?).map_err(invalid(name))
        })?,
        sim_swap: sim_swap(&given.object("sim_swap", "SimSwapCoverage")?)?,
        retention: retention(&given.object("retention", "RetentionPolicy")?)?,
        issuer: given.read("issuer", owned)?,
    })
}

fn attempts(given: &Given<'_>) -> PyResult<AttemptPolicy> {
    AttemptPolicy::new(
        given.read("per_block", small)?,
        given.read("first_block", whole)?,
        given.read("longest_block", whole)?,
        given.read("disable_after", small)?,
    )
    .map_err(invalid("attempts"))
}

fn sends(given: &Given<'_>) -> PyResult<SendPolicy> {
    let wanted = "pairs of seconds and messages, such as [(600, 5)]";
    let per_recipient = given.each("per_recipient", wanted, |name, value| {
        let (seconds, messages) = pair(name, value, wanted)?;
        let messages = usize::try_from(whole(name, &messages)?).unwrap_or(usize::MAX);
        SendWindow::new(whole(name, &seconds)?, messages).map_err(invalid(name))
    })?;
    let per_account_and_day = given.optional("per_account_and_day", whole)?;
    Ok(SendPolicy { per_recipient, per_account_and_day })
}

fn traffic(given: &Given<'_>) -> PyResult<TrafficPolicy> {
    let limit = |name| given.optional(name, whole);
    let places = |name| given.each(name, "places, such as [\"GB\", \"+353\"]", word);
    Ok(TrafficPolicy {
        per_domain_and_day: limit("per_domain_and_day")?,
        per_api_key_and_day: limit("per_api_key_and_day")?,
        per_client_and_day: limit("per_client_and_day")?,
        per_country_and_day: limit("per_country_and_day")?,
        per_prefix_and_day: limit("per_prefix_and_day")?,
        cost_per_day: limit("cost_per_day")?,
        prices: prices(&given.object("prices", "Prices")?)?,
        allowed: places("allowed")?,
        denied: places("denied")?,
        premium: places("premium")?,
        unverified: given.optional("unverified", unverified)?,
        breaker: given.optional("breaker", breaker)?,
    })
}

fn prices(given: &Given<'_>) -> PyResult<Prices> {
    let wanted = "a dict of prices by place, such as {\"GB\": 4}";
    let price = |name: &str, value: Value<'_, '_>| -> PyResult<(Place, u64)> {
        let (place, price) = pair(name, value, wanted)?;
        Ok((word(name, &place)?, whole(name, &price)?))
    };
    let prices = Prices { default: given.read("default", whole)?, ..Prices::default() };
    given.read("places", |name, value| {
        items(name, value, wanted, price)?.into_iter().try_fold(prices, |prices, (place, price)| {
            prices.with_place(place, price).map_err(invalid(name))
        })
    })
}

fn unverified(name: &str, value: Value<'_, '_>) -> PyResult<UnverifiedPolicy> {
    let given = Given::of(name, value, "UnverifiedPolicy")?;
    Ok(UnverifiedPolicy {
        per_country_and_day: given.read("per_country_and_day", whole)?,
        per_country_and_hour: given.read("per_country_and_hour", whole)?,
        per_client_and_day: given.read("per_client_and_day", whole)?,
        share: given.read("share", percent)?,
        countries_per_client_and_day: given.read("countries_per_client_and_day", whole)?,
    })
}

fn breaker(name: &str, value: Value<'_, '_>) -> PyResult<BreakerPolicy> {
    let given = Given::of(name, value, "BreakerPolicy")?;
    let (sends, verified) = (given.read("sends", whole)?, given.read("verified", percent)?);
    Ok(BreakerPolicy { sends, verified })
}

fn sim_swap(given: &Given<'_>) -> PyResult<SimSwapCoverage> {
    let prefixes = given.each("prefixes", "beginnings of numbers, such as [\"+44\"]", word)?;
    Ok(SimSwapCoverage { prefixes, cache: given.read("cache", whole)? })
}

fn retention(given: &Given<'_>) -> PyResult<RetentionPolicy> {
    let policy = RetentionPolicy::new(given.read("hours", small)?);
    let wanted = "a dict of hours by account";
    let accounts = given.items("accounts", wanted, |name, value| {
        let (id, hours) = pair(name, value, wanted)?;
        Ok((account(name, &id)?, small(name, &hours)?))
    })?;
    let policy = policy.map_err(invalid("retention.hours"))?;
    accounts.into_iter().try_fold(policy, |policy, (account, hours)| {
        policy.with_account(account, hours).map_err(invalid("retention.accounts"))
    })
}

fn percent(name: &str, value: Value<'_, '_>) -> PyResult<Percent> {
    Percent::new(small(name, value)?).map_err(invalid(name))
}

/// All of a policy as text, or of the engine's own: what the tests compare.
#[pyfunction]
pub(crate) fn describe_policy(given: Option<Value<'_, '_>>) -> PyResult<String> {
    let policy = given.map_or_else(|| Ok(ServicePolicy::default()), policy)?;
    Ok(format!("{policy:?}"))
}
