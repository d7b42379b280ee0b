//! Every record comes under the newest sealing key, whatever happens meanwhile.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

use std::{fs, path::Path};

use keyfob::{
    Entropy as _, EntropyUnavailable, Secret, Totp, TotpParameters, UnixTime,
    service::{
        AccountId, Channel, DomainId, Key, KeyKind, Message, NewUser, Outcome, Phone, PortError,
        Ports, Receipt, Record, Service, ServicePolicy, SimSwap, Storage as _, Swap, UserId,
        Version,
    },
};
use keyfob_host::{
    data_folder::{DataFolder, MASTER_KEY},
    entropy::SystemEntropy,
    master_key,
    rotation::{Resealing, Step, is_complete},
    storage::{
        Sqlite,
        sqlite::{CallRow, ClaimedRow, EventTurn, OutboxRow, PlacedRecord, Turn},
    },
};
use rusqlite::Connection;
use tempfile::TempDir;

const NOW: UnixTime = 1_800_000_000;
const ACCOUNT: AccountId = AccountId([7; 16]);

/// More than two batches.
const USERS: usize = 600;

#[tokio::test]
async fn a_rotation_that_is_cut_short_anywhere_goes_on_and_comes_to_its_end() {
    let world = World::new().await;
    world.add_key();
    for cut in 0..10 {
        // Each time as if the process had been killed after so many steps.
        let data = world.open();
        let mut resealing = begin(&world, &data).unwrap();
        for _ in 0..cut {
            let _ = resealing.step(&data.store, data.service.keys()).unwrap();
        }
        world.is_readable(&data).await;
        data.store.close().unwrap();
    }
    let data = world.open();
    assert!(is_complete(&data.store, data.service.keys()).unwrap());
    assert_eq!(data.store.sealed_counts().unwrap().into_keys().collect::<Vec<_>>(), [2]);
    data.store.close().unwrap();
    master_key::remove_sealing_key(&world.key_file(), 1).unwrap();
    world.is_readable(&world.open()).await; // the new key alone opens all of it
}

#[tokio::test]
async fn what_stands_beside_the_records_comes_under_the_newest_key_too() {
    let world = World::new().await;
    let data = world.open();
    seed_beside(&data, b"as it was").await;
    assert_eq!(data.store.sealed_counts().unwrap()[&1].others, 4);
    world.add_key();
    data.store.close().unwrap();
    let data = world.open();
    assert_eq!(world.reseal(&data), 0);
    assert_eq!(data.store.sealed_counts().unwrap().into_keys().collect::<Vec<_>>(), [2]);
    data.store.close().unwrap();
    master_key::remove_sealing_key(&world.key_file(), 1).unwrap();
    let data = world.open(); // the new key alone opens all of it
    for (context, body) in beside(&data).await {
        let plain = data.service.keys().open(&context, &body);
        assert_eq!(plain.expect("it opens").as_slice(), b"as it was");
    }
}

#[tokio::test]
async fn rows_that_do_not_open_keep_nobody_behind_them_from_the_newest_key() {
    /// More than a page.
    const ALTERED: u64 = 300;
    let world = World::new().await;
    let data = world.open();
    for _ in 0..ALTERED {
        let body = data.service.keys().seal(b"of another place", b"", &mut SystemEntropy).unwrap();
        data.store.event_push(ACCOUNT.0, NOW, NOW + 600, body.clone()).await.unwrap();
        data.store.outbox_push(outbox_row(body)).await.unwrap();
    }
    seed_beside(&data, b"behind them").await;
    data.store.close().unwrap();
    world.add_key();
    let data = world.open();
    assert_eq!(world.reseal(&data), 2 * ALTERED, "all of them are counted");
    let counts = data.store.sealed_counts().unwrap();
    assert_eq!((counts[&1].others, counts[&2].others), (2 * ALTERED, 4));
    assert!(is_complete(&data.store, data.service.keys()).unwrap());
}

#[tokio::test]
async fn a_record_that_changed_meanwhile_is_left_as_it_is() {
    let world = World::new().await;
    world.add_key();
    let data = world.open();
    let page = data.store.records_after(i64::MIN, 10_000).unwrap();
    let keys = data.service.keys();
    let sealed = page.into_iter().map(|record| {
        let (key, version) = (&record.key, record.version);
        let body = keys.reseal_record(key, version, &record.body, &mut SystemEntropy);
        PlacedRecord { body: body.unwrap().unwrap(), ..record }
    });
    let stale: Vec<_> = sealed.collect();
    let code = world.code();
    assert_eq!(world.verify(&data, 0, &code).await, Outcome::Accepted);
    assert_eq!(data.store.replace_bodies(stale.clone()).unwrap(), stale.len() - 1);
    assert_eq!(world.verify(&data, 0, &code).await, Outcome::Replayed, "and it stays used");

    // Who looks at no version gives a used code back.
    let file = Connection::open(world.folder.path().join("keyfob.db")).unwrap();
    for PlacedRecord { key, version, body, .. } in stale {
        let row = rusqlite::params![key, version.0.cast_signed(), body];
        file.execute("UPDATE records SET version = ?2, body = ?3 WHERE key = ?1", row).unwrap();
    }
    assert_eq!(world.verify(&data, 0, &code).await, Outcome::Accepted, "twice");
}

#[tokio::test]
async fn what_was_loaded_before_its_record_was_sealed_anew_can_still_be_swapped() {
    let world = World::new().await;
    let data = world.open();
    let name = Key::new(KeyKind::Counter, [1; 16], [2; 16]);
    let swap = async |expected, version, byte: u8| {
        let bytes = data.service.keys().seal(b"", &[byte], &mut SystemEntropy).unwrap();
        let record = Record { version: Version(version), bytes, expires_at: None };
        data.store.swap(&name, expected, Some(record), NOW).await.unwrap()
    };
    assert_eq!(swap(None, 1, 1).await, Swap::Swapped);
    let loaded = data.store.load(&name, NOW).await.unwrap().unwrap();
    let found = data.store.records_after(i64::MIN, 10_000).unwrap();
    let placed = found.into_iter().find(|record| record.key == *name.as_bytes()).unwrap();
    data.store
        .replace_bodies(vec![PlacedRecord { body: b"sealed anew".into(), ..placed }])
        .unwrap();
    assert_eq!(data.store.load(&name, NOW).await.unwrap().unwrap().bytes, b"sealed anew");
    assert_eq!(swap(Some(loaded.version), 2, 2).await, Swap::Swapped);
    assert_eq!(swap(Some(loaded.version), 3, 3).await, Swap::Conflict, "once");
}

#[tokio::test]
async fn a_process_that_was_told_nothing_reads_what_another_sealed_with_a_new_key() {
    let world = World::new().await;
    let older = world.open();
    world.add_key();
    let data = world.open();
    world.reseal(&data);
    world.is_readable(&older).await;
    assert_eq!(older.service.keys().newest(), 2, "and seals with it from then on");
}

#[tokio::test]
async fn once_a_key_is_retired_nobody_writes_under_it_not_even_who_knows_of_no_other() {
    let world = World::new().await;
    let past = world.folder.path().join("past");
    fs::copy(world.key_file(), &past).unwrap();
    let keys = master_key::read(&past).unwrap(); // never hears of another
    let uninformed = Service::new(keys, ServicePolicy::default(), 0);
    world.add_key();
    let data = world.open();
    world.reseal(&data);
    let write = async |name: &str| {
        let (key, record) = world.seal_user(&uninformed, &data.store, name);
        let swapped = data.store.swap(&key, None, Some(record), NOW).await;
        let (key, record) = world.seal_user(&uninformed, &data.store, &format!("{name} in bulk"));
        (swapped, data.store.insert_new(vec![(key, record)]).await)
    };
    assert_eq!(write("first").await, (Ok(Swap::Swapped), Ok(vec![true])));
    assert_eq!(data.store.sealed_counts().unwrap()[&1].records, 2);
    data.store.retire_key(1).unwrap();
    let refused = PortError::Unavailable;
    assert_eq!(write("second").await, (Err(refused), Err(refused)));
    world.reseal(&data);
    assert!(!data.store.sealed_counts().unwrap().contains_key(&1));
    assert_eq!(data.store.retired_keys().unwrap(), [1]);
    world.is_readable(&data).await;
}

#[tokio::test]
async fn two_processes_never_do_it_at_once() {
    let world = World::new().await;
    let data = world.open();
    let first = begin(&world, &data);
    assert!(first.is_some() && begin(&world, &data).is_none());
    drop(first);
    assert!(begin(&world, &data).is_some());
}

#[tokio::test]
async fn a_record_that_does_not_open_is_counted_and_stops_nobody() {
    let world = World::new().await;
    let file = Connection::open(world.folder.path().join("keyfob.db")).unwrap();
    file.execute(
        "UPDATE records SET body = substr(body, 1, 40) WHERE place = (SELECT max(place) FROM records)",
        [],
    )
    .unwrap();
    drop(file);
    world.add_key();
    let data = world.open();
    assert_eq!(world.reseal(&data), 1);
    assert!(is_complete(&data.store, data.service.keys()).unwrap());
    assert_eq!(data.store.sealed_counts().unwrap()[&1].records, 1, "it is still there to be seen");
}

/// A data folder with users who all have one secret.
struct World {
    folder: TempDir,
    domain: DomainId,
    secret: Secret,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::create_or_open(folder.path(), ServicePolicy::default()).unwrap();
        let ports = TestPorts(data.store.clone());
        let domain = data.service.create_domain(&ports, ACCOUNT, None).await.unwrap();
        let secret = Secret::from_bytes(vec![9; 20]).unwrap();
        let world = Self { folder, domain, secret };
        let rows = (0..USERS).map(|n| world.seal_user(&data.service, &data.store, &n.to_string()));
        let inserted = data.store.insert_new(rows.collect()).await.unwrap();
        assert_eq!(inserted, [true; USERS]);
        data.store.close().unwrap();
        world
    }

    fn open(&self) -> DataFolder {
        DataFolder::open(self.folder.path(), ServicePolicy::default()).unwrap()
    }

    fn key_file(&self) -> std::path::PathBuf {
        self.folder.path().join(MASTER_KEY)
    }

    fn add_key(&self) {
        master_key::add_sealing_key(&self.key_file(), &[]).unwrap();
    }

    /// Runs to the end and returns how many did not open.
    fn reseal(&self, data: &DataFolder) -> u64 {
        let mut resealing = begin(self, data).unwrap();
        while resealing.step(&data.store, data.service.keys()).unwrap() != Step::Done {}
        resealing.progress().unreadable
    }

    fn seal_user(&self, service: &Service, store: &Sqlite, name: &str) -> (Key, Record) {
        let user = NewUser {
            secret: Some(self.secret.clone()),
            ..NewUser::new(UserId::parse(name).unwrap())
        };
        let ports = TestPorts(store.clone());
        service.seal_imported_user(&ports, ACCOUNT, self.domain, &user).unwrap()
    }

    fn code(&self) -> String {
        let totp = Totp::with_parameters(&self.secret, TotpParameters::default());
        totp.generate(NOW).as_str().to_owned()
    }

    async fn verify(&self, data: &DataFolder, user: usize, code: &str) -> Outcome {
        let (ports, user) = (TestPorts(data.store.clone()), UserId::parse(&user.to_string()));
        let service = &data.service;
        service.verify_totp(&ports, ACCOUNT, self.domain, &user.unwrap(), code).await.unwrap()
    }

    async fn is_readable(&self, data: &DataFolder) {
        let ports = TestPorts(data.store.clone());
        for user in 0..USERS {
            let user = UserId::parse(&user.to_string()).unwrap();
            data.service.view_user(&ports, ACCOUNT, self.domain, &user).await.unwrap();
        }
    }
}

const OTP_ID: [u8; 16] = [5; 16];
const CALL: [u8; 16] = [3; 16];

/// The places that the rows beside the records are sealed for: those that stores hold.
fn contexts() -> [Vec<u8>; 4] {
    let (account, otp_id) = (&ACCOUNT.0[..], &OTP_ID[..]);
    [
        [b"outbox", account, otp_id].concat(),
        [b"event", account].concat(),
        [b"webhook", account].concat(),
        [b"call", account, otp_id].concat(),
    ]
}

fn outbox_row(body: Vec<u8>) -> OutboxRow {
    let (account, channel, expires_at) = (ACCOUNT.0, Channel::Sms, NOW + 600);
    OutboxRow { account, otp_id: OTP_ID, channel, ready_at: NOW, expires_at, body }
}

/// One row in each of the tables beside the records.
async fn seed_beside(data: &DataFolder, plain: &[u8]) {
    let sealed = contexts()
        .map(|context| data.service.keys().seal(&context, plain, &mut SystemEntropy).unwrap());
    let [message, event, webhook, call] = sealed;
    let call = CallRow {
        name: CALL,
        account: ACCOUNT.0,
        otp_id: OTP_ID,
        message: [4; 16],
        expires_at: NOW + 600,
        body: call,
    };
    // A call that waits for a key is stored when its message is handed to the provider.
    data.store
        .outbox_push(OutboxRow { channel: Channel::Voice, ..outbox_row(vec![]) })
        .await
        .unwrap();
    let claimed = claim(data, Channel::Voice).await;
    data.store.outbox_handed(claimed.claim(), None, None, Some(call)).await.unwrap();
    data.store.outbox_push(outbox_row(message)).await.unwrap();
    data.store.event_push(ACCOUNT.0, NOW, NOW + 600, event).await.unwrap();
    data.store.webhook_put(ACCOUNT.0, Some(webhook)).await.unwrap();
}

/// The bodies of those rows, as the service reads them, with their contexts.
async fn beside(data: &DataFolder) -> [(Vec<u8>, Vec<u8>); 4] {
    let store = &data.store;
    let turn = EventTurn { room: 1, most_of_one: 1, held: vec![], after: [0; 16] };
    let [message, event, webhook, call] = contexts();
    [
        (message, claim(data, Channel::Sms).await.body),
        (event, store.event_claim(NOW, 60, turn).await.unwrap().remove(0).body),
        (webhook, store.webhook_find(ACCOUNT.0).await.unwrap().unwrap()),
        (call, store.call_find(CALL, NOW).await.unwrap().unwrap().body),
    ]
}

async fn claim(data: &DataFolder, channel: Channel) -> ClaimedRow {
    let turn = Turn { channel, room: 1, most_of_one: 1, held: vec![], after: [0; 16] };
    data.store.outbox_claim(NOW, 60, vec![turn]).await.unwrap().remove(0)
}

fn begin(world: &World, data: &DataFolder) -> Option<Resealing> {
    Resealing::begin(Path::new(world.folder.path()), data.service.keys()).unwrap()
}

struct TestPorts(Sqlite);

impl Ports for TestPorts {
    type Storage = Sqlite;

    fn storage(&self) -> &Sqlite {
        &self.0
    }

    fn now(&self) -> UnixTime {
        NOW
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        SystemEntropy.fill(bytes)
    }

    async fn deliver(&self, _: Message) -> Result<Receipt, PortError> {
        Err(PortError::NotConfigured)
    }

    async fn sim_swap(&self, _: &Phone, _: u16) -> Result<SimSwap, PortError> {
        Err(PortError::NotConfigured)
    }
}
