//! What the SQLite store promises beyond the contract: durability, refusal within a
//! second, and bringing a backup back.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

use std::future::poll_fn;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use keyfob::service::{
    Channel, Counter, Key, KeyKind, KeyRing, MasterKey, PortError, Record, Storage, Stored, Swap,
    Version,
};
use keyfob_host::storage::sqlite::{
    ApiKeyRow, CallRow, ClaimedRow, DATABASE, OpenOptions, OutboxRow, ReceiptRow, Restored, Sqlite,
    StorageError, Turn, restore,
};
use rusqlite::Connection;
use tempfile::TempDir;

const NOW: u64 = 1_800_000_000;

/// The bound on every answer, with some room for a busy machine.
const SOON: Duration = Duration::from_secs(1);

#[tokio::test]
async fn keeps_the_storage_contract() {
    let mut folders = Vec::new();
    let open = || {
        folders.push(folder());
        let store = open(folders.last().unwrap());
        async { store }
    };
    keyfob::service::contract::storage(open).await;
}

#[tokio::test]
async fn records_survive_closing_and_opening() {
    let folder = folder();
    let store = open(&folder);
    create(&store, 1, b"kept").await;
    store.close().unwrap();
    assert_eq!(
        store.load(&key(1), NOW).await,
        Err(PortError::Unavailable),
        "a closed store is closed"
    );
    assert_eq!(swap(&store, 1, None, 1).await, Err(PortError::Unavailable));
    assert!(!folder.path().join("keyfob.db-wal").exists(), "closing folds the log in");
    assert_eq!(body(&open(&folder), 1).await.as_deref(), Some(&b"kept"[..]));
}

#[tokio::test]
async fn what_was_answered_is_in_the_files_at_once() {
    let (folder, image) = (folder(), folder());
    let store = open(&folder);
    create(&store, 1, b"durable").await;
    // As after a power cut: the files as they are now, with nothing closed.
    for name in [DATABASE, "keyfob.db-wal"] {
        let copied = std::process::Command::new("cp")
            .arg(folder.path().join(name))
            .arg(image.path())
            .status();
        assert!(copied.unwrap().success());
    }
    assert_eq!(body(&open(&image), 1).await.as_deref(), Some(&b"durable"[..]));
}

/// Two processes race for each version of one record; one of them is killed.
#[tokio::test]
async fn a_killed_process_loses_nothing_it_answered_and_no_version_has_two_winners() {
    use std::io::{BufRead, BufReader};

    let folder = folder();
    let store = open(&folder);
    create(&store, 1, b"").await;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "racing_process", "--ignored", "--nocapture"])
        .env("KEYFOB_TEST_FOLDER", folder.path())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut won: Vec<u64> = Vec::new();
    let mut theirs = Vec::new();
    while theirs.len() < 100 {
        won.extend(increment(&store).await);
        // The first result shares its line with the harness's own words.
        theirs.extend(lines.next().unwrap().rsplit(' ').next().unwrap().parse::<u64>());
    }
    child.kill().unwrap();
    theirs.extend(lines.filter_map(|line| line.parse::<u64>().ok()));
    child.wait().unwrap();

    won.push(increment(&store).await.expect("the survivor goes on"));
    let last = store.load(&key(1), NOW).await.unwrap().unwrap().version.0;
    assert!(theirs.iter().all(|version| *version <= last), "an answered swap outlives its process");
    won.extend(&theirs);
    won.sort_unstable();
    let answered = won.len();
    won.dedup();
    assert_eq!(won.len(), answered, "no two swaps made the same version");
}

/// The other process of the test above, not a test of its own.
#[tokio::test]
#[ignore = "started by another test"]
async fn racing_process() {
    let Ok(folder) = std::env::var("KEYFOB_TEST_FOLDER") else { return };
    let store = Sqlite::open(Path::new(&folder), OpenOptions { create: false }, &keys()).unwrap();
    loop {
        if let Some(version) = increment(&store).await {
            #[allow(clippy::print_stdout)] // how it tells
            {
                println!("{version}");
            }
        }
    }
}

#[tokio::test]
async fn a_lock_held_by_another_process_is_refused_in_time_and_then_forgotten() {
    let folder = folder();
    let store = open(&folder);
    create(&store, 1, b"before").await;
    let other = lock(&folder);
    let begun = Instant::now();
    let counter = Counter { key: key(9), expires_at: NOW + 60 };
    let (swapped, added, checked) =
        tokio::join!(swap(&store, 1, Some(1), 2), store.add(&counter, 1, NOW), store.check());
    assert_eq!(swapped, Err(PortError::Unavailable));
    assert_eq!(added, Err(PortError::Unavailable));
    assert_eq!(checked, Err(PortError::Unavailable));
    assert_eq!(body(&store, 1).await.as_deref(), Some(&b"before"[..]), "reading goes on meanwhile");
    assert_eq!(store.api_key_insert(&api_key("late")), Err(PortError::Unavailable));
    assert!(begun.elapsed() < 2 * SOON, "two waits of under a second each: {:?}", begun.elapsed());

    drop(other);
    assert_eq!(swap(&store, 1, Some(1), 2).await, Ok(Swap::Swapped), "no restart needed");
    assert_eq!(store.add(&counter, 1, NOW).await, Ok(1), "what was refused was not done later");
    assert_eq!(store.api_key_find("late"), Ok(None));
    assert_eq!(store.check().await, Ok(()));
}

#[tokio::test]
async fn a_write_whose_caller_has_gone_is_not_made() {
    let folder = folder();
    let store = open(&folder);
    let other = lock(&folder);
    {
        let mut swap = pin!(swap(&store, 1, None, 1));
        let polled = poll_fn(|context| Poll::Ready(swap.as_mut().poll(context).is_pending())).await;
        assert!(polled, "it waits");
    }
    drop(other);
    assert_eq!(store.check().await, Ok(()), "answered after all that was queued before");
    assert_eq!(body(&store, 1).await, None);
    assert_eq!(store.stats().abandoned, 1);
}

#[tokio::test]
async fn a_database_that_was_moved_away_is_not_written_until_it_is_back() {
    let folder = folder();
    let store = open(&folder);
    create(&store, 1, b"").await;
    let (here, away) = (folder.path().join(DATABASE), folder.path().join("elsewhere"));
    std::fs::rename(&here, &away).unwrap();
    let begun = Instant::now();
    assert_eq!(swap(&store, 1, Some(1), 2).await, Err(PortError::Unavailable));
    assert_eq!(store.check().await, Err(PortError::Unavailable));
    assert!(begun.elapsed() < SOON);
    std::fs::rename(&away, &here).unwrap();
    assert_eq!(swap(&store, 1, Some(1), 2).await, Ok(Swap::Swapped));
    assert_eq!(store.check().await, Ok(()));
    assert_eq!(store.stats().failures, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_leaves_the_service_its_turns() {
    let folder = folder();
    let (service, importer) = (open(&folder), open(&folder));
    create(&service, 1, b"").await;
    let done = Arc::new(AtomicBool::new(false));
    let import = tokio::spawn({
        let done = Arc::clone(&done);
        async move {
            for batch in 0..20u64 {
                let rows = (0..1_000)
                    .map(|i| (wide_key(batch * 1_000 + i), record(1, &[7; 100])))
                    .collect();
                assert_eq!(importer.insert_new(rows).await, Ok(vec![true; 1_000]));
            }
            done.store(true, Ordering::SeqCst);
            importer
                .insert_new(vec![(wide_key(5), record(9, b"")), (wide_key(20_000), record(9, b""))])
                .await
        }
    });
    let mut version = 1;
    while !done.load(Ordering::SeqCst) {
        assert_eq!(swap(&service, 1, Some(version), version + 1).await, Ok(Swap::Swapped));
        version += 1;
    }
    assert_eq!(import.await.unwrap(), Ok(vec![false, true]), "what is there already is left alone");
    assert_eq!(service.load(&wide_key(5), NOW).await.unwrap().unwrap().bytes, [7; 100]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_stays_short_under_load_with_readers_all_the_time() {
    let folder = folder();
    let store = open(&folder);
    let done = Arc::new(AtomicBool::new(false));
    let reader = std::thread::spawn({
        let (store, done) = (store.clone(), Arc::clone(&done));
        move || {
            while !done.load(Ordering::SeqCst) {
                let _ = store.api_key_find("nobody");
            }
        }
    });
    let mut longest = 0;
    let mut version = 0;
    while store.stats().checkpoints < 4 {
        let rows =
            (0..5_000).map(|i| (wide_key(i << 32 | version), record(1, &[7; 200]))).collect();
        store.insert_new(rows).await.unwrap();
        longest = longest.max(store.stats().wal_bytes);
        version += 1;
    }
    done.store(true, Ordering::SeqCst);
    reader.join().unwrap();
    assert!(
        longest < 96 << 20,
        "four checkpoints' worth would be 128 MiB, and it grew to {longest}"
    );
}

#[tokio::test]
async fn a_purge_takes_what_expired_in_bounded_steps_and_nothing_else() {
    let folder = folder();
    let store = open(&folder);
    let row = |i, expires_at| (wide_key(i), Record { expires_at, ..record(1, b"x") });
    store.insert_new((0..1_000).map(|i| row(i, Some(NOW + i))).collect()).await.unwrap();
    store.insert_new(vec![row(5_000, None)]).await.unwrap();
    for i in 0..10 {
        let counter = Counter { key: wide_key(i), expires_at: NOW + 990 + i };
        assert_eq!(store.add(&counter, 1, NOW).await, Ok(1));
    }
    let now = NOW + 899; // 900 records are over: those that ended in this second, too
    assert_eq!(store.purge(now, 300).await, Ok(300), "no more than allowed");
    assert_eq!(store.purge(now, 10_000).await, Ok(600), "the rest");
    assert_eq!(store.purge(now, 10_000).await, Ok(0));
    let left = store.keys_with_prefix(b"u", 10_000, None, NOW).unwrap();
    assert_eq!(left.len(), 101, "what ends later or never is all there");
    assert_eq!(store.purge(NOW + 2_000, 10_000).await, Ok(110), "counters end as well");
    assert_eq!(store.keys_with_prefix(b"u", 10_000, None, NOW).unwrap().len(), 1);
}

#[tokio::test]
async fn records_that_want_the_same_place_are_kept_apart() {
    let folder = folder();
    let store = open(&folder);
    let [first, second, third] = [1, 2, 3].map(wide_key); // they want the same place
    for (key, body) in [(first, &b"first"[..]), (second, b"second")] {
        let created = store.swap(&key, None, Some(record(1, body)), NOW).await;
        assert_eq!(created, Ok(Swap::Swapped));
        let again = store.swap(&key, None, Some(record(9, body)), NOW).await;
        assert_eq!(again, Ok(Swap::Conflict));
    }
    let old = Some(Version(1));
    let changed = store.swap(&second, old, Some(record(2, b"changed")), NOW).await;
    assert_eq!(changed, Ok(Swap::Swapped));
    let late = store.swap(&second, old, Some(record(3, b"late")), NOW).await;
    assert_eq!(late, Ok(Swap::Conflict));
    assert_eq!(store.swap(&first, old, None, NOW).await, Ok(Swap::Swapped));
    let rows = vec![(second, record(9, b"no")), (third, record(1, b"third"))];
    assert_eq!(store.insert_new(rows).await, Ok(vec![false, true]));

    let body = async |key| store.load(&key, NOW).await.unwrap().map(|stored| stored.bytes);
    assert_eq!(body(first).await, None);
    assert_eq!(body(second).await.as_deref(), Some(&b"changed"[..]));
    assert_eq!(body(third).await.as_deref(), Some(&b"third"[..]), "where the first was");
}

#[tokio::test]
async fn keys_are_listed_by_prefix_page_by_page() {
    let folder = folder();
    let store = open(&folder);
    let domain = |account: u8, id: u8| Key::new(KeyKind::Domain, [account; 16], [id; 16]);
    let rows = [(3, 1), (4, 1), (4, 2), (4, 255), (5, 1), (255, 1)];
    store
        .insert_new(rows.map(|(account, id)| (domain(account, id), record(1, b""))).to_vec())
        .await
        .unwrap();
    let prefix = [&b"d"[..], &[4; 16]].concat();
    let first = store.keys_with_prefix(&prefix, 2, None, NOW).unwrap();
    assert_eq!(first, [*domain(4, 1).as_bytes(), *domain(4, 2).as_bytes()]);
    let second = store.keys_with_prefix(&prefix, 2, first.last(), NOW).unwrap();
    assert_eq!(second, [*domain(4, 255).as_bytes()]);
    let last = [&b"d"[..], &[255; 16]].concat();
    assert_eq!(store.keys_with_prefix(&last, 9, None, NOW).unwrap(), [*domain(255, 1).as_bytes()]);
}

#[tokio::test]
async fn a_message_waits_for_one_dispatcher_at_a_time_and_leaves_no_trace() {
    let folder = folder();
    let store = open(&folder);
    let canary = b"canary-of-a-sealed-message";
    let row = OutboxRow {
        account: [1; 16],
        otp_id: [2; 16],
        channel: Channel::Sms,
        ready_at: NOW,
        expires_at: NOW + 300,
        body: canary.to_vec(),
    };
    let (pushed, ()) = tokio::join!(store.outbox_push(row.clone()), store.outbox_pushed());
    assert_eq!(pushed, Ok(()));
    let claimed = claim(&store, NOW).await;
    let [first] = &claimed[..] else { panic!("one row: {claimed:?}") };
    assert_eq!((&first.body[..], first.attempts), (&canary[..], 1));
    assert_eq!((first.account, first.otp_id, first.expires_at), ([1; 16], [2; 16], NOW + 300));
    assert_eq!(claim(&store, NOW + 29).await, [], "leased to the first");
    let again = claim(&store, NOW + 30).await;
    assert_eq!((again[0].id, again[0].attempts), (first.id, 2), "the lease is over");

    store.outbox_retry(first.claim(), NOW + 1).await.unwrap();
    assert_eq!(claim(&store, NOW + 59).await, [], "whose lease is over has no say");
    store.outbox_drop(first.claim()).await.unwrap();
    store.outbox_retry(again[0].claim(), NOW + 1_000).await.unwrap();
    assert_eq!(claim(&store, NOW + 299).await, []);
    let late = claim(&store, NOW + 300).await;
    assert_eq!(late.len(), 1, "no later than its end");

    store.outbox_done(first.id).await.unwrap();
    assert_eq!(claim(&store, NOW + 1_000).await, []);
    store.outbox_push(row).await.unwrap();
    let next = claim(&store, NOW).await;
    assert_ne!(next[0].id, first.id, "an id is never used again");
    store.outbox_done(next[0].id).await.unwrap();
    store.close().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(canary.len()).any(|window| window == canary), "it is overwritten");
    }
}

#[tokio::test]
async fn api_keys_are_found_listed_and_revoked_for_good() {
    let folder = folder();
    let store = open(&folder);
    assert_eq!(store.api_key_insert(&api_key("one")), Ok(true));
    assert_eq!(
        store.api_key_insert(&ApiKeyRow { label: "thief".into(), ..api_key("one") }),
        Ok(false)
    );
    assert_eq!(store.api_key_insert(&api_key("two")), Ok(true));
    assert_eq!(store.api_key_find("one"), Ok(Some(api_key("one"))));
    assert_eq!(store.api_key_find("three"), Ok(None));
    assert_eq!(store.api_key_list(), Ok(vec![api_key("one"), api_key("two")]));
    assert_eq!(store.api_key_revoke("three", NOW), Ok(false));
    assert_eq!(store.api_key_revoke("one", NOW), Ok(true));
    assert_eq!(store.api_key_revoke("one", NOW + 9), Ok(true));
    assert_eq!(
        store.api_key_find("one").unwrap().unwrap().revoked_at,
        Some(NOW),
        "the first time stands"
    );
}

/// Who can write the file but has no master key.
#[tokio::test]
async fn an_api_key_that_others_wrote_or_changed_is_not_there() {
    let folder = folder();
    let store = open(&folder);
    store.api_key_insert(&api_key("genuine")).unwrap();
    let raw = Connection::open(folder.path().join(DATABASE)).unwrap();
    raw.execute_batch(
        "INSERT INTO api_keys SELECT 'planted', account, hash, label, created_at, expires_at, revoked_at, mac
             FROM api_keys;
         INSERT INTO api_keys VALUES ('odd', 'no account', zeroblob(32), x'ff', 'never', 1.5, NULL, zeroblob(32));",
    )
    .unwrap();
    assert_eq!(store.api_key_find("planted"), Ok(None));
    assert_eq!(store.api_key_find("odd"), Ok(None));
    assert_eq!(store.api_key_revoke("planted", NOW), Ok(false));
    assert_eq!(store.api_key_list(), Ok(vec![api_key("genuine")]));

    for change in [
        "account = zeroblob(16)",
        "hash = zeroblob(32)",
        "label = 'other'",
        "created_at = created_at - 1",
        "expires_at = NULL",
        "expires_at = expires_at + 86400",
        "revoked_at = 1",
        "mac = zeroblob(32)",
    ] {
        raw.execute_batch(&format!(
            "BEGIN; UPDATE api_keys SET {change} WHERE id = 'genuine'; COMMIT"
        ))
        .unwrap();
        assert_eq!(store.api_key_find("genuine"), Ok(None), "{change}");
        raw.execute_batch("DELETE FROM api_keys").unwrap();
        store.api_key_insert(&api_key("genuine")).unwrap();
    }
    assert_eq!(store.api_key_find("genuine"), Ok(Some(api_key("genuine"))));
}

#[tokio::test]
async fn a_revoked_api_key_cannot_be_brought_back_by_an_edit() {
    let folder = folder();
    let store = open(&folder);
    store.api_key_insert(&api_key("key")).unwrap();
    store.api_key_revoke("key", NOW).unwrap();
    let row = store.api_key_find("key").unwrap().unwrap();
    assert_eq!((row.hash, row.label.as_str()), ([0; 32], "label"), "only the hash is forgotten");
    let raw = Connection::open(folder.path().join(DATABASE)).unwrap();
    raw.execute_batch("UPDATE api_keys SET revoked_at = NULL").unwrap();
    assert_eq!(store.api_key_find("key"), Ok(None));
    raw.execute("UPDATE api_keys SET hash = ?1", [[2; 32]]).unwrap();
    assert_eq!(store.api_key_find("key"), Ok(None));
}

#[tokio::test]
async fn accounts_take_turns_and_channels_do_not_wait_for_each_other() {
    let folder = folder();
    let store = open(&folder);
    for (account, channel, count) in
        [(1, Channel::Sms, 50), (2, Channel::Sms, 3), (3, Channel::Email, 1)]
    {
        for _ in 0..count {
            store
                .outbox_push(OutboxRow { account: [account; 16], channel, ..message() })
                .await
                .unwrap();
        }
    }
    let taken = async |turn: Turn| -> Vec<u8> {
        let rows = store.outbox_claim(NOW, 30, vec![turn]).await.unwrap();
        rows.iter().map(|row| row.account[0]).collect()
    };
    let mut first = taken(turn(Channel::Sms, 4)).await;
    first.sort_unstable();
    assert_eq!(first, [1, 1, 2, 2], "not the fifty of one first");
    let after_first = Turn { after: [1; 16], ..turn(Channel::Sms, 1) };
    assert_eq!(taken(after_first).await, [2], "the next one has its turn");
    let greedy = Turn { most_of_one: 12, held: vec![([1; 16], 10)], ..turn(Channel::Sms, 40) };
    assert_eq!(taken(greedy).await, [1, 1], "it holds as many as one account may");
    assert_eq!(taken(turn(Channel::Sms, 100)).await.len(), 46, "alone it has all the room");
    assert_eq!(taken(turn(Channel::Email, 1)).await, [3]);
}

#[tokio::test]
async fn a_message_goes_its_next_way_at_its_time_or_when_its_receipt_says_so() {
    let folder = folder();
    let store = open(&folder);
    store.outbox_push(message()).await.unwrap();
    let first = claim(&store, NOW).await.remove(0).claim();
    let id = 1;
    assert_eq!(store.outbox_failed(id, 0, NOW).await, Ok(true));
    assert_eq!(claim(&store, NOW + 1).await, [], "nobody had it yet");
    let receipt = ReceiptRow {
        name: [7; 16],
        account: [1; 16],
        otp_id: [2; 16],
        message: [3; 16],
        letter: "msg_1".to_owned(),
        channel: Channel::Sms,
        way: 0,
        outbox_id: id,
        expires_at: NOW + 900,
    };
    store.outbox_handed(first, Some(NOW + 60), Some(receipt.clone()), None).await.unwrap();
    assert_eq!(store.receipt_find([7; 16], NOW + 899).await, Ok(Some(receipt)));
    assert_eq!(store.receipt_find([7; 16], NOW + 900).await, Ok(None));
    assert_eq!(claim(&store, NOW + 59).await, []);
    assert_eq!(store.outbox_failed(id, 1, NOW).await, Ok(true));
    assert_eq!(claim(&store, NOW + 59).await, [], "that was about another way");
    assert_eq!(store.outbox_failed(id, 0, NOW).await, Ok(true));
    let rows = claim(&store, NOW + 1).await;
    assert!(rows[0].is_handed);
    assert_eq!(store.outbox_failed(id, 0, NOW).await, Ok(true));
    assert_eq!(claim(&store, NOW + 2).await, [], "somebody sees to it already");
    store.outbox_turn(first, 1, Channel::Voice, NOW + 2).await.unwrap();
    assert_eq!(claim(&store, NOW + 2).await, [], "whose lease is over has no say");
    store.outbox_turn(rows[0].claim(), 1, Channel::Voice, NOW + 2).await.unwrap();
    let rows = claim(&store, NOW + 2).await;
    let row = &rows[0];
    assert_eq!(
        (row.channel, row.way, row.is_handed, row.began_at),
        (Channel::Voice, 1, false, NOW + 2)
    );
    assert_eq!(row.attempts, 1);
    store.outbox_handed(row.claim(), None, None, None).await.unwrap();
    assert_eq!(store.outbox_failed(id, 1, NOW).await, Ok(false), "nothing waits any more");
    assert_eq!(claim(&store, NOW + 1_000).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_call_is_to_say_outlives_its_message_and_goes_with_the_call_or_the_code() {
    let folder = folder();
    let store = open(&folder);
    let call = |name: u8| CallRow {
        name: [name; 16],
        account: [1; 16],
        otp_id: [2; 16],
        message: [3; 16],
        expires_at: NOW + 300,
        body: b"sealed-canary".to_vec(),
    };
    for name in [7, 8] {
        store.outbox_push(message()).await.unwrap();
        let row = claim(&store, NOW).await.remove(0);
        store.outbox_handed(row.claim(), None, None, Some(call(name))).await.unwrap();
    }
    assert_eq!(store.call_find([7; 16], NOW + 299).await, Ok(Some(call(7))));
    assert_eq!(store.call_find([7; 16], NOW + 300).await, Ok(None), "the code is void");
    store.call_over([7; 16]).await.unwrap();
    store.call_over([9; 16]).await.unwrap();
    assert_eq!(store.call_find([7; 16], NOW).await, Ok(None));
    assert_eq!(store.purge(NOW + 299, 10).await, Ok(0));
    assert_eq!(store.purge(NOW + 300, 10).await, Ok(1));
    assert_eq!(store.call_find([8; 16], NOW).await, Ok(None));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_made_under_load_is_restored_with_its_replay_floor_raised() {
    let (folder, kept) = (folder(), folder());
    let store = open(&folder);
    create(&store, 1, b"").await;
    store.api_key_insert(&api_key("revoked-later")).unwrap();
    store.outbox_push(message()).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn({
        let (store, done) = (store.clone(), Arc::clone(&done));
        async move {
            let mut version = 1;
            while !done.load(Ordering::SeqCst) {
                assert_eq!(swap(&store, 1, Some(version), version + 1).await, Ok(Swap::Swapped));
                version += 1;
            }
            version
        }
    });
    while store.load(&key(1), NOW).await.unwrap().unwrap().version.0 < 20 {}
    let saved = kept.path().join("backup");
    let backup = tokio::task::spawn_blocking({
        let (store, saved) = (store.clone(), saved.clone());
        move || store.backup(&saved)
    });
    backup.await.unwrap().unwrap();
    done.store(true, Ordering::SeqCst);
    let last = writing.await.unwrap();
    assert!(
        matches!(store.backup(&saved), Err(StorageError::Exists(_))),
        "a backup is not overwritten"
    );
    assert_private(&saved);
    store.api_key_revoke("revoked-later", NOW + 5).unwrap();

    let in_use = restore(&saved, folder.path(), &keys(), NOW + 10);
    assert!(matches!(in_use, Err(StorageError::InUse(_))), "not under a running service");
    store.close().unwrap();
    drop(store);
    let restored = restore_when_free(&saved, folder.path(), NOW + 10).unwrap();
    assert_eq!(restored.replay_floor, NOW + 10);
    assert_eq!((restored.revocations_kept, restored.predecessor_readable), (1, true));

    let store = open(&folder);
    assert_eq!(store.replay_floor(), Ok(NOW + 10));
    let found = store.load(&key(1), NOW).await.unwrap().unwrap().version.0;
    assert!((20..=last).contains(&found), "a state there once was: {found} of {last}");
    assert_eq!(claim(&store, NOW + 1_000).await, [], "messages are not sent a second time");
    let revoked = store.api_key_find("revoked-later").unwrap().unwrap().revoked_at;
    assert_eq!(revoked, Some(NOW + 5), "a revoked key is not brought back to life");
    drop(store);

    let earlier = restore_when_free(&saved, folder.path(), NOW).unwrap();
    assert_eq!(earlier.replay_floor, NOW + 10, "a floor is never lowered, whatever the clock says");
}

/// A clock ran years ahead, or somebody wrote to the backup.
#[tokio::test]
async fn a_replay_floor_in_the_future_is_not_believed() {
    let (folder, kept) = (folder(), folder());
    let store = open(&folder);
    let [good, forged] = ["good", "forged"].map(|name| kept.path().join(name));
    store.backup(&good).unwrap();
    let far = NOW + 70 * 365 * 86_400;
    store.meta_set("replay_floor", &far.to_be_bytes()).unwrap();
    store.backup(&forged).unwrap();
    store.close().unwrap();
    drop(store);
    let restored = restore_when_free(&good, folder.path(), NOW).unwrap();
    assert_eq!((restored.replay_floor, restored.floor_ahead), (NOW, Some(far)), "of the old one");
    let restored = restore(&forged, folder.path(), &keys(), NOW).unwrap();
    assert_eq!((restored.replay_floor, restored.floor_ahead), (NOW, Some(far)), "of the backup");
    let next = restore(&good, folder.path(), &keys(), NOW - 60).unwrap();
    assert_eq!((next.replay_floor, next.floor_ahead), (NOW, None), "as far as clocks step back");
    let next = restore(&good, folder.path(), &keys(), NOW - 61).unwrap();
    assert_eq!((next.replay_floor, next.floor_ahead), (NOW - 61, Some(NOW)));
}

#[tokio::test]
async fn a_damaged_or_foreign_backup_leaves_the_folder_as_it_was() {
    let (folder, kept) = (folder(), folder());
    let store = open(&folder);
    let rows = (0..500).map(|i| (wide_key(i), record(1, &[7; 200]))).collect();
    store.insert_new(rows).await.unwrap();
    let (sound, damaged, foreign) =
        (kept.path().join("a"), kept.path().join("b"), kept.path().join("c"));
    store.backup(&sound).unwrap();
    store.close().unwrap();
    drop(store);
    let mut bytes = std::fs::read(&sound).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 2_048].fill(0xa5);
    std::fs::write(&damaged, &bytes).unwrap();
    std::fs::write(&foreign, b"a text file of some length, but certainly no database").unwrap();

    assert!(matches!(
        restore(&damaged, folder.path(), &keys(), NOW),
        Err(StorageError::Damaged { .. })
    ));
    assert!(restore(&foreign, folder.path(), &keys(), NOW).is_err());
    assert!(restore(&kept.path().join("absent"), folder.path(), &keys(), NOW).is_err());
    let names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "the database and its lock file: {names:?}");
    let store = open(&folder);
    assert!(store.load(&wide_key(499), NOW).await.unwrap().is_some());
    assert_eq!(store.replay_floor(), Ok(0));
}

/// It would undo the burning of codes without a word.
#[tokio::test]
async fn a_backup_with_a_trigger_is_refused_and_a_database_with_one_does_not_open() {
    let (folder, kept) = (folder(), folder());
    let store = open(&folder);
    create(&store, 1, b"kept").await;
    let (saved, altered) = (kept.path().join("saved"), kept.path().join("altered"));
    store.backup(&saved).unwrap();
    store.backup(&altered).unwrap();
    store.close().unwrap();
    drop(store);
    let undo = "CREATE TRIGGER undo AFTER UPDATE ON records BEGIN
        UPDATE records SET version = old.version, body = old.body WHERE place = new.place; END";
    Connection::open(&altered).unwrap().execute_batch(undo).unwrap();
    let refused = restore_when_free(&altered, folder.path(), NOW);
    assert!(matches!(refused, Err(StorageError::Altered(path)) if path == altered));
    assert_eq!(body(&open(&folder), 1).await.as_deref(), Some(&b"kept"[..]), "as it was");

    Connection::open(folder.path().join(DATABASE)).unwrap().execute_batch(undo).unwrap();
    let refused = Sqlite::open(folder.path(), OpenOptions::default(), &keys());
    assert!(matches!(refused, Err(StorageError::Altered(_))));
    let restored = restore_when_free(&saved, folder.path(), NOW).unwrap();
    assert!(!restored.predecessor_readable, "what it says is not believed");
    assert_eq!(body(&open(&folder), 1).await.as_deref(), Some(&b"kept"[..]));
}

#[tokio::test]
async fn a_broken_database_can_be_restored_over() {
    let (folder, kept) = (folder(), folder());
    let store = open(&folder);
    create(&store, 1, b"saved").await;
    let saved = kept.path().join("backup");
    store.backup(&saved).unwrap();
    store.close().unwrap();
    drop(store);
    std::fs::write(folder.path().join(DATABASE), [0xa5; 4_096]).unwrap();
    std::fs::write(folder.path().join("keyfob.db-wal"), [0xa5; 4_096]).unwrap();
    assert!(Sqlite::open(folder.path(), OpenOptions::default(), &keys()).is_err());
    let restored = restore(&saved, folder.path(), &keys(), NOW).unwrap();
    assert!(!restored.predecessor_readable, "so that revoked API keys are looked at");
    assert_eq!(body(&open(&folder), 1).await.as_deref(), Some(&b"saved"[..]));
}

#[test]
fn only_a_database_of_keyfobs_and_not_a_newer_one_is_opened() {
    let folder = folder();
    let tool = OpenOptions { create: false };
    let missing = Sqlite::open(folder.path(), tool, &keys());
    assert!(matches!(missing, Err(StorageError::Missing(_))), "a command makes no database");
    let raw = Connection::open(folder.path().join(DATABASE)).unwrap();
    raw.execute_batch("CREATE TABLE somebody_elses (x)").unwrap();
    assert!(matches!(Sqlite::open(folder.path(), tool, &keys()), Err(StorageError::Foreign(_))));
    let mode: String = raw.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete", "and it is as it was");
    raw.execute_batch("DROP TABLE somebody_elses").unwrap();
    Sqlite::open(folder.path(), tool, &keys()).unwrap().close().unwrap();
    raw.execute_batch("PRAGMA user_version = 9999").unwrap();
    assert!(matches!(
        Sqlite::open(folder.path(), tool, &keys()),
        Err(StorageError::Newer { found: 9999, .. })
    ));
}

#[test]
fn a_new_database_has_small_pages_and_only_its_owner_can_read_it() {
    let folder = folder();
    let data = folder.path().join("made/for/it");
    let store = Sqlite::open(&data, OpenOptions::default(), &keys()).unwrap();
    let raw = Connection::open(data.join(DATABASE)).unwrap();
    let page_size: i64 = raw.pragma_query_value(None, "page_size", |row| row.get(0)).unwrap();
    assert_eq!(page_size, 1024);
    store.meta_set("name", b"value").unwrap();
    for name in [DATABASE, "keyfob.db-wal", "keyfob.lock"] {
        assert_private(&data.join(name));
    }
    assert_eq!(store.meta_get("name"), Ok(Some(b"value".to_vec())));
    assert_eq!(store.meta_get("other"), Ok(None));
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(folder: &TempDir) -> Sqlite {
    Sqlite::open(folder.path(), OpenOptions::default(), &keys()).unwrap()
}

fn keys() -> KeyRing {
    KeyRing::new(&MasterKey::new([1; 32]), 1, &MasterKey::new([2; 32]))
}

/// Another process in the middle of a write, as far as locks can tell.
fn lock(folder: &TempDir) -> Connection {
    let other = Connection::open(folder.path().join(DATABASE)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    other
}

/// A store that was dropped without being closed is free once its threads have ended.
fn restore_when_free(from: &Path, data: &Path, now: u64) -> Result<Restored, StorageError> {
    loop {
        match restore(from, data, &keys(), now) {
            Err(StorageError::InUse(_)) => std::thread::yield_now(),
            other => return other,
        }
    }
}

fn assert_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "{}", path.display());
}

fn key(id: u8) -> Key {
    Key::new(KeyKind::User, [7; 16], [id; 16])
}

fn wide_key(id: u64) -> Key {
    Key::new(KeyKind::User, [8; 16], u128::from(id).to_be_bytes())
}

fn record(version: u64, body: &[u8]) -> Record {
    Record { version: Version(version), bytes: body.to_vec(), expires_at: None }
}

/// Takes what is ready of all channels, as a dispatcher with nothing to do.
async fn claim(store: &Sqlite, now: u64) -> Vec<ClaimedRow> {
    store
        .outbox_claim(now, 30, Channel::ALL.map(|channel| turn(channel, 10)).to_vec())
        .await
        .unwrap()
}

fn turn(channel: Channel, room: usize) -> Turn {
    Turn { channel, room, most_of_one: room, held: vec![], after: [0; 16] }
}

fn message() -> OutboxRow {
    OutboxRow {
        account: [1; 16],
        otp_id: [2; 16],
        channel: Channel::Sms,
        ready_at: NOW,
        expires_at: NOW + 300,
        body: b"x".to_vec(),
    }
}

fn api_key(id: &str) -> ApiKeyRow {
    ApiKeyRow {
        id: id.into(),
        account: [1; 16],
        hash: [2; 32],
        label: "label".into(),
        created_at: NOW,
        expires_at: Some(NOW + 1),
        revoked_at: None,
    }
}

async fn create(store: &Sqlite, id: u8, body: &[u8]) {
    assert_eq!(store.swap(&key(id), None, Some(record(1, body)), NOW).await, Ok(Swap::Swapped));
}

async fn swap(
    store: &Sqlite,
    id: u8,
    expected: Option<u64>,
    version: u64,
) -> Result<Swap, PortError> {
    store.swap(&key(id), expected.map(Version), Some(record(version, b"after")), NOW).await
}

/// Moves record 1 on by one version. `None` if somebody else was first.
async fn increment(store: &Sqlite) -> Option<u64> {
    let version = store.load(&key(1), NOW).await.unwrap()?.version.0;
    let swapped = swap(store, 1, Some(version), version + 1).await.unwrap();
    (swapped == Swap::Swapped).then_some(version + 1)
}

async fn body(store: &Sqlite, id: u8) -> Option<Vec<u8>> {
    store.load(&key(id), NOW).await.unwrap().map(|Stored { bytes, .. }| bytes)
}
