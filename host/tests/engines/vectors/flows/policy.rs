//! Reads what a step chooses about a service; a word that nothing here reads fails the test.

use serde_json::{Map, Value};

use crate::vectors::{
    bindings::exports::keyfob::otp::flows::{
        AttemptPolicy, BreakerPolicy, Policy, SendPolicy, SendWindow, SimSwapCoverage,
        TrafficPolicy, UnverifiedPolicy, Window,
    },
    cases::{number, text},
};

/// Puts what is chosen in the place of what is usual.
pub(super) fn choose(policy: &mut Policy, chosen: &Value) {
    for (name, value) in members(chosen) {
        match name.as_str() {
            "attempts" => policy.attempts = attempts(value),
            "sends" => sends(&mut policy.sends, value),
            "traffic" => traffic(&mut policy.traffic, value),
            "window" => policy.window = window(value),
            "default_lifetime" => policy.default_lifetime = whole(value),
            "enrolment_lifetime" => policy.enrolment_lifetime = whole(value),
            "sim_swap" => policy.sim_swap = coverage(value),
            "retention" => policy.retention.hours = small(value, "hours"),
            "issuer" => text(chosen, "issuer").clone_into(&mut policy.issuer),
            other => panic!("no such part of a policy: {other}"),
        }
    }
}

fn attempts(value: &Value) -> AttemptPolicy {
    AttemptPolicy {
        per_block: small(value, "per_block"),
        first_block: number(value, "first_block"),
        longest_block: number(value, "longest_block"),
        disable_after: small(value, "disable_after"),
    }
}

fn sends(sends: &mut SendPolicy, value: &Value) {
    let window = |it: &Value| SendWindow {
        seconds: number(it, "seconds"),
        messages: number(it, "messages").try_into().unwrap(),
    };
    for (name, value) in members(value) {
        match name.as_str() {
            "per_recipient" => {
                sends.per_recipient = value.as_array().unwrap().iter().map(window).collect();
            }
            "per_account_and_day" => sends.per_account_and_day = value.as_u64(),
            other => panic!("no such limit: {other}"),
        }
    }
}

fn traffic(traffic: &mut TrafficPolicy, value: &Value) {
    for (name, value) in members(value) {
        match name.as_str() {
            "per_domain_and_day" => traffic.per_domain_and_day = value.as_u64(),
            "per_client_and_day" => traffic.per_client_and_day = value.as_u64(),
            "per_country_and_day" => traffic.per_country_and_day = value.as_u64(),
            "per_prefix_and_day" => traffic.per_prefix_and_day = value.as_u64(),
            "cost_per_day" => traffic.cost_per_day = value.as_u64(),
            "prices" => prices(traffic, value),
            "allowed" => traffic.allowed = texts(value),
            "denied" => traffic.denied = texts(value),
            "unverified" => traffic.unverified = value.as_object().map(|_| unverified(value)),
            "breaker" => traffic.breaker = value.as_object().map(|_| breaker(value)),
            other => panic!("no such rule: {other}"),
        }
    }
}

fn prices(traffic: &mut TrafficPolicy, value: &Value) {
    let price = |(place, price): (&String, &Value)| (place.clone(), whole(price));
    traffic.default_price = number(value, "default");
    traffic.prices = members(&value["places"]).iter().map(price).collect();
}

fn unverified(value: &Value) -> UnverifiedPolicy {
    UnverifiedPolicy {
        per_country_and_day: number(value, "per_country_and_day"),
        per_country_and_hour: number(value, "per_country_and_hour"),
        per_client_and_day: number(value, "per_client_and_day"),
        share: small(value, "share"),
        countries_per_client_and_day: number(value, "countries_per_client_and_day"),
    }
}

fn breaker(value: &Value) -> BreakerPolicy {
    BreakerPolicy { sends: number(value, "sends"), verified: small(value, "verified") }
}

fn coverage(value: &Value) -> SimSwapCoverage {
    SimSwapCoverage { prefixes: texts(&value["prefixes"]), cache: number(value, "cache") }
}

fn window(value: &Value) -> Window {
    let steps = |value: &Value| whole(value).try_into().unwrap();
    Window { before: steps(&value[0]), after: steps(&value[1]) }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn members(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap()
}

fn whole(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

fn small(value: &Value, name: &str) -> u16 {
    number(value, name).try_into().unwrap()
}
