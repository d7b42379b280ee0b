//! What the audit trail promises: all that counts is in it, in the transaction that it tells of;
//! nothing in it is personal; and who changes it is found out.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

mod support;

use std::{fs, path::Path};

use futures_util::future::join_all;
use keyfob::service::{AccountId, ServicePolicy};
use keyfob_host::{
    audit::AuditEvent,
    data_folder::{self, DataFolder},
    purge::purge_all,
    storage::sqlite::{AuditEntry, AuditRow, Break, Link},
};
use rusqlite::Connection;
use serde_json::json;
use support::{START, World};

#[tokio::test]
async fn all_that_counts_has_a_row_with_who_and_what_came_of_it() {
    let world = World::new();
    let domain = world.domain().await;
    let ann = world.user(&domain, "ann").await;
    world.totp(&domain, "ann", &ann.code(START)).await;
    world.totp(&domain, "ann", &ann.code(START)).await;
    for _ in 0..6 {
        world.totp(&domain, "ann", &ann.wrong_code(START)).await;
    }
    let sent =
        world.post("send/", json!({"domain": domain, "channel": "email", "to": "a@example.com"}));
    let otp_id = sent.await.field("otp_id");
    world.post("send/", json!({"domain": domain, "channel": "email", "to": "a@example.com"})).await;
    world.post("verify/", json!({"otp_id": otp_id, "code": "000000"})).await;
    world.post("cancel/", json!({"otp_id": otp_id})).await;
    world.post("erase/", json!({"domain": domain, "to": "a@example.com"})).await;
    world.post("erase/", json!({"domain": domain, "to": "a@example.com"})).await;
    world.raw("POST", &format!("user/{domain}/ann/enrolment/"), "{}").await;
    world.raw("DELETE", &format!("user/{domain}/ann/"), "").await;
    world.raw_as("kf_nobody", "POST", "domain/", "{}").await;
    world.app.finished().await;

    let rows = rows(&world);
    let told: Vec<_> = rows.iter().map(|row| (&*row.entry.event, &*row.entry.outcome)).collect();
    let expected = [
        ("key-created", "done"),
        ("domain-created", "done"),
        ("user-created", "done"),
        ("device-code-verified", "accepted"),
        ("device-code-verified", "replayed"),
        ("device-code-verified", "mismatch"),
        ("device-code-verified", "mismatch"),
        ("device-code-verified", "mismatch"),
        ("device-code-verified", "mismatch"),
        ("device-code-verified", "mismatch"),
        ("device-code-verified", "blocked"),
        ("code-sent", "queued"),
        ("code-sent", "send-limit"),
        ("sent-code-verified", "mismatch"),
        ("challenge-cancelled", "done"),
        ("recipient-erased", "done"),
        ("recipient-erased", "done"),
        ("enrolment-opened", "done"),
        ("user-deleted", "done"),
        ("key-refused", "refused"),
    ];
    assert_eq!(told, expected);
    let key = world.key.split('_').nth(1).unwrap();
    assert!(rows[1..19].iter().all(|row| row.entry.actor == key && row.entry.at == START));
    assert!(rows[..19].iter().all(|row| row.entry.account == Some([7; 16])));
    assert_eq!(rows[3].entry.subject, rows[18].entry.subject, "one user has one name");
    assert_eq!(world.app.store.audit_verify(None).unwrap().unwrap().rows, 20);
}

#[tokio::test]
async fn of_many_at_once_one_row_says_accepted() {
    let world = World::new();
    let domain = world.domain().await;
    let ann = world.user(&domain, "ann").await;
    let code = ann.code(START);
    let all = (0..64).map(|_| world.totp(&domain, "ann", &code));
    let answers = join_all(all).await;
    assert_eq!(answers.iter().filter(|answer| answer.field("verified") == true).count(), 1);
    let rows = rows(&world);
    let with = |outcome: &str| rows.iter().filter(|row| row.entry.outcome == outcome).count();
    assert_eq!((with("accepted"), with("replayed")), (1, 63));
    assert!(world.app.store.audit_verify(None).unwrap().is_ok());
}

#[tokio::test]
async fn what_cannot_be_put_on_record_does_not_happen() {
    let world = World::new();
    let domain = world.domain().await;
    let ann = world.user(&domain, "ann").await;
    let to_ann = json!({"domain": domain, "channel": "email", "to": "a@example.com"});
    let before = rows(&world).len();
    let broken = Connection::open(world.folder().join("keyfob.db")).unwrap();
    let refuse = "CREATE TRIGGER no BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END";
    broken.execute(refuse, []).unwrap();
    for _ in 0..2 {
        let refused = world.totp(&domain, "ann", &ann.code(START)).await;
        assert_eq!(refused.code(), "storage-unavailable");
    }
    assert_eq!(world.post("send/", to_ann.clone()).await.code(), "storage-unavailable");
    let waiting = "SELECT count(*) FROM outbox";
    let waiting: i64 = broken.query_row(waiting, [], |row| row.get(0)).unwrap();
    assert_eq!((rows(&world).len(), waiting), (before, 0));
    broken.execute("DROP TRIGGER no", []).unwrap();
    let accepted = world.totp(&domain, "ann", &ann.code(START)).await;
    assert_eq!(accepted.field("verified"), true, "the code was not used up");
    assert_eq!(rows(&world).len(), before + 1);
}

#[tokio::test]
async fn processes_that_write_at_once_make_one_chain() {
    let world = World::new();
    let folder = world.app.store.folder().to_owned();
    let other = DataFolder::open(&folder, ServicePolicy::default()).unwrap();
    let write = async |store: &keyfob_host::storage::Sqlite| {
        for _ in 0..200 {
            store.audit(AuditEntry::new(START, AuditEvent::CodeSent)).await.unwrap();
        }
    };
    tokio::join!(write(&world.app.store), write(&other.store));
    assert_eq!(world.app.store.audit_verify(None).unwrap().unwrap().rows, 401);
    other.store.close().unwrap();
}

#[tokio::test]
async fn whatever_is_changed_is_named() {
    let world = filled(7).await;
    world.app.store.close().unwrap();
    let folder = world.app.store.folder().to_owned();
    for (change, found) in [
        ("UPDATE audit SET outcome = 'accepted' WHERE seq = 3", Break::Altered(3)),
        ("UPDATE audit SET at = at + 1 WHERE seq = 1", Break::Altered(1)),
        ("UPDATE audit SET account = NULL WHERE seq = 1", Break::Altered(1)),
        ("UPDATE audit SET actor = 'x' WHERE seq = 7", Break::Altered(7)),
        ("UPDATE audit SET event = 'key-created' WHERE seq = 4", Break::Altered(4)),
        ("UPDATE audit SET domain = zeroblob(16) WHERE seq = 4", Break::Altered(4)),
        ("UPDATE audit SET subject = zeroblob(16) WHERE seq = 4", Break::Altered(4)),
        ("UPDATE audit SET detail = 'x' || detail WHERE seq = 2", Break::Altered(2)),
        ("UPDATE audit SET mac = zeroblob(32) WHERE seq = 5", Break::Altered(5)),
        ("UPDATE audit SET detail = x'00ff' WHERE seq = 5", Break::Altered(5)),
        ("DELETE FROM audit WHERE seq = 1", Break::Removed(1)),
        ("DELETE FROM audit WHERE seq = 4", Break::Removed(4)),
        ("DELETE FROM audit WHERE seq = 7", Break::Removed(7)),
        ("DELETE FROM audit", Break::Removed(1)),
        ("UPDATE audit SET seq = seq - 1 WHERE seq = (DELETED)", Break::Altered(4)),
        (
            "INSERT INTO audit SELECT 8, at, account, actor, event, outcome, domain, subject, detail, mac FROM audit WHERE seq = 7",
            Break::Altered(8),
        ),
        ("UPDATE audit SET seq = seq + 100; UPDATE audit SET seq = seq - 99", Break::Removed(1)),
        (
            "UPDATE meta SET value = zeroblob(72) WHERE name = 'audit_head'",
            Break::Link("audit_head"),
        ),
        ("DELETE FROM meta WHERE name = 'audit_head'", Break::Link("audit_head")),
        (
            "INSERT INTO meta SELECT 'audit_start', value FROM meta WHERE name = 'audit_head'",
            Break::Link("audit_start"),
        ),
    ] {
        let change = change.replace(
            "UPDATE audit SET seq = seq - 1 WHERE seq = (DELETED)",
            "DELETE FROM audit WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5",
        );
        let copy = copy_of(&folder);
        Connection::open(copy.path().join("keyfob.db")).unwrap().execute_batch(&change).unwrap();
        let data = DataFolder::open(copy.path(), ServicePolicy::default()).unwrap();
        assert_eq!(data.store.audit_verify(None).unwrap(), Err(found), "{change}");
        assert!(!found.to_string().is_empty());
        // Going on hides nothing.
        data.store.audit_blocking(AuditEntry::new(START, AuditEvent::CodeSent)).unwrap();
        assert!(data.store.audit_verify(None).unwrap().is_err(), "{change}, and one more");
        data.store.close().unwrap();
    }
}

#[tokio::test]
async fn a_trail_that_was_cut_off_with_its_head_shows_against_a_head_noted_elsewhere() {
    let world = filled(3).await;
    let folder = world.app.store.folder().to_owned();
    world.app.store.close().unwrap();
    let older = copy_of(&folder);
    let data = DataFolder::open(&folder, ServicePolicy::default()).unwrap();
    for _ in 0..3 {
        data.store.audit_blocking(AuditEntry::new(START, AuditEvent::CodeSent)).unwrap();
    }
    let noted = data.store.audit_head().unwrap();
    assert!(data.store.audit_verify(Some(noted)).unwrap().is_ok());
    let data = DataFolder::open(older.path(), ServicePolicy::default()).unwrap();
    assert!(data.store.audit_verify(None).unwrap().is_ok(), "alone it cannot tell");
    assert_eq!(data.store.audit_verify(Some(noted)).unwrap(), Err(Break::NotAsNoted(noted.seq)));
    for _ in 0..9 {
        data.store.audit_blocking(AuditEntry::new(START + 1, AuditEvent::CodeSent)).unwrap();
    }
    assert_eq!(data.store.audit_verify(Some(noted)).unwrap(), Err(Break::NotAsNoted(noted.seq)));
}

#[tokio::test]
async fn old_rows_are_cut_and_the_rest_still_hangs_together() {
    let world = filled(300).await;
    let noted = world.app.store.audit_head().unwrap();
    world.clock.advance(89 * 86_400);
    world.domain().await;
    purge_all(&world.app).await.unwrap();
    assert_eq!(rows(&world).len(), 301, "none is 90 days old");
    world.clock.advance(2 * 86_400);
    purge_all(&world.app).await.unwrap();
    assert_eq!(rows(&world).len(), 1);
    let intact = world.app.store.audit_verify(None).unwrap().unwrap();
    assert_eq!((intact.rows, intact.start), (1, noted));
    assert!(world.app.store.audit_verify(Some(noted)).unwrap().is_ok(), "it is where it was cut");
    let before = Link { seq: noted.seq - 1, ..noted };
    assert_eq!(
        world.app.store.audit_verify(Some(before)).unwrap(),
        Err(Break::NotedIsCut(before.seq))
    );
    world.domain().await;
    assert_eq!(world.app.store.audit_verify(None).unwrap().unwrap().rows, 2);
}

#[tokio::test]
async fn a_restore_is_in_the_trail_and_keeps_that_of_the_backup() {
    let world = filled(3).await;
    let folder = world.app.store.folder().to_owned();
    let backup = folder.join("backup.db");
    world.app.store.backup(&backup).unwrap();
    world.domain().await;
    world.app.store.close().unwrap();
    let copy = copy_of(&folder);
    let _ = data_folder::restore(&backup, copy.path(), START + 100).unwrap();
    let data = DataFolder::open(copy.path(), ServicePolicy::default()).unwrap();
    let rows = data.store.audit_after(0, 100).unwrap();
    let last = &rows.last().unwrap().entry;
    assert_eq!((rows.len(), &*last.event), (4, "restored"));
    assert!(last.detail.contains("replaced_head=4"), "{}", last.detail);
    assert!(data.store.audit_verify(None).unwrap().is_ok());
}

#[tokio::test]
async fn nobody_can_flood_it_with_wrong_keys() {
    let world = World::new();
    for _ in 0..100 {
        world.raw_as("kf_nobody", "POST", "domain/", "{}").await;
    }
    world.app.finished().await;
    world.clock.advance(60);
    world.raw_as("kf_nobody", "POST", "domain/", "{}").await;
    world.app.finished().await;
    let rows = rows(&world);
    let refused: Vec<_> = rows.iter().filter(|row| row.entry.event == "key-refused").collect();
    assert_eq!(refused.len(), 11);
    assert_eq!(refused[10].entry.detail, "unwritten_before=90");
}

#[tokio::test]
async fn nothing_in_it_is_personal() {
    let world = World::new();
    let domain = world.domain().await;
    let ann = world.user(&domain, "canary-user").await;
    let code = ann.code(START);
    world.totp(&domain, "canary-user", &code).await;
    let to = "canary@example.com";
    world.post("send/", json!({"domain": domain, "channel": "email", "to": to})).await;
    let text = format!("{:?}", rows(&world));
    for personal in ["canary", &code, &world.key] {
        assert!(!text.contains(personal), "{personal} in {text}");
    }
    assert!(text.contains("device-code-verified") && text.contains("code-sent"));
}

fn rows(world: &World) -> Vec<AuditRow> {
    world.app.store.audit_after(0, 10_000).unwrap()
}

/// A service whose trail has this many rows, three or more.
async fn filled(rows: usize) -> World {
    let world = World::new();
    world.domain().await;
    for _ in 0..rows - 3 {
        let entry = AuditEntry::new(START, AuditEvent::CodeSent).of(AccountId([7; 16]));
        world.app.store.audit(entry.detail("otp_id=x")).await.unwrap();
    }
    world.domain().await;
    world
}

fn copy_of(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for name in ["keyfob.db", "master.key"] {
        fs::copy(folder.join(name), copy.path().join(name)).unwrap();
    }
    copy
}
