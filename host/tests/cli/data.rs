//! `key`, `domain`, `user`, `backup` and `restore`.

use std::fs;

use serde_json::Value;

use crate::support::{Folder, SECRET, SHORT, assert_private};

#[test]
fn a_key_is_the_only_line_on_standard_output_and_is_stored_hashed() {
    let data = Folder::started("key");
    let created = data.keyfob(&["key", "create", "--label", "shop"], "");
    assert_eq!(created.status, 0, "{}", created.stderr);
    assert_eq!(created.stdout.lines().count(), 1);
    assert!(created.stdout.starts_with("kf_"), "{}", created.stdout);
    let key = keyfob_host::api_key::PresentedKey::parse(created.stdout.trim()).unwrap();
    let folder = data.open();
    let row = folder.store.api_key_find(key.id).unwrap().unwrap();
    assert!(key.matches(&row.hash));
    folder.store.close().unwrap();

    let list = || -> Value {
        serde_json::from_str(&data.keyfob(&["key", "list", "--json"], "").stdout).unwrap()
    };
    assert_eq!(list()[0]["status"], "active");
    assert_eq!(data.keyfob(&["key", "revoke", key.id], "").status, 0);
    assert_eq!(list()[0]["status"], "revoked");
    assert_eq!(data.keyfob(&["key", "revoke", "nothing"], "").status, 2);
}

#[test]
fn one_account_is_the_default_and_of_several_one_must_be_named() {
    let data = Folder::started("accounts");
    let domain = |arguments: &[&str]| data.keyfob(&[&["domain", "create"], arguments].concat(), "");
    assert!(domain(&[]).stderr.contains("keyfob key create"));
    data.keyfob(&["key", "create"], "");
    assert_eq!(domain(&[]).status, 0);
    data.keyfob(&["key", "create"], "");
    assert_eq!(domain(&[]).status, 0, "a second key is for the same account");
    let keys = data.keyfob(&["key", "list", "--json"], "").stdout;
    let keys: Value = serde_json::from_str(&keys).unwrap();
    let first = keys[0]["account"].as_str().unwrap();
    data.keyfob(&["key", "create", "--new-account"], "");
    let ambiguous = domain(&[]);
    assert_eq!(ambiguous.status, 2);
    assert!(ambiguous.stderr.contains("keyfob key list"), "{}", ambiguous.stderr);
    assert_eq!(domain(&["--account", first]).status, 0);
    let listed = data.keyfob(&["domain", "list", "--account", first, "--json"], "").stdout;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!(domain(&["--account", "00000000-0000-4000-8000-000000000000"]).status, 2);
}

#[test]
fn a_user_is_added_shown_enrolled_anew_and_deleted() {
    let (data, domain) = Folder::with_domain("user");
    let user = |verb: &str, arguments: &[&str], input: &str| {
        data.keyfob(&[&["user", verb, "--domain", &domain, "alice"], arguments].concat(), input)
    };
    let added = user("add", &["--public-url", "https://otp.example/"], "");
    assert!(added.stdout.starts_with("https://otp.example/enrol/"), "{}", added.stderr);
    assert!(user("show", &[], "").stdout.starts_with("status     pending"));
    assert_eq!(user("add", &["--secret", "-"], SECRET).status, 2, "there is one already");
    assert_eq!(user("delete", &[], "").status, 0);
    assert_eq!(user("delete", &[], "").status, 2);
    assert_eq!(user("add", &["--secret", "-"], SHORT).status, 2);
    let known = user("add", &["--secret", "-"], SECRET);
    assert_eq!((known.status, known.stdout.as_str()), (0, ""));
    assert!(user("show", &[], "").stdout.starts_with("status     active"));
    assert!(user("enrol", &["--revoke"], "").stdout.contains("/enrol/"));
    assert!(user("show", &[], "").stdout.starts_with("status     pending"));
}

#[test]
fn a_restore_needs_the_folder_to_itself_and_the_keys_of_the_backup() {
    let (data, domain) = Folder::with_domain("restore");
    data.keyfob(&["user", "add", "--domain", &domain, "alice", "--secret", "-"], SECRET);
    let backup = data.path("backup.db");
    assert_eq!(data.keyfob(&["backup", &backup], "").status, 0);
    assert_private(&backup);
    assert_eq!(data.keyfob(&["backup", &backup], "").status, 2, "never over another file");

    let open = data.open();
    assert_eq!(data.keyfob(&["restore", &backup], "").status, 2, "in use");
    open.store.close().unwrap();
    drop(open);
    let restored = data.keyfob(&["restore", &backup], "");
    assert_eq!(restored.status, 0, "{}", restored.stderr);
    assert!(restored.stderr.contains("is refused from now on"), "{}", restored.stderr);
    assert!(data.keyfob(&["user", "show", "--domain", &domain, "alice"], "").status == 0);

    let far = 4_102_444_800_u64; // the year 2100
    rusqlite::Connection::open(&backup)
        .and_then(|backup| {
            let forge = "INSERT OR REPLACE INTO meta VALUES ('replay_floor', ?1)";
            backup.execute(forge, [far.to_be_bytes()])
        })
        .unwrap();
    let restored = data.keyfob(&["restore", &backup], "");
    assert_eq!(restored.status, 0, "{}", restored.stderr);
    let warning =
        "warning: codes up to 2100-01-01T00:00:00Z counted as used, which is in the future";
    assert!(restored.stderr.contains(warning), "{}", restored.stderr);

    let other = Folder::started("restore-other");
    let refused = other.keyfob(&["restore", &backup], "");
    assert!(refused.stderr.starts_with("error[master-key-mismatch]"), "{}", refused.stderr);
    let text = data.path("users.jsonl");
    fs::write(&text, "no database").unwrap();
    let refused = data.keyfob(&["restore", &text], "");
    assert!(refused.stderr.starts_with("error[database-foreign]"), "{}", refused.stderr);
}
