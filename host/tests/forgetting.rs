//! A day later nothing is left of whom a code was sent to: not in the database, its log or its
//! free pages.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

mod support;

use std::fs;

use keyfob::service::{AccountId, RetentionPolicy, ServicePolicy};
use keyfob_host::{api_key, purge::purge_all, storage::sqlite::ApiKeyRow};
use rusqlite::Connection;
use serde_json::json;
use support::{START, World};

const HOUR: u64 = 3_600;
const CANARY: &str = "canary.person@inbox.example";

#[tokio::test]
async fn twenty_five_hours_later_there_is_no_trace_of_a_recipient() {
    let world = World::new();
    let domain = world.domain().await;
    let otp_id = send(&world, &domain, &world.key).await;
    world.post("verify/", json!({"otp_id": otp_id, "code": "000000"})).await; // a wrong one
    world.clock.advance(60);
    world.post("resend/", json!({"otp_id": otp_id})).await;

    let traces = sealed_bodies(&world);
    assert!(traces.len() >= 3, "the envelope, the record of the recipient, a message");
    checkpointed(&world);
    assert!(found(&world, &traces) > 0, "what is looked for can be found");

    world.clock.advance(25 * HOUR);
    purge_all(&world.app).await.unwrap();
    assert_eq!(rows(&world, b'e'), 0);
    world.app.store.close().unwrap();
    let kept = sealed_bodies(&world);
    assert_eq!((kept.len(), rows(&world, b'r')), (1, 1), "wrong codes, under a keyed name");
    let gone: Vec<_> = traces.into_iter().filter(|body| !kept.contains(body)).collect();
    assert!(gone.len() >= 2);
    assert_eq!(found(&world, &gone), 0, "neither in rows nor in free pages nor in the log");
    assert_eq!(found(&world, &[CANARY.as_bytes().to_vec()]), 0);
}

#[tokio::test]
async fn an_account_can_have_its_messages_forgotten_sooner() {
    let hasty = AccountId([8; 16]);
    let retention = RetentionPolicy::default().with_account(hasty, 1).unwrap();
    let world = World::with_policy(ServicePolicy { retention, ..ServicePolicy::default() });
    let (text, key) = api_key::create(hasty).unwrap();
    let row = ApiKeyRow {
        id: key.id,
        account: hasty.0,
        hash: key.hash,
        label: String::new(),
        created_at: START,
        expires_at: None,
        revoked_at: None,
    };
    world.app.store.api_key_insert(&row).unwrap();
    let made = world.raw_as(&text, "POST", "domain/", "{}").await;
    let theirs = made.field("domain").as_str().unwrap().to_owned();
    let ours = world.domain().await;
    let (of_theirs, of_ours) =
        (send(&world, &theirs, &text).await, send(&world, &ours, &world.key).await);
    let view = async |key: &str, otp_id: &str| {
        world.raw_as(key, "GET", &format!("send/{otp_id}/"), "").await.status.as_u16()
    };
    world.clock.advance(HOUR - 1);
    assert_eq!((view(&text, &of_theirs).await, view(&world.key, &of_ours).await), (200, 200));
    world.clock.advance(1);
    assert_eq!((view(&text, &of_theirs).await, view(&world.key, &of_ours).await), (404, 200));
    world.clock.advance(23 * HOUR);
    assert_eq!(view(&world.key, &of_ours).await, 404);
}

#[tokio::test]
async fn tables_stay_as_small_as_what_is_in_use_however_much_expires_at_once() {
    let world = World::new();
    let file = Connection::open(world.app.store.folder().join("keyfob.db")).unwrap();
    file.execute_batch(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 25000)
         INSERT INTO counters SELECT randomblob(33), i, 1800000100 FROM n",
    )
    .unwrap();
    drop(file);
    world.clock.advance(100);
    assert!(purge_all(&world.app).await.unwrap() >= 25_000, "more than one turn's");
}

#[tokio::test]
async fn nothing_is_left_of_a_user_who_is_erased_and_again_is_no_error() {
    let world = World::new();
    let domain = world.domain().await;
    let before = (rows(&world, b'u'), rows(&world, b't'));
    let user = world.post("user/", json!({"domain": domain, "user_id": "canary-user"})).await;
    let url = user.field("enrolment_url").as_str().unwrap().to_owned();
    assert!(url.contains("/enrol/"));
    world.user(&domain, "other").await;
    let traces = sealed_bodies(&world);
    let erase = || world.post("erase/", json!({"domain": domain, "user_id": "canary-user"}));
    assert_eq!((erase().await.status.as_u16(), erase().await.status.as_u16()), (204, 204));
    assert_eq!((rows(&world, b'u'), rows(&world, b't')), (before.0 + 1, before.1));
    let shown = world.get(&format!("user/{domain}/canary-user/")).await;
    assert_eq!(shown.status.as_u16(), 404);
    assert_eq!(world.get(&format!("user/{domain}/other/")).await.status.as_u16(), 200);
    let left = sealed_bodies(&world);
    world.app.store.close().unwrap();
    let gone: Vec<_> = traces.into_iter().filter(|body| !left.contains(body)).collect();
    assert_eq!((gone.len(), found(&world, &gone)), (2, 0), "the user and the ticket, overwritten");

    let both = json!({"domain": domain, "user_id": "x", "to": "a@example.com"});
    for body in [both, json!({"domain": domain})] {
        assert_eq!(world.post("erase/", body).await.code(), "one-to-erase");
    }
}

async fn send(world: &World, domain: &str, key: &str) -> String {
    let body = json!({"domain": domain, "channel": "email", "to": CANARY});
    let sent = world.raw_as(key, "POST", "send/", body.to_string()).await;
    assert_eq!(sent.status.as_u16(), 200, "{}", sent.text);
    sent.field("otp_id").as_str().unwrap().to_owned()
}

fn database(world: &World) -> Connection {
    Connection::open(world.app.store.folder().join("keyfob.db")).unwrap()
}

/// All that is sealed now and has to do with people.
fn sealed_bodies(world: &World) -> Vec<Vec<u8>> {
    let query =
        "SELECT body FROM records WHERE substr(key, 1, 1) <> x'64' UNION SELECT body FROM outbox";
    let file = database(world);
    let mut statement = file.prepare(query).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn rows(world: &World, kind: u8) -> i64 {
    let query = "SELECT count(*) FROM records WHERE substr(key, 1, 1) = ?1";
    database(world).query_row(query, [vec![kind]], |row| row.get(0)).unwrap()
}

fn checkpointed(world: &World) {
    database(world).query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(())).unwrap();
}

/// How many of `traces` stand in any file of the data folder. A body may be spread over pages,
/// so a piece of 64 bytes of it is looked for.
fn found(world: &World, traces: &[Vec<u8>]) -> usize {
    let mut files = Vec::new();
    for entry in fs::read_dir(world.app.store.folder()).unwrap() {
        files.push(fs::read(entry.unwrap().path()).unwrap());
    }
    let stands = |trace: &Vec<u8>| {
        let piece = &trace[trace.len() - trace.len().min(64)..];
        files.iter().any(|file| file.windows(piece.len()).any(|window| window == piece))
    };
    traces.iter().filter(|trace| stands(trace)).count()
}
