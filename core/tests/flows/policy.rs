//! Reads what a step chooses about a service. The rest is as usual; a word that nothing here reads
//! fails the test.

use keyfob::{
    Window,
    service::{
        AttemptPolicy, BreakerPolicy, CodeLifetime, EnrolmentLifetime, Percent, Place, Prices,
        RetentionPolicy, SendPolicy, SendWindow, ServicePolicy, SimSwapCoverage, TrafficPolicy,
        UnverifiedPolicy,
    },
};
use serde_json::{Map, Value};

pub(super) fn read(chosen: &Value) -> ServicePolicy {
    let mut policy = ServicePolicy::default();
    for (name, value) in members(chosen) {
        match name.as_str() {
            "attempts" => policy.attempts = attempts(value),
            "sends" => sends(&mut policy.sends, value),
            "traffic" => traffic(&mut policy.traffic, value),
            "window" => policy.window = window(value),
            "default_lifetime" => {
                policy.default_lifetime = CodeLifetime::new(whole(value)).unwrap();
            }
            "enrolment_lifetime" => {
                policy.enrolment_lifetime = EnrolmentLifetime::new(whole(value)).unwrap();
            }
            "sim_swap" => policy.sim_swap = coverage(value),
            "retention" => policy.retention = RetentionPolicy::new(small(&value["hours"])).unwrap(),
            "issuer" => policy.issuer = value.as_str().unwrap().to_owned(),
            other => panic!("no such part of a policy: {other}"),
        }
    }
    policy
}

fn attempts(value: &Value) -> AttemptPolicy {
    let (per_block, disable_after) = (small(&value["per_block"]), small(&value["disable_after"]));
    let (first_block, longest_block) =
        (whole(&value["first_block"]), whole(&value["longest_block"]));
    AttemptPolicy::new(per_block, first_block, longest_block, disable_after).unwrap()
}

fn sends(sends: &mut SendPolicy, value: &Value) {
    let window = |it: &Value| SendWindow {
        seconds: whole(&it["seconds"]),
        messages: whole(&it["messages"]) as usize,
    };
    for (name, value) in members(value) {
        match name.as_str() {
            "per_recipient" => sends.per_recipient = items(value).map(window).collect(),
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
            "prices" => traffic.prices = prices(value),
            "allowed" => traffic.allowed = items(value).map(place).collect(),
            "denied" => traffic.denied = items(value).map(place).collect(),
            "unverified" => traffic.unverified = value.as_object().map(|_| unverified(value)),
            "breaker" => traffic.breaker = value.as_object().map(|_| breaker(value)),
            other => panic!("no such rule: {other}"),
        }
    }
}

fn prices(value: &Value) -> Prices {
    let price = |(name, price): (&String, &Value)| (name.parse().unwrap(), whole(price));
    Prices {
        default: whole(&value["default"]),
        places: members(&value["places"]).iter().map(price).collect(),
    }
}

fn unverified(value: &Value) -> UnverifiedPolicy {
    UnverifiedPolicy {
        per_country_and_day: whole(&value["per_country_and_day"]),
        per_country_and_hour: whole(&value["per_country_and_hour"]),
        per_client_and_day: whole(&value["per_client_and_day"]),
        share: Percent::new(small(&value["share"])).unwrap(),
        countries_per_client_and_day: whole(&value["countries_per_client_and_day"]),
    }
}

fn breaker(value: &Value) -> BreakerPolicy {
    let verified = Percent::new(small(&value["verified"])).unwrap();
    BreakerPolicy { sends: whole(&value["sends"]), verified }
}

fn coverage(value: &Value) -> SimSwapCoverage {
    let prefixes = items(&value["prefixes"]).map(|it| it.as_str().unwrap().parse().unwrap());
    SimSwapCoverage { prefixes: prefixes.collect(), cache: whole(&value["cache"]) }
}

fn window(value: &Value) -> Window {
    Window::new(whole(&value[0]) as u8, whole(&value[1]) as u8).unwrap()
}

fn place(value: &Value) -> Place {
    value.as_str().unwrap().parse().unwrap()
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
