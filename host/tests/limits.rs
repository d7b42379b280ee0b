//! Limits on sending as callers meet them: status, code, what to wait for, and what
//! operators see.
#![allow(clippy::unwrap_used)]

mod support;

use keyfob::service::{Place, ServicePolicy, TrafficPolicy};
use serde_json::{Value, json};
use support::{Reply, START, World};

/// START is in the middle of a day.
const REST_OF_DAY: u64 = 86_400 - START % 86_400;

fn world(change: impl FnOnce(&mut TrafficPolicy)) -> World {
    let mut traffic = TrafficPolicy::unlimited();
    change(&mut traffic);
    World::with_policy(ServicePolicy { traffic, ..ServicePolicy::default() })
}

async fn send(world: &World, domain: &str, to: &str) -> Reply {
    send_with(world, domain, to, json!({})).await
}

async fn send_with(world: &World, domain: &str, to: &str, more: Value) -> Reply {
    let channel = if to.contains('@') { "email" } else { "sms" };
    let mut body = json!({"domain": domain, "channel": channel, "to": to});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.post("send/", body).await
}

async fn metric(world: &World, reason: &str) -> Option<u64> {
    let request = axum::http::Request::builder().uri("/metrics");
    let text = world.request(request.body(axum::body::Body::empty()).unwrap()).await.text;
    let name = format!("keyfob_send_refusals_total{{reason=\"{reason}\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&name)).map(|count| count.parse().unwrap())
}

/// A limit that passes: 429, how long it lasts in body and header, and whose it is.
async fn assert_limited(world: &World, reply: &Reply, code: &str, limit: &str, seconds: u64) {
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (429, code), "{}", reply.text);
    assert_eq!(reply.field("limit"), limit);
    assert_eq!(reply.field("retry_after"), seconds);
    assert_eq!(reply.headers["retry-after"], seconds.to_string());
    assert!(metric(world, limit).await.unwrap() >= 1, "{limit}");
}

#[tokio::test]
async fn every_limit_says_whose_it_is_and_when_it_passes() {
    type Case = (&'static str, fn(&mut TrafficPolicy));
    let one: [Case; 6] = [
        ("domain", |policy| policy.per_domain_and_day = Some(1)),
        ("api-key", |policy| policy.per_api_key_and_day = Some(1)),
        ("client-address", |policy| policy.per_client_and_day = Some(1)),
        ("country", |policy| policy.per_country_and_day = Some(1)),
        ("prefix", |policy| policy.per_prefix_and_day = Some(1)),
        ("cost", |policy| {
            policy.cost_per_day = Some(7);
            policy.prices.default = 4;
        }),
    ];
    for (limit, change) in one {
        let world = world(change);
        let domain = world.domain().await;
        let client = json!({"client_address": "192.0.2.1"});
        let reply = send_with(&world, &domain, "+447400000001", client.clone()).await;
        assert_eq!(reply.status, 200, "{limit}: {}", reply.text);
        let reply = send_with(&world, &domain, "+447400000002", client).await;
        assert_limited(&world, &reply, "send-limit", limit, REST_OF_DAY).await;
    }
}

#[tokio::test]
async fn another_key_of_the_account_has_a_limit_of_its_own() {
    let world = world(|policy| policy.per_api_key_and_day = Some(1));
    let domain = world.domain().await;
    assert_eq!(send(&world, &domain, "+447400000001").await.status, 200);
    assert_eq!(send(&world, &domain, "+447400000002").await.status, 429);
    let body = json!({"domain": domain, "channel": "sms", "to": "+447400000002"}).to_string();
    let reply = world.raw_as(&world.another_key(), "POST", "send/", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn codes_that_nobody_verifies_stop_their_country_and_no_other() {
    let world = World::new();
    let domain = world.domain().await;
    let mut out = 0;
    let refused = loop {
        let reply = send(&world, &domain, &format!("+25191{:07}", 10_007 * out)).await;
        if reply.status != 200 {
            break reply;
        }
        out += 1;
    };
    assert_eq!(out, 10);
    let seconds = 3_600 - START % 3_600;
    assert_limited(&world, &refused, "unverified-sends", "unverified-country", seconds).await;
    assert_eq!(send(&world, &domain, "+447400000001").await.status, 200);
    assert_eq!(send(&world, &domain, "+441481960194").await.status, 200, "Guernsey");
    assert_eq!(send(&world, &domain, "ann@example.com").await.status, 200);
}

#[tokio::test]
async fn a_range_whose_codes_do_not_come_back_is_stopped_for_an_hour() {
    let world = world(|policy| policy.breaker = Some(keyfob::service::BreakerPolicy::default()));
    let domain = world.domain().await;
    let hour = START - START % 3_600;
    world.clock.set(hour + 3_600);
    for n in 0..20 {
        assert_eq!(send(&world, &domain, &format!("+44740000{n:04}")).await.status, 200);
    }
    world.clock.set(hour + 3_600 + 720);
    let reply = send(&world, &domain, "+447400001000").await;
    assert_limited(&world, &reply, "prefix-stopped", "stopped-prefix", 3_600).await;
}

#[tokio::test]
async fn places_and_ranges_that_are_not_allowed_are_refused_for_good() {
    let place = |text: &str| text.parse::<Place>().unwrap();
    let world = world(|policy| {
        policy.allowed = vec![place("GB"), place("+49")];
        policy.denied = vec![place("+4915")];
    });
    let domain = world.domain().await;
    for (to, code) in [
        ("+33612345678", "destination-not-allowed"),
        ("+4915123456789", "destination-not-allowed"),
        ("+441481960194", "destination-not-allowed"), // Guernsey is not Great Britain
        ("+449012345678", "premium-number"),
    ] {
        let reply = send(&world, &domain, to).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (403, code), "{to}");
        assert_eq!((reply.field("field"), reply.field("retry_after")), (json!("to"), Value::Null));
    }
    assert_eq!(metric(&world, "destination-not-allowed").await, Some(3));
    assert_eq!(metric(&world, "premium-number").await, Some(1));
    assert_eq!(send(&world, &domain, "+447400000001").await.status, 200);
}

#[tokio::test]
async fn a_number_that_no_country_has_or_an_address_that_is_none_is_named() {
    let world = World::new();
    let domain = world.domain().await;
    for to in ["+999123456789", "+44123", "+44740000000123"] {
        let reply = send(&world, &domain, to).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "phone-impossible"));
        assert_eq!(reply.field("field"), "to");
        assert!(!reply.text.contains(&to[1..]), "{}", reply.text);
    }
    let client = json!({"client_address": "192.0.2.1:443"});
    let reply = send_with(&world, &domain, "+447400000001", client).await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (400, "invalid-client-address"));
    assert_eq!(reply.field("field"), "client_address");
    assert!(!reply.text.contains("192.0.2.1:443"));
}

#[tokio::test]
async fn however_a_number_is_written_it_is_one_recipient() {
    let world = World::new();
    let domain = world.domain().await;
    assert_eq!(send(&world, &domain, "+447400000001").await.status, 200);
    let reply = send(&world, &domain, "+4407400000001").await;
    assert_limited(&world, &reply, "send-limit", "recipient", 30).await;
    let body = json!({"domain": domain, "to": "+4407400000001"});
    assert_eq!(world.post("erase/", body).await.status, 204);
    assert_eq!(send(&world, &domain, "+447400000001").await.status, 200, "it was erased");
}

#[tokio::test]
async fn of_many_sends_at_once_as_many_go_out_as_the_limit_has_room_for() {
    let world = std::sync::Arc::new(world(|policy| policy.per_country_and_day = Some(7)));
    let domain = world.domain().await;
    let mut sends = tokio::task::JoinSet::new();
    for n in 0..200 {
        let (world, domain) = (world.clone(), domain.clone());
        let to = format!("+4474{n:04}0001");
        sends.spawn(async move { send(&world, &domain, &to).await.status.as_u16() });
    }
    let statuses = sends.join_all().await;
    let with = |status| statuses.iter().filter(|answer| **answer == status).count();
    assert_eq!((with(200), with(429)), (7, 193));
}
