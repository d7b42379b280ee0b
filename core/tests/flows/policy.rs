//! Reads what a step chooses about a service. The rest is as usual; a word that nothing here reads
//! fails the test.

use keyfob::{
    ParameterError, Window,
    service::{
        AttemptPolicy, BreakerPolicy, CodeLifetime, EnrolmentLifetime, Percent, Place, Prices,
        RetentionPolicy, SendPolicy, SendWindow, ServiceError, ServicePolicy, SimSwapCoverage,
        TrafficPolicy, UnverifiedPolicy,
    },
};
use serde_json::{Map, Value};

type Result<T> = std::result::Result<T, ParameterError>;

/// The policy that is chosen, or why there is no such policy.
pub(super) fn read(chosen: &Value) -> std::result::Result<ServicePolicy, ServiceError> {
    policy(chosen).map_err(|error| ServiceError::Invalid { field: "policy", error: error.into() })
}

fn policy(chosen: &Value) -> Result<ServicePolicy> {
    let mut policy = ServicePolicy::default();
    for (name, value) in members(chosen) {
        match name.as_str() {
            "attempts" => policy.attempts = attempts(value)?,
            "sends" => sends(&mut policy.sends, value)?,
            "traffic" => traffic(&mut policy.traffic, value)?,
            "window" => policy.window = window(value)?,
            "default_lifetime" => {
                policy.default_lifetime = CodeLifetime::new(whole(value))?;
            }
            "enrolment_lifetime" => {
                policy.enrolment_lifetime = EnrolmentLifetime::new(whole(value))?;
            }
            "sim_swap" => policy.sim_swap = coverage(value)?,
            "retention" => policy.retention = RetentionPolicy::new(small(&value["hours"]))?,
            "issuer" => policy.issuer = value.as_str().unwrap().into(),
            other => panic!("no such part of a policy: {other}"),
        }
    }
    Ok(policy)
}

fn attempts(value: &Value) -> Result<AttemptPolicy> {
    let (per_block, disable_after) = (small(&value["per_block"]), small(&value["disable_after"]));
    let (first_block, longest_block) =
        (whole(&value["first_block"]), whole(&value["longest_block"]));
    AttemptPolicy::new(per_block, first_block, longest_block, disable_after)
}

fn sends(sends: &mut SendPolicy, value: &Value) -> Result<()> {
    let window =
        |it: &Value| SendWindow::new(whole(&it["seconds"]), whole(&it["messages"]) as usize);
    for (name, value) in members(value) {
        match name.as_str() {
            "per_recipient" => {
                sends.per_recipient = items(value).map(window).collect::<Result<_>>()?;
            }
            "per_account_and_day" => sends.per_account_and_day = value.as_u64(),
            other => panic!("no such limit: {other}"),
        }
    }
    Ok(())
}

fn traffic(traffic: &mut TrafficPolicy, value: &Value) -> Result<()> {
    for (name, value) in members(value) {
        match name.as_str() {
            "per_domain_and_day" => traffic.per_domain_and_day = value.as_u64(),
            "per_client_and_day" => traffic.per_client_and_day = value.as_u64(),
            "per_country_and_day" => traffic.per_country_and_day = value.as_u64(),
            "per_prefix_and_day" => traffic.per_prefix_and_day = value.as_u64(),
            "cost_per_day" => traffic.cost_per_day = value.as_u64(),
            "prices" => traffic.prices = prices(value)?,
            "allowed" => {
                traffic.allowed = items(value).map(place).collect::<Result<_>>()?;
            }
            "denied" => {
                traffic.denied = items(value).map(place).collect::<Result<_>>()?;
            }
            "unverified" => {
                traffic.unverified = value.as_object().map(|_| unverified(value)).transpose()?;
            }
            "breaker" => {
                traffic.breaker = value.as_object().map(|_| breaker(value)).transpose()?;
            }
            other => panic!("no such rule: {other}"),
        }
    }
    Ok(())
}

fn prices(value: &Value) -> Result<Prices> {
    let prices = Prices { default: whole(&value["default"]), ..Prices::default() };
    members(&value["places"])
        .iter()
        .try_fold(prices, |prices, (place, price)| prices.with_place(place.parse()?, whole(price)))
}

fn unverified(value: &Value) -> Result<UnverifiedPolicy> {
    Ok(UnverifiedPolicy {
        per_country_and_day: whole(&value["per_country_and_day"]),
        per_country_and_hour: whole(&value["per_country_and_hour"]),
        per_client_and_day: whole(&value["per_client_and_day"]),
        share: Percent::new(small(&value["share"]))?,
        countries_per_client_and_day: whole(&value["countries_per_client_and_day"]),
    })
}

fn breaker(value: &Value) -> Result<BreakerPolicy> {
    let verified = Percent::new(small(&value["verified"]))?;
    Ok(BreakerPolicy { sends: whole(&value["sends"]), verified })
}

fn coverage(value: &Value) -> Result<SimSwapCoverage> {
    let prefixes = items(&value["prefixes"]).map(|it| it.as_str().unwrap().parse());
    let prefixes = prefixes.collect::<Result<_>>()?;
    Ok(SimSwapCoverage { prefixes, cache: whole(&value["cache"]) })
}

fn window(value: &Value) -> Result<Window> {
    Window::new(whole(&value[0]) as u8, whole(&value[1]) as u8)
}

fn place(value: &Value) -> Result<Place> {
    value.as_str().unwrap().parse()
}

fn members(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn small(value: &Value) -> u16 {
    u16::try_from(whole(value)).unwrap()
}
