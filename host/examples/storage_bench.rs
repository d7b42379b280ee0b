//! How many durable swaps a second the SQLite store makes, and how long each takes.
//!
//! `cargo run --release -p keyfob-host --example storage_bench [FOLDER]`
//!
//! 64 tasks load a random one of 100,000 records of 200 bytes and swap it, as a
//! verification does. Everything is synced to the disk that FOLDER is on. A second
//! part pushes, takes and removes messages of the outbox, and a third imports.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a program for people, at a terminal

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use keyfob::service::{Key, KeyKind, Record, Storage, Swap, Version};
use keyfob_host::storage::sqlite::{OpenOptions, OutboxRow, Sqlite};

const RECORDS: u64 = 100_000;
const BODY: usize = 200;
const TASKS: u64 = 64;
const NOW: u64 = 1_800_000_000;
const FOR: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() {
    let folder = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder).unwrap();
    let store = Sqlite::open(folder.path(), OpenOptions::default()).unwrap();
    import(&store).await;
    swaps(&store, 1).await;
    swaps(&store, TASKS).await;
    outbox(&store).await;
    let size = std::fs::metadata(folder.path().join("keyfob.db")).unwrap().len();
    println!("database {} MiB, {:?}", size >> 20, store.stats());
    store.close().unwrap();
}

async fn import(store: &Sqlite) {
    let mut rows: Vec<_> = (0..RECORDS).map(|i| (key(i), record(0))).collect();
    rows.sort_unstable_by_key(|(key, _)| *key);
    let begun = Instant::now();
    for rows in rows.chunks(5_000) {
        assert!(store.insert_new(rows.to_vec()).await.unwrap().iter().all(|inserted| *inserted));
    }
    println!("import   {:>8.0} rows/s", RECORDS as f64 / begun.elapsed().as_secs_f64());
}

async fn swaps(store: &Sqlite, tasks: u64) {
    let begun = Instant::now();
    let before = store.stats();
    let tasks: Vec<_> = (0..tasks)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move { swap_until(&store, begun + FOR, task).await })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let stats = store.stats();
    let batch = (stats.writes - before.writes) as f64 / (stats.commits - before.commits) as f64;
    report("swaps", &mut times, begun.elapsed());
    println!("         {batch:.1} a commit");
}

async fn swap_until(store: &Sqlite, end: Instant, task: u64) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut random = task + 1;
    while Instant::now() < end {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let key = key((random >> 33) % RECORDS);
        let begun = Instant::now();
        let version = store.load(&key, NOW).await.unwrap().unwrap().version;
        let next = record(version.0 + 1);
        if store.swap(&key, Some(version), Some(next), NOW).await.unwrap() == Swap::Swapped {
            times.push(begun.elapsed());
        }
    }
    times
}

async fn outbox(store: &Sqlite) {
    let begun = Instant::now();
    let pushes = Arc::new(std::sync::Mutex::new(Vec::new()));
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (store, pushes) = (store.clone(), Arc::clone(&pushes));
            tokio::spawn(async move {
                for _ in 0..500 {
                    let begun = Instant::now();
                    store.outbox_push(message()).await.unwrap();
                    pushes.lock().unwrap().push(begun.elapsed());
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    report("pushes", &mut pushes.lock().unwrap(), begun.elapsed());
    let begun = Instant::now();
    let mut dones = Vec::new();
    loop {
        let claimed = store.outbox_claim(NOW, 30, 64).await.unwrap();
        if claimed.is_empty() {
            break;
        }
        let tasks: Vec<_> = claimed
            .into_iter()
            .map(|row| {
                let store = store.clone();
                tokio::spawn(async move {
                    let begun = Instant::now();
                    store.outbox_done(row.id).await.unwrap();
                    begun.elapsed()
                })
            })
            .collect();
        for task in tasks {
            dones.push(task.await.unwrap());
        }
    }
    report("sent", &mut dones, begun.elapsed());
}

fn report(what: &str, times: &mut [Duration], elapsed: Duration) {
    times.sort_unstable();
    let at = |part: usize| times[times.len() * part / 1000];
    let rate = times.len() as f64 / elapsed.as_secs_f64();
    println!("{what:8} {rate:>8.0} /s   p50 {:?}  p99 {:?}  p99.9 {:?}", at(500), at(990), at(999));
}

fn key(i: u64) -> Key {
    let spread = i.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&spread.to_be_bytes());
    id[8..].copy_from_slice(&i.to_be_bytes());
    Key::new(KeyKind::User, [7; 16], id)
}

fn record(version: u64) -> Record {
    Record { version: Version(version), bytes: vec![version as u8; BODY], expires_at: None }
}

fn message() -> OutboxRow {
    OutboxRow {
        account: [1; 16],
        otp_id: [2; 16],
        ready_at: NOW,
        expires_at: NOW + 300,
        body: vec![9; 300],
    }
}
