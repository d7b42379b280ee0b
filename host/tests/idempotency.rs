//! The header `Idempotency-Key` as callers meet it.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

mod support;

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, request::Builder},
};
use keyfob::service::{
    AccountId, Begun, Channel, IdempotencyKey, SendPolicy, ServicePolicy, TrafficPolicy,
};
use keyfob_host::{http::BASE, storage::sqlite::Turn};
use serde_json::{Value, json};
use support::{Reply, START, World};
use tokio::task::JoinSet;

const UNKNOWN: &str = "00000000-0000-4000-8000-000000000000";
const TO: &str = "+447700900123";

#[tokio::test]
async fn the_same_request_again_sends_nothing_and_is_answered_the_same() {
    let world = World::new();
    let body = send_body(&world.domain().await, TO);
    let first = post(&world, "send/", "\"key\"", &body).await;
    assert_eq!(first.status, 200, "{}", first.text);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    world.clock.advance(7);
    for (path, key) in [("send/", "\"key\""), ("send", "key")] {
        let again = post(&world, path, key, &body).await;
        assert_eq!((again.status, &again.text), (first.status, &first.text));
        assert_eq!(again.headers["idempotent-replayed"], "true");
        for name in ["content-type", "cache-control"] {
            assert_eq!(again.headers[name], first.headers[name]);
        }
    }
    let world = world.restarted();
    assert_eq!(post(&world, "send/", "key", &body).await.text, first.text, "after a restart, too");
    assert_eq!(messages(&world).await, 1);

    let unkeyed = world.raw("POST", "send/", body.clone()).await;
    assert_eq!(unkeyed.code(), "send-limit", "without the key it is another request");
    world.clock.advance(86_400);
    let next_day = post(&world, "send/", "key", &body).await;
    assert_eq!(next_day.status, 200);
    assert_ne!(next_day.text, first.text, "a key is remembered for a day");
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused_and_changes_nothing() {
    let world = World::new();
    let domain = world.domain().await;
    let body = send_body(&domain, TO);
    let first = post(&world, "send/", "key", &body).await;
    for other in [send_body(&domain, "+447700900124"), format!("{body} ")] {
        let reply = post(&world, "send/", "key", &other).await;
        let refused = (reply.status.as_u16(), reply.code(), reply.field("field"));
        assert_eq!(refused, (422, "idempotency-mismatch".into(), json!("Idempotency-Key")));
        assert!(!reply.text.contains("\"key\""), "the key is not repeated: {}", reply.text);
    }
    assert_eq!(post(&world, "send/", "key", &body).await.text, first.text);
    assert_eq!(messages(&world).await, 1);
}

#[tokio::test]
async fn accounts_and_routes_have_keys_of_their_own() {
    let world = World::new();
    let domain = world.domain().await;
    let sent = post(&world, "send/", "key", &send_body(&domain, TO)).await;
    assert_eq!(sent.status, 200);
    let user = post(&world, "user/", "key", &user_body(&domain)).await;
    assert_eq!(user.status, 200, "{}", user.text);

    let stranger = world.key_of_another_account();
    let reply = world.raw_as(&stranger, "POST", "domain/", "{}").await;
    let body = send_body(reply.field("domain").as_str().unwrap(), TO);
    let theirs = post_as(&world, &stranger, "send/", "key", &body).await;
    assert_eq!(theirs.status, 200, "{}", theirs.text);
    assert_ne!(theirs.field("otp_id"), sent.field("otp_id"));
    assert_eq!(messages(&world).await, 2);
}

#[tokio::test]
async fn a_hundred_at_once_with_one_key_are_one_message_and_one_answer() {
    let world = Arc::new(without_send_limits());
    let body = send_body(&world.domain().await, TO);
    let mut requests = JoinSet::new();
    for _ in 0..100 {
        let (world, body) = (world.clone(), body.clone());
        requests.spawn(async move {
            let first = post(&world, "send/", "key", &body).await;
            if first.status == 409 {
                assert_eq!(first.code(), "idempotency-in-flight");
                assert_eq!(first.headers["retry-after"], "1");
            }
            (first.status.as_u16(), answered(&world, "send/", "key", &body).await.text)
        });
    }
    let replies = requests.join_all().await;
    assert!(replies.iter().all(|(status, _)| [200, 409].contains(status)));
    assert!(replies.iter().all(|(_, text)| *text == replies[0].1 && text.contains("otp_id")));
    assert_eq!(messages(&world).await, 1);
}

/// What the test above is worth: here nothing but the key keeps messages from going out.
#[tokio::test]
async fn a_hundred_at_once_without_a_key_are_many_messages() {
    let world = Arc::new(without_send_limits());
    let body = send_body(&world.domain().await, TO);
    let mut requests = JoinSet::new();
    for _ in 0..100 {
        let (world, body) = (world.clone(), body.clone());
        requests.spawn(async move { world.raw("POST", "send/", body).await.status.as_u16() });
    }
    let sent = requests.join_all().await.into_iter().filter(|status| *status == 200).count();
    assert!(sent > 10, "{sent}");
    assert_eq!(messages(&world).await, sent);
}

#[tokio::test]
async fn a_refused_request_leaves_its_key_free() {
    let world = World::new();
    let domain = world.domain().await;
    for _ in 0..2 {
        let reply = post(&world, "send/", "key", &send_body(UNKNOWN, TO)).await;
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (404, "domain-not-found"));
    }
    assert_eq!(post(&world, "send/", "key", &send_body(&domain, TO)).await.status, 200);

    let body = send_body(&domain, TO);
    let limited = post(&world, "send/", "other", &body).await;
    assert_eq!((limited.status.as_u16(), limited.code().as_str()), (429, "send-limit"));
    world.clock.advance(30);
    assert_eq!(post(&world, "send/", "other", &body).await.status, 200, "the limit is over");
    assert_eq!(messages(&world).await, 2);
}

#[tokio::test]
async fn a_secret_that_was_lost_on_the_way_is_returned_again() {
    let world = World::new();
    let body = user_body(&world.domain().await);
    let first = post(&world, "user/", "key", &body).await;
    assert_eq!(first.field("secret").as_str().unwrap().len(), 32, "{}", first.text);
    let again = post(&world, "user/", "key", &body).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(post(&world, "user/", "other", &body).await.code(), "user-exists");
    assert_eq!(world.raw("POST", "user/", body).await.code(), "user-exists");
}

#[tokio::test]
async fn a_request_that_died_midway_holds_its_key_for_half_a_minute() {
    let world = World::new();
    let body = send_body(&world.domain().await, TO);
    let key = IdempotencyKey::parse("key").unwrap();
    let (service, account) = (&world.app.engine, AccountId([7; 16]));
    let begun = service.begin_idempotent(&world.app, account, "send", &key, body.as_bytes());
    assert!(matches!(begun.await, Ok(Begun::Run(_))), "and whoever held it was killed");

    let world = world.restarted();
    for wait in [0, 29] {
        world.clock.set(START + wait);
        let reply = post(&world, "send/", "key", &body).await;
        let code = (reply.status.as_u16(), reply.code(), reply.field("retry_after"));
        assert_eq!(code, (409, "idempotency-in-flight".into(), json!(1)));
    }
    world.clock.set(START + 30);
    assert_eq!(post(&world, "send/", "key", &body).await.status, 200);
    assert_eq!(messages(&world).await, 1);
}

/// However far the request had come when the client was gone.
#[tokio::test]
async fn a_client_that_hangs_up_finds_its_answer_and_one_message_when_it_asks_again() {
    let world = without_send_limits();
    let body = send_body(&world.domain().await, TO);
    for polls in [1, 2, 5, 20, 100, 400, 1_000, 3_000] {
        let key = format!("after-{polls}");
        let request = post(&world, "send/", &key, &body);
        tokio::select! {
            biased;
            _ = request => {} // it was answered by then
            () = yields(polls) => {}
        }
        let answer = answered(&world, "send/", &key, &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(messages(&world).await, 1, "after {polls} polls");
    }
}

#[tokio::test]
async fn what_cannot_be_a_key_is_refused_before_anything_is_done() {
    let world = World::new();
    let body = send_body(&world.domain().await, TO);
    let long = "k".repeat(256);
    for bad in ["", "\"\"", "a b", "\"a\tb\"", "caf\u{e9}", &long] {
        let reply = post(&world, "send/", bad, &body).await;
        let refused = (reply.status.as_u16(), reply.code(), reply.field("field"));
        let expected = (400, "invalid-idempotency-key".into(), json!("Idempotency-Key"));
        assert_eq!(refused, expected, "{bad}");
    }
    let twice = request(&world.key, "send/", "a").header("idempotency-key", "a");
    let reply = world.request(twice.body(Body::from(body.clone())).unwrap()).await;
    assert_eq!(reply.code(), "invalid-idempotency-key");
    assert_eq!(messages(&world).await, 0);
    assert_eq!(post(&world, "send/", &"k".repeat(255), &body).await.status, 200);
}

#[tokio::test]
async fn a_request_that_cannot_be_used_or_has_no_api_key_touches_no_key() {
    let world = World::new();
    let body = send_body(&world.domain().await, TO);
    let before = world.app.store.stats().writes;
    let stranger = post_as(&world, "kf_wrong", "send/", "a b", &body).await;
    assert_eq!(stranger.code(), "api-key-invalid", "before anything is said of the key");
    assert_eq!(post(&world, "send/", "key", "{").await.status, 400);
    assert_eq!(post(&world, "send/", "key", &"x".repeat(17_000)).await.status, 413);
    assert_eq!(post(&world, "send/", "key", &send_body("1", TO)).await.code(), "invalid-domain");
    assert_eq!(world.app.store.stats().writes, before);
    assert_eq!(post(&world, "send/", "key", &body).await.status, 200);
}

#[tokio::test]
async fn the_description_has_the_header_and_its_answers_where_keys_are_taken() {
    let document = keyfob_host::http::openapi_document();
    let document = serde_json::to_value(document).unwrap();
    let mut takes = vec![];
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let named = |parameter: &&Value| parameter["name"] == "Idempotency-Key";
            let Some(header) = parameters.clone().find(named) else { continue };
            assert_eq!((&header["in"], &header["required"]), (&json!("header"), &json!(false)));
            assert_eq!(header["schema"]["maxLength"], 255);
            for status in ["409", "422"] {
                let text = operation["responses"][status]["description"].as_str().unwrap();
                assert!(text.contains("Idempotency-Key"), "{path} {status}");
            }
            takes.push(format!("{method} {path}"));
        }
    }
    assert_eq!(takes, ["post /identity/otp/user/", "post /identity/otp/send/"]);

    let world = World::new();
    let page = world.request(Request::get("/docs").body(Body::empty()).unwrap()).await.text;
    assert_eq!(page.matches("<code>Idempotency-Key</code><span class=\"kind\">string").count(), 2);
    for code in ["idempotency-in-flight", "idempotency-mismatch", "invalid-idempotency-key"] {
        assert!(page.contains(&format!("<div id=\"{code}\">")), "{code}");
    }
}

fn without_send_limits() -> World {
    let sends = SendPolicy { per_recipient: vec![], per_account_and_day: None };
    let traffic = TrafficPolicy::unlimited();
    World::with_policy(ServicePolicy { sends, traffic, ..ServicePolicy::default() })
}

fn send_body(domain: &str, to: &str) -> String {
    json!({"domain": domain, "channel": "sms", "to": to}).to_string()
}

fn user_body(domain: &str) -> String {
    json!({"domain": domain, "user_id": "alice", "return_secret": true}).to_string()
}

fn request(api_key: &str, path: &str, key: &str) -> Builder {
    Request::post(format!("{BASE}/{path}"))
        .header("x-api-key", api_key)
        .header("content-type", "application/json")
        .header("idempotency-key", key.as_bytes())
}

async fn post_as(world: &World, api_key: &str, path: &str, key: &str, body: &str) -> Reply {
    let request = request(api_key, path, key).body(Body::from(body.to_owned()));
    world.request(request.unwrap()).await
}

async fn post(world: &World, path: &str, key: &str, body: &str) -> Reply {
    post_as(world, &world.key, path, key, body).await
}

/// Asks until the first request is no longer in flight.
async fn answered(world: &World, path: &str, key: &str, body: &str) -> Reply {
    let ask = async {
        loop {
            let reply = post(world, path, key, body).await;
            if reply.status != 409 {
                return reply;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ask).await.expect("the key is locked")
}

async fn yields(times: u32) {
    for _ in 0..times {
        tokio::task::yield_now().await;
    }
}

/// How many messages wait; they are taken.
async fn messages(world: &World) -> usize {
    let now = world.app.clock.now();
    let turn = |channel| Turn {
        channel,
        room: 1_000,
        most_of_one: 1_000,
        held: Vec::new(),
        after: [0; 16],
    };
    let turns = Channel::ALL.map(turn).to_vec();
    let rows = world.app.store.outbox_claim(now, 1_000_000, turns).await.unwrap();
    rows.len()
}
