//! The native engine and the component are one: the same requests over the same clock and entropy
//! have the same answers and leave the same bytes. A component that misbehaves is stopped. And what
//! every language is held against, the component answers as written.
//!
//! `cargo xtask engine` builds the components that this runs.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

mod components;
mod operators;
mod pair;
mod requests;
#[path = "../support/mod.rs"]
mod support;
mod tables;
mod vectors;

use std::{
    path::Path,
    time::{Duration, Instant},
};

use components::{component, component_world, hostile, refusal};
use futures_util::future::join_all;
use keyfob_host::engine::ComponentError;
use pair::Pair;
use rusqlite::types::Value;
use serde_json::json;
use support::{START, World};
use tables::{count, table};

#[tokio::test(flavor = "multi_thread")]
async fn both_engines_give_the_same_answers_and_store_the_same_bytes() {
    let mut pair = Pair::new(1).await;
    pair.users().await;
    pair.enrolments().await;
    pair.messages().await;
    pair.domains().await;
    pair.refusals().await;
    pair.repetitions().await;
    pair.ends_alike("a day at a bank").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_engines_answer_any_requests_alike() {
    for seed in 2..6 {
        let mut pair = Pair::new(seed).await;
        pair.anything(250).await;
        pair.ends_alike(&format!("seed {seed}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_accepted_and_the_trail_says_so() {
    let world = component_world(&component()).await;
    let domain = world.domain().await;
    let ann = world.user(&domain, "ann").await;
    let code = ann.code(START);
    let tries = (0..32).map(|_| world.totp(&domain, "ann", &code));
    let replies = join_all(tries).await;
    let accepted = replies.iter().filter(|reply| reply.field("verified") == json!(true)).count();
    assert_eq!(accepted, 1);
    let rows = world.app.store.audit_verify(None).unwrap().unwrap().rows;
    assert_eq!(rows, 3 + 32, "a key, a domain, a user, and every try");
    let told = count(&world, "SELECT count(*) FROM audit WHERE outcome = 'accepted'");
    assert_eq!(told, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_added_seals_from_then_on() {
    let world = component_world(&component()).await;
    let domain = world.domain().await;
    let ann = world.user(&domain, "ann").await;
    let file = world.folder().join("master.key");
    assert_eq!(keyfob_host::master_key::add_sealing_key(&file, &[]).unwrap(), 2);
    assert_eq!(world.totp(&domain, "ann", &ann.code(START)).await.field("verified"), json!(true));
    let under_the_new_one = "SELECT count(*) FROM records WHERE substr(body, 2, 4) = x'02000000'";
    assert_eq!(count(&world, under_the_new_one), 1, "the user, whose code was accepted");
    world.app.engine.keys().refresh();
    assert_eq!(world.app.engine.keys().newest(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_traps_loops_or_grows_is_stopped_and_nothing_is_accepted() {
    for name in ["traps", "loops", "grows", "asks", "recurses"] {
        let world = component_world(&hostile(name)).await;
        let domain = world.domain().await;
        let ann = world.user(&domain, "ann").await;
        let began = Instant::now();
        let reply = world.totp(&domain, "ann", &ann.code(START)).await;
        let took = began.elapsed();
        let refused = (reply.status.as_u16(), reply.code(), reply.field("retry_after"));
        assert_eq!(refused, (503, "engine-failed".into(), json!(1)), "{name}");
        assert!(took < Duration::from_secs(5), "{name} took {took:?}");
        // The next request has an instance of its own, and the other flows are as they were.
        assert_eq!(world.domain().await.len(), 36, "{name}");
        assert_eq!(failures(&world, &domain).await, json!(0), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_loops_holds_nobody_up() {
    let world = component_world(&hostile("loops")).await;
    let domain = world.domain().await;
    world.user(&domain, "ann").await;
    let loops = (0..8).map(|_| world.totp(&domain, "ann", "123456"));
    let others = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        let reply = world.get(&format!("domain/{domain}/")).await;
        (reply.status.as_u16(), began.elapsed())
    };
    let (stopped, (status, took)) = tokio::join!(join_all(loops), others);
    assert!(stopped.iter().all(|reply| reply.code() == "engine-failed"));
    assert_eq!(status, 200);
    assert!(took < Duration::from_secs(4), "another request waited {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_was_stored_stays_stored_when_the_component_then_traps() {
    let world = component_world(&hostile("judges-and-traps")).await;
    let domain = world.domain().await;
    let ann = world.user(&domain, "ann").await;
    let wrong = world.totp(&domain, "ann", &ann.wrong_code(START)).await;
    assert_eq!((wrong.status.as_u16(), wrong.code()), (503, "engine-failed".into()));
    assert_eq!(failures(&world, &domain).await, json!(1), "a guess is never given back");
    let right = world.totp(&domain, "ann", &ann.code(START)).await;
    assert_eq!((right.status.as_u16(), right.code()), (503, "engine-failed".into()));
    let told = "SELECT outcome FROM audit WHERE event = 'device-code-verified' ORDER BY seq";
    let rows = table(&world, told);
    let outcomes = [[Value::Text("mismatch".into())], [Value::Text("accepted".into())]];
    assert_eq!(rows, outcomes, "rows join the swap, whatever follows");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_service_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let texts = [
        ("no wasm at all", "no component", "this is no WebAssembly component"),
        ("(module)", "a core module", "this is no WebAssembly component"),
        ("(component)", "lacks exports", "this component is not keyfob's service"),
        (
            "(component (import \"wasi:cli/exit@0.2.0\" (instance (export \"exit\" (func)))))",
            "wants more than it may",
            "wasi:cli/exit@0.2.0",
        ),
    ];
    for (text, why, expected) in texts {
        let file = folder.path().join("component.wasm");
        std::fs::write(&file, text).unwrap();
        let error = refusal(&file).await.to_string();
        assert!(error.contains(expected), "{why}: {error}");
    }
    let generator = component().with_file_name("keyfob-generator.wasm");
    let error = refusal(&generator).await.to_string();
    assert!(error.contains("give the keyfob-service.wasm of this version"), "{error}");
    let error = refusal(&hostile("stumbles")).await.to_string();
    assert!(error.contains("the component fails when it is started"), "{error}");
    let error = refusal(&hostile("swells")).await.to_string();
    assert!(error.contains("memory"), "{error}");
    let error = refusal(Path::new("/nowhere.wasm")).await;
    assert!(matches!(error, ComponentError::Unreadable(_)), "{error}");
}

async fn failures(world: &World, domain: &str) -> serde_json::Value {
    world.get(&format!("user/{domain}/ann/")).await.field("failures")
}
