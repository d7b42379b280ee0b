//! What was stored about somebody goes away again, from the file, too.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;

use keyfob_host::delivery::dispatch;
use rusqlite::Connection;
use serde_json::json;
use support::World;

const PHONE: &str = "+447700900147";
const EMAIL: &str = "canary@customer.example";
const DAY: u64 = 86_400;

/// What is stored sealed of messages to the canary, as it stands in the database now.
fn sealed(folder: &Path) -> Vec<Vec<u8>> {
    let connection = Connection::open(folder.join("keyfob.db")).unwrap();
    let mut found = Vec::new();
    for query in [
        "SELECT body FROM records WHERE expires_at IS NOT NULL",
        "SELECT body FROM outbox",
        "SELECT otp_id FROM outbox",
    ] {
        let mut statement = connection.prepare(query).unwrap();
        let rows = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
        found.extend(rows.map(Result::unwrap));
    }
    found
}

/// Which of `needles` stand anywhere in the files of a folder.
fn traces(folder: &Path, needles: &[Vec<u8>]) -> usize {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let contents: Vec<_> = files.filter_map(|path| std::fs::read(path).ok()).collect();
    let stands = |needle: &&Vec<u8>| {
        let found =
            |bytes: &Vec<u8>| bytes.windows(needle.len()).any(|window| window == &needle[..]);
        contents.iter().any(found)
    };
    needles.iter().filter(stands).count()
}

async fn send(world: &World, domain: &str) {
    let to = json!({"phone": PHONE, "email": EMAIL});
    let body = json!({"domain": domain, "channel": ["sms", "email"], "to": to});
    let reply = world.post("send/", body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn a_day_after_a_message_no_bit_of_it_is_left_in_the_files() {
    let world = World::new();
    let folder = world.folder().to_owned();
    let domain = world.domain().await;
    send(&world, &domain).await;
    let waiting = sealed(&folder);
    assert!(waiting.len() >= 4, "two recipients, an envelope, a message");
    let (stopping, stop) = tokio::sync::oneshot::channel::<()>();
    let dispatcher = tokio::spawn(dispatch(world.app.clone(), async { drop(stop.await) }));
    while world.inbox.messages().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(stopping);
    dispatcher.await.unwrap();
    let known = [waiting, sealed(&folder)].concat();
    assert!(traces(&folder, &known) > 0, "the search finds what is there");

    world.clock.set(support::START + DAY + 3_600);
    world.app.store.purge(world.app.clock.now(), 10_000).await.unwrap();
    drop_waiting_messages(&world).await;
    world.app.store.close().unwrap();
    let canaries = [PHONE, &PHONE[1..], EMAIL].map(|text| text.as_bytes().to_vec());
    assert_eq!(traces(&folder, &canaries), 0);
    assert_eq!(traces(&folder, &known), 0, "sealed or not");
}

/// A message with ways left waits until its code ends, and is removed then.
async fn drop_waiting_messages(world: &World) {
    let (stopping, stop) = tokio::sync::oneshot::channel::<()>();
    let dispatcher = tokio::spawn(dispatch(world.app.clone(), async { drop(stop.await) }));
    let folder = world.folder().to_owned();
    while !sealed(&folder).is_empty() {
        tokio::task::yield_now().await;
    }
    drop(stopping);
    dispatcher.await.unwrap();
}
