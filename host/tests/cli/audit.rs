//! `audit list`, `audit verify` and `erase --user`, on a folder that no service has open.

use serde_json::Value;

use crate::support::Folder;

#[test]
fn what_the_command_line_did_is_listed_and_verified() {
    let data = Folder::started("audit");
    data.keyfob(&["key", "create"], "");
    let domain = data.keyfob(&["domain", "create"], "").stdout.trim().to_owned();
    assert_eq!(data.keyfob(&["user", "add", "--domain", &domain, "ann"], "").status, 0);
    assert_eq!(data.keyfob(&["erase", "--domain", &domain, "--user", "ann"], "").status, 0);
    assert_eq!(data.keyfob(&["erase", "--domain", &domain, "--user", "-"], "ann").status, 0);
    assert_eq!(data.keyfob(&["erase", "--domain", &domain], "").status, 2);
    assert_eq!(data.keyfob(&["key", "rotate"], "").status, 0);

    let list = |arguments: &[&str]| -> Vec<Value> {
        let listed = data.keyfob(&[&["audit", "list", "--json"], arguments].concat(), "");
        assert_eq!(listed.status, 0, "{}", listed.stderr);
        listed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let events: Vec<_> = list(&[]).iter().map(|row| row["event"].to_string()).collect();
    let expected = [
        "key-created",
        "domain-created",
        "user-created",
        "user-erased",
        "user-erased",
        "sealing-key-created",
        "records-resealed",
    ];
    assert_eq!(events, expected.map(|event| format!("\"{event}\"")));
    let account = list(&[])[0]["account"].as_str().unwrap().to_owned();
    let of_ann = list(&["--account", &account, "--domain", &domain, "--user", "ann"]);
    assert_eq!(of_ann.len(), 3);
    assert!(list(&["--since", "2999-01-01T00:00:00Z"]).is_empty());
    assert_eq!(list(&["--event", "user-created"]).len(), 1);
    assert_eq!(data.keyfob(&["audit", "list", "--event", "nonsense"], "").status, 2);
    let table = data.keyfob(&["audit", "list"], "").stdout;
    assert!(table.contains("user-erased") && !table.contains("ann"), "{table}");

    let verified = data.keyfob(&["audit", "verify"], "");
    assert_eq!(verified.status, 0, "{}", verified.stderr);
    let head = verified.stdout.trim().to_owned();
    assert!(head.starts_with("7:"), "{head}");
    assert_eq!(data.keyfob(&["audit", "verify", "--head", &head], "").status, 0);

    let file = rusqlite::Connection::open(data.path("keyfob.db")).unwrap();
    file.execute("DELETE FROM audit WHERE seq = 7", []).unwrap();
    file.execute("UPDATE audit SET outcome = 'x' WHERE seq = 3", []).unwrap();
    drop(file);
    let broken = data.keyfob(&["audit", "verify"], "");
    assert_eq!(broken.status, 2);
    assert!(
        broken.stderr.contains("audit-broken") && broken.stderr.contains("row 3"),
        "{}",
        broken.stderr
    );
}
