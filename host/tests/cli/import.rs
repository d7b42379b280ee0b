//! `user import`.

use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::support::{Folder, SECRET, SHORT, keyfob};

const OTHER_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJA";

#[test]
fn an_array_of_users_is_called_one() {
    let (data, domain) = Folder::with_domain("array");
    for file in ["users.json", "users.txt"] {
        let array = format!(r#"[{{"user_id": "u1", "secret": "{SECRET}"}}]"#);
        let import = data.import(&domain, file, &array);
        assert_eq!(import.status, 1);
        assert!(import.stderr.contains("this is an array; write one object a line"), "{file}");
    }
}

#[test]
fn each_bad_line_of_an_import_is_reported_with_its_number_and_no_secret() {
    let (data, domain) = Folder::with_domain("bad-lines");
    let lines = [
        format!(r#"{{"user_id": "u1", "secret": "{SECRET}"}}"#),
        String::new(),
        format!(r#"{{"user_id": "u2", "secret": "{SHORT}"}}"#),
        r#"{"user_id": "u3", "secret": "CANARYCANARY1"}"#.into(),
        r#"{"user_id": "u4", "secret": 12, "digits": "CANARY"}"#.into(),
        r#"{"user_id": "u5", "CANARY": "CANARY"}"#.into(),
        "CANARY".into(),
        format!(r#"{{"user_id": "u6", "secret": "{SECRET}", "digits": 9}}"#),
        format!(r#"{{"user_id": "u7", "uri": "otpauth://hotp/a?secret={SECRET}&counter=1"}}"#),
        format!(r#"{{"user_id": "u1", "secret": "{SECRET}"}}"#),
        format!(r#"{{"user_id": "u1", "secret": "{OTHER_SECRET}"}}"#),
        format!(r#"{{"user_id": "u8", "uri": "otpauth://totp/a?secret={SECRET}&digits=8"}}"#),
        format!(r#"{{"user_id": "u9", "secret": "{}"}}"#, "A".repeat(70_000)),
        format!(r#"{{"user_id": "u10", "secret": "{SECRET}"}}"#),
    ];
    let import = data.import(&domain, "users.jsonl", &lines.join("\n"));
    assert_eq!((import.status, import.stdout.as_str()), (1, ""));
    let reported: Vec<&str> =
        import.stderr.lines().filter_map(|line| line.split_once(':')).map(|(n, _)| n).collect();
    let bad = [3, 4, 5, 6, 7, 8, 9, 11, 13].map(|number| format!("line {number}"));
    assert_eq!(reported, bad, "{}", import.stderr);
    assert!(import.stderr.ends_with("3 imported, 1 present, 9 bad\n"), "{}", import.stderr);
    assert!(!import.stderr.contains("CANARY") && !import.stderr.contains(&SHORT[..8]));
    let shown = data.keyfob(&["user", "show", "--domain", &domain, "u8"], "").stdout;
    assert!(shown.contains("8 digits"), "{shown}");

    let again = data.import(&domain, "users.jsonl", &lines.join("\n"));
    assert!(again.stderr.ends_with("0 imported, 4 present, 9 bad\n"), "{}", again.stderr);
}

#[test]
fn csv_is_imported_by_its_header_and_a_file_without_one_is_refused() {
    let (data, domain) = Folder::with_domain("csv");
    let good = format!(
        "\u{feff}user_id,secret,digits,interval\r\nc1,{SECRET},8,60\r\n\"c,2\",{SECRET},,\r\n"
    );
    let import = data.import(&domain, "users.csv", &good);
    assert_eq!((import.status, import.stderr.as_str()), (0, "2 imported, 0 present, 0 bad\n"));
    let import = data.keyfob(&["user", "import", "--domain", &domain, "-"], &good);
    assert_eq!(import.stderr, "0 imported, 2 present, 0 bad\n", "told by its first character");
    let bad = format!("user_id,secret\nc3,{SECRET},6\nc4,\nc5,{SECRET}\n");
    let import = data.import(&domain, "users.csv", &bad);
    assert_eq!(import.status, 1);
    assert!(import.stderr.starts_with("line 2: "), "{}", import.stderr);
    assert!(import.stderr.contains("\nline 3: "), "{}", import.stderr);
    let headless = data.import(&domain, "users.csv", &format!("c6,{SECRET}\n"));
    assert_eq!(headless.status, 2);
    assert!(headless.stderr.contains("user_id"), "{}", headless.stderr);
    assert!(!headless.stderr.contains(SECRET));
}

#[test]
fn an_import_that_was_killed_is_run_again_and_all_users_are_there_once() {
    const USERS: usize = 30_000;
    let (data, domain) = Folder::with_domain("killed");
    let line = |number| format!("{{\"user_id\": \"user-{number}\", \"secret\": \"{SECRET}\"}}\n");
    let file = data.path("users.jsonl");
    fs::write(&file, (0..USERS).map(line).collect::<String>()).unwrap();
    let arguments = ["user", "import", "--data", data.name(), "--domain", &domain, &file];

    let mut import = Command::new(env!("CARGO_BIN_EXE_keyfob"))
        .args(arguments)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let folder = data.open();
    let users = || folder.store.keys_with_prefix(b"u", USERS + 1, None, 0).unwrap().len();
    let began = Instant::now();
    while users() == 0 && began.elapsed() < Duration::from_mins(1) {
        std::thread::yield_now();
    }
    import.kill().unwrap(); // SIGKILL
    import.wait().unwrap();
    let killed_at = users();
    assert!((1..USERS).contains(&killed_at), "killed with {killed_at} users imported");

    let again = keyfob(&arguments);
    let left = USERS - killed_at;
    assert_eq!(again.stderr, format!("{left} imported, {killed_at} present, 0 bad\n"));
    assert_eq!(users(), USERS);
}
