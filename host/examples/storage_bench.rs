//! How many durable swaps a second the SQLite store makes, and how long each takes.
//!
//! `cargo run --release -p keyfob-host --example storage_bench [FOLDER]`
//!
//! 64 tasks load a random one of 100,000 records of 200 bytes and swap it, as a
//! verification does, first alone and then each with a row of the audit trail. Everything is synced to the disk that FOLDER is on. A second
//! part pushes, takes and removes messages of the outbox, and a third imports. The
//! first line is what the disk itself takes to make 4 KiB durable: read the others
//! against it.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss)] // a program for people, at a terminal

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use keyfob::service::{
    AccountId, Channel, DomainId, Key, KeyKind, KeyRing, MasterKey, Record, Storage, Swap, Version,
};
use keyfob_host::audit::AuditEvent;
use keyfob_host::storage::sqlite::{AuditEntry, OpenOptions, OutboxRow, Sqlite, Turn};

const RECORDS: u64 = 100_000;
const BODY: usize = 200;
const TASKS: u64 = 64;
const NOW: u64 = 1_800_000_000;
const FOR: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() {
    let folder = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(folder).unwrap();
    let keys = KeyRing::new(&MasterKey::new([1; 32]), 1, &MasterKey::new([2; 32]));
    let store = Sqlite::open(folder.path(), OpenOptions::default(), &keys).unwrap();
    disk(folder.path());
    import(&store).await;
    swaps(&store, 1, false).await;
    swaps(&store, TASKS, false).await;
    swaps(&store, TASKS, true).await;
    outbox(&store).await;
    let size = std::fs::metadata(folder.path().join("keyfob.db")).unwrap().len();
    println!("database {} MiB, {:?}", size >> 20, store.stats());
    store.close().unwrap();
}

fn disk(folder: &Path) {
    let mut file = File::create(folder.join("probe")).unwrap();
    let begun = (Instant::now(), processor_time());
    let mut times: Vec<_> = (0..1_000)
        .map(|_| {
            let begun = Instant::now();
            file.write_all(&[7; 4096]).unwrap();
            file.sync_data().unwrap();
            begun.elapsed()
        })
        .collect();
    report("disk", &mut times, begun);
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

async fn swaps(store: &Sqlite, tasks: u64, audited: bool) {
    let begun = (Instant::now(), processor_time());
    let before = store.stats();
    let tasks: Vec<_> = (0..tasks)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move { swap_until(&store, begun.0 + FOR, task, audited).await })
        })
        .collect();
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.unwrap());
    }
    let stats = store.stats();
    let batch = (stats.writes - before.writes) as f64 / (stats.commits - before.commits) as f64;
    report(if audited { "audited" } else { "swaps" }, &mut times, begun);
    println!("         {batch:.1} a commit");
}

async fn swap_until(store: &Sqlite, end: Instant, task: u64, audited: bool) -> Vec<Duration> {
    let mut times = Vec::new();
    let mut random = task + 1;
    while Instant::now() < end {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let key = key((random >> 33) % RECORDS);
        let begun = Instant::now();
        let version = store.load(&key, NOW).await.unwrap().unwrap().version;
        let next = record(version.0 + 1);
        let entry = audited.then(entry);
        let swap = store.swap_audited(&key, Some(version), Some(next), NOW, entry).await;
        if swap.unwrap() == Swap::Swapped {
            times.push(begun.elapsed());
        }
    }
    times
}

async fn outbox(store: &Sqlite) {
    let begun = (Instant::now(), processor_time());
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
    report("pushes", &mut pushes.lock().unwrap(), begun);
    let begun = (Instant::now(), processor_time());
    let mut dones = Vec::new();
    loop {
        let claimed = store.outbox_claim(NOW, 30, vec![turn()]).await.unwrap();
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
    report("sent", &mut dones, begun);
}

fn report(what: &str, times: &mut [Duration], begun: (Instant, Duration)) {
    times.sort_unstable();
    let at = |part: usize| times[times.len() * part / 1000];
    let rate = times.len() as f64 / begun.0.elapsed().as_secs_f64();
    let processor = processor_time().saturating_sub(begun.1) / times.len() as u32;
    println!(
        "{what:8} {rate:>8.0} /s   p50 {:?}  p99 {:?}  p99.9 {:?}  processor {processor:?}",
        at(500),
        at(990),
        at(999)
    );
}

/// The processor time of this process, where Linux says so: user and system, in
/// hundredths of a second, are fields 14 and 15 (proc(5)).
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split(' ').skip(12).take(2);
    let ticks: u64 = fields.filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
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

fn entry() -> AuditEntry {
    AuditEntry::new(NOW, AuditEvent::DeviceCodeVerified)
        .of(AccountId([1; 16]))
        .by("abcdefgh".to_owned())
        .within(DomainId([2; 16]))
        .about([3; 16])
        .outcome("accepted")
}

fn turn() -> Turn {
    Turn { channel: Channel::Sms, room: 64, most_of_one: 64, held: vec![], after: [0; 16] }
}

fn message() -> OutboxRow {
    OutboxRow {
        account: [1; 16],
        otp_id: [2; 16],
        channel: Channel::Sms,
        ready_at: NOW,
        expires_at: NOW + 300,
        body: vec![9; 300],
    }
}
