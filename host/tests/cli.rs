//! The command line as people and scripts meet it: the real binary, its two outputs
//! and its exit status.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use keyfob::service::ServicePolicy;
use keyfob_host::data_folder::DataFolder;
use serde_json::Value;

/// The key of RFC 4226, appendix D, and longer ones in the manner of RFC 6238.
const SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const OTHER_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJA";
const SHORT: &str = "JBSWY3DPEHPK3PXP";

#[test]
fn codes_are_those_of_oathtool() {
    for algorithm in ["SHA1", "SHA256", "SHA512"] {
        for digits in ["6", "7", "8"] {
            for time in [0, 59, 1_111_111_109, 2_000_000_000, 20_000_000_000_u64] {
                let totp = format!("--totp={}", algorithm.to_lowercase());
                let expected = oathtool(&[&totp, "-d", digits, "-N", &format!("@{time}")]);
                let time = time.to_string();
                let options = ["--digits", digits, "--algorithm", algorithm, "--at", &time];
                let code = keyfob(&[&["code", SECRET], &options[..]].concat());
                assert_eq!(code.stdout, expected, "{algorithm} {digits} {time}");
                assert_eq!(code.status, 0);
            }
        }
    }
    for counter in ["0", "1", "9", "4294967296"] {
        let expected = oathtool(&["--hotp", "-c", counter]);
        assert_eq!(keyfob(&["code", SECRET, "--counter", counter]).stdout, expected);
    }
}

#[test]
fn a_code_of_oathtool_verifies_now_and_from_standard_input() {
    let code = oathtool(&["--totp"]);
    let judged = keyfob_with(&["verify", "-", "-"], &format!("{SECRET}\n{code}"));
    assert_eq!(judged.status, 0, "{}", judged.stderr);
    assert_eq!(judged.stdout, "");
    assert!(judged.stderr.starts_with("accepted: the code of step "), "{}", judged.stderr);
}

#[test]
fn an_enrolment_uri_brings_its_parameters_and_options_go_over_them() {
    let uri = format!("otpauth://totp/a?secret={SECRET}&digits=8&algorithm=SHA1&period=60");
    assert_eq!(keyfob(&["code", &uri, "--at", "119"]).stdout, "94287082\n"); // step 1, RFC 6238
    assert_eq!(keyfob(&["code", &uri, "--at", "59", "--period", "30"]).stdout, "94287082\n");
    let hotp = format!("otpauth://hotp/a?secret={SECRET}&counter=1");
    assert_eq!(keyfob(&["code", &hotp]).stdout, "287082\n"); // RFC 4226, appendix D
    assert_eq!(keyfob(&["code", &hotp, "--counter", "0"]).stdout, "755224\n");
    let steam = format!("otpauth://steam/a?secret={SECRET}");
    assert_eq!(keyfob(&["code", &steam, "--at", "59"]).stdout, "PV9M4\n"); // tests/vectors/steam.json
}

#[test]
fn an_option_that_would_do_nothing_is_refused() {
    let uri = |kind: &str| format!("otpauth://{kind}/a?secret={SECRET}&counter=1");
    for (kind, option) in [
        ("totp", ["--counter", "1"]),
        ("hotp", ["--period", "30"]),
        ("hotp", ["--at", "59"]),
        ("steam", ["--digits", "6"]),
    ] {
        let refused = keyfob(&[&["code", &uri(kind)], &option[..]].concat());
        assert_eq!((refused.status, refused.stdout.as_str()), (2, ""), "{kind} {option:?}");
        assert!(refused.stderr.contains("leave out"), "{}", refused.stderr);
    }
}

#[test]
fn verify_says_no_with_1_and_cannot_judge_with_2() {
    let verify = |arguments: &[&str]| keyfob(&[&["verify"], arguments].concat()).status;
    assert_eq!(verify(&[SECRET, "287082", "--at", "59"]), 0);
    assert_eq!(verify(&[SECRET, "287082", "--at", "89"]), 0, "one step late");
    assert_eq!(verify(&[SECRET, "287082", "--at", "119"]), 1, "two steps late");
    assert_eq!(verify(&[SECRET, "287082", "--at", "119", "--window", "2"]), 0);
    assert_eq!(verify(&[SECRET, "287082", "--at", "59", "--window", "0"]), 0);
    assert_eq!(verify(&[SECRET, "287082", "--counter", "0"]), 0, "ten counters ahead");
    assert_eq!(verify(&[SECRET, "755224", "--counter", "1"]), 1, "never looks back");
    for typed in ["28708", "2870822", " 287082", "287082 ", "+87082", "-87082", "２８７０８２", ""]
    {
        assert_eq!(verify(&[SECRET, typed, "--at", "59"]), 1, "{typed:?}");
    }
    assert_eq!(verify(&["not base32!", "287082"]), 2);
    assert_eq!(verify(&[SECRET, "287082", "--window", "11"]), 2);
    assert_eq!(verify(&[SECRET]), 2);
}

#[test]
fn what_a_user_typed_as_a_code_never_makes_verify_succeed() {
    for typed in ["--help", "-h", "--version", "--window", "--at=59", "-", "--"] {
        let judged = keyfob(&["verify", SECRET, typed]);
        assert_ne!(judged.status, 0, "{typed}: {}", judged.stdout);
    }
    assert_eq!(keyfob(&["verify", "--help"]).status, 0, "asking for help alone is well");
}

#[test]
fn a_short_key_is_used_and_warned_of_on_standard_error_alone() {
    let code = keyfob(&["code", SHORT, "--at", "59"]);
    assert_eq!((code.status, code.stdout.len()), (0, 7));
    assert!(code.stderr.contains("80 bits"), "{}", code.stderr);
    assert_eq!(keyfob(&["code", SECRET, "--at", "59"]).stderr, "");
}

#[test]
fn an_error_names_what_to_do_and_never_the_secret() {
    let secret = "KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZL1";
    for arguments in [
        &["code", "-"][..],
        &["verify", "-", "123456"],
        &["uri", "build", "--account", "a", "--secret", "-"],
    ] {
        let refused = keyfob_with(arguments, secret);
        assert_eq!((refused.status, refused.stdout.as_str()), (2, ""));
        assert!(refused.stderr.starts_with("error[secret-character]: character 32 "));
        assert!(!refused.stderr.contains(&secret[..8]), "{}", refused.stderr);
    }
    assert!(keyfob_with(&["code", "-"], "").stderr.contains("standard input is empty"));
}

#[test]
fn new_secrets_differ_and_are_never_under_128_bits() {
    let (one, two) = (keyfob(&["secret"]).stdout, keyfob(&["secret"]).stdout);
    assert_eq!((one.len(), two.len()), (33, 33));
    assert_ne!(one, two);
    assert_eq!(keyfob(&["secret", "--bytes", "64"]).stdout.len(), 104);
    for bytes in ["15", "0", "257", "-1", "many"] {
        assert_eq!(keyfob(&["secret", "--bytes", bytes]).status, 2, "{bytes}");
    }
}

#[test]
fn uri_parse_reads_the_vectors_as_every_language_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/uri.json");
    let vectors: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    let mut read = 0;
    for case in cases.iter().filter(|case| !case["uri"].as_str().unwrap().contains('\0')) {
        let mut arguments = vec!["uri", "parse", "-", "--json"];
        if case["mode"] == "strict" {
            arguments.push("--strict");
        }
        let uri = case["uri"].as_str().unwrap();
        if uri.contains('\n') || uri.starts_with('-') {
            continue; // standard input is read by the line
        }
        let parsed = keyfob_with(&arguments, uri);
        if let Some(code) = case["expect"]["error"].as_str() {
            assert_eq!((parsed.status, parsed.stdout.as_str()), (2, ""), "{}", case["id"]);
            assert!(parsed.stderr.contains(code), "{}: {}", case["id"], parsed.stderr);
            continue;
        }
        let mut account: Value = serde_json::from_str(&parsed.stdout).unwrap();
        if account["type"] == "steam" {
            assert_eq!(account.as_object_mut().unwrap().remove("period"), Some(30.into()));
        }
        assert_eq!(account, case["expect"], "{}", case["id"]);
        assert_eq!(parsed.stderr, "", "warnings are in the JSON");
        read += 1;
    }
    assert!(read > 40, "only {read} cases were read");
}

#[test]
fn uri_build_is_read_back_and_makes_a_secret_where_none_is_given() {
    let build = ["uri", "build", "--account", "alice@example.com", "--issuer", "Acme & Co"];
    let uri = keyfob(
        &[&build[..], &["--digits", "8", "--parameter", "image=https://x.example/a b"]].concat(),
    );
    let account = parse(&uri.stdout);
    assert_eq!(account["issuer"], "Acme & Co");
    assert_eq!(account["account"], "alice@example.com");
    assert_eq!(account["digits"], 8);
    assert_eq!(account["parameters"], serde_json::json!([["image", "https://x.example/a b"]]));
    assert_eq!(account["secret"].as_str().unwrap().len(), 32);
    assert_ne!(account["secret"], parse(&keyfob(&build).stdout)["secret"]);

    let given = keyfob_with(
        &[&build[..], &["--secret", "-", "--type", "hotp", "--counter", "7"]].concat(),
        SECRET,
    );
    let account = parse(&given.stdout);
    assert_eq!((&account["secret"], &account["counter"]), (&SECRET.into(), &7.into()));
}

#[test]
fn a_picture_is_read_by_zbar_is_private_and_replaces_nothing() {
    let folder = Folder::new("qr");
    let uri = format!("otpauth://totp/Acme:alice?secret={SECRET}&issuer=Acme");
    let png = folder.path("alice.png");
    let drawn = keyfob_with(&["qr", "-", "--png", &png], &uri);
    assert_eq!(drawn.status, 0, "{}", drawn.stderr);
    let zbarimg = run("zbarimg", "zbar-tools", &["--quiet", "--raw", &png]);
    assert_eq!(zbarimg.trim(), uri);
    assert_private(&png);

    let again = keyfob_with(&["qr", "-", "--png", &png], &uri);
    assert_eq!(again.status, 2);
    assert!(again.stderr.contains("--force"), "{}", again.stderr);
    assert_eq!(keyfob_with(&["qr", "-", "--png", &png, "--force"], &uri).status, 0);

    let svg = folder.path("alice.svg");
    assert_eq!(keyfob_with(&["qr", "-", "--svg", &svg], &uri).status, 0);
    assert!(fs::read_to_string(&svg).unwrap().starts_with("<svg "));
    assert_private(&svg);
    assert!(keyfob_with(&["qr", "-"], &uri).stdout.contains('█'));
    assert_eq!(keyfob_with(&["qr", "-"], "https://example.com").status, 2);
}

#[test]
fn an_export_of_several_parts_is_read_whole_and_a_missing_part_is_said() {
    use keyfob::{
        Secret,
        enrolment::{Enrolment, Migration},
    };
    let enrolment = |number: usize| {
        let secret = Secret::from_base32(SECRET).unwrap();
        Enrolment::totp(&format!("user {number}"), secret).unwrap().with_issuer("Acme").unwrap()
    };
    let accounts: Vec<Enrolment> = (0..25).map(enrolment).collect();
    let uris = Migration::export(&accounts, 7).unwrap();
    let lines: Vec<&str> = uris.iter().rev().map(|uri| uri.as_str()).collect();

    let whole = keyfob_with(&["import", "-", "--json"], &lines.join("\n"));
    assert_eq!((whole.status, whole.stderr.as_str()), (0, ""));
    let json: Value = serde_json::from_str(&whole.stdout).unwrap();
    let names: Vec<_> = json.as_array().unwrap().iter().map(|entry| &entry["account"]).collect();
    assert_eq!(names.len(), 25);
    assert_eq!((names[0], names[24]), (&"user 0".into(), &"user 24".into()));

    let part = keyfob(&["import", lines[0]]);
    assert_eq!((part.status, part.stdout.lines().count()), (0, 5));
    assert!(part.stderr.contains("2 of the 3 parts"), "{}", part.stderr);
    assert_eq!(keyfob(&["import", lines[0], lines[0]]).status, 2);
    assert_eq!(keyfob_with(&["import", "-"], "\n").status, 2);
}

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
    data.keyfob(&["key", "create", "--new-account"], "");
    let ambiguous = domain(&[]);
    assert_eq!(ambiguous.status, 2);
    assert!(ambiguous.stderr.contains("keyfob key list"), "{}", ambiguous.stderr);
    let keys = data.keyfob(&["key", "list", "--json"], "").stdout;
    let keys: Value = serde_json::from_str(&keys).unwrap();
    let first = keys[0]["account"].as_str().unwrap();
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

#[test]
fn a_restore_refuses_what_was_used_before_and_a_backup_of_other_keys() {
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
    assert!(data.open().store.replay_floor().unwrap() > 1_700_000_000);
    assert!(data.keyfob(&["user", "show", "--domain", &domain, "alice"], "").status == 0);

    let other = Folder::started("restore-other");
    let refused = other.keyfob(&["restore", &backup], "");
    assert!(refused.stderr.starts_with("error[master-key-mismatch]"), "{}", refused.stderr);
    let text = data.path("users.jsonl");
    fs::write(&text, "no database").unwrap();
    let refused = data.keyfob(&["restore", &text], "");
    assert!(refused.stderr.starts_with("error[database-foreign]"), "{}", refused.stderr);
}

#[test]
fn manual_pages_and_completions_cover_every_command() {
    let folder = Folder::new("man");
    assert_eq!(keyfob(&["man", "--dir", folder.name()]).status, 0);
    for page in ["keyfob", "keyfob-code", "keyfob-user-import", "keyfob-serve", "keyfob-restore"] {
        let text = fs::read_to_string(folder.path(&format!("{page}.1"))).unwrap();
        assert!(text.contains(".TH"), "{page}");
    }
    assert!(keyfob(&["man"]).stdout.contains(".TH keyfob"));
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = keyfob(&["completions", shell]);
        assert!(script.stdout.contains("import"), "{shell}");
    }
}

#[test]
fn a_reader_that_stops_early_is_no_error() {
    let script = format!("'{}' completions bash | head -n 1", env!("CARGO_BIN_EXE_keyfob"));
    let output =
        Command::new("bash").args(["-c", &format!("set -o pipefail; {script}")]).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

/// What a command answered.
struct Answer {
    status: i32,
    stdout: String,
    stderr: String,
}

fn keyfob(arguments: &[&str]) -> Answer {
    keyfob_with(arguments, "")
}

fn keyfob_with(arguments: &[&str], input: &str) -> Answer {
    let mut child = Command::new(env!("CARGO_BIN_EXE_keyfob"))
        .args(arguments)
        .env_remove("KEYFOB_DATA")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that needs no input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Answer { status: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) }
}

fn parse(uri: &str) -> Value {
    serde_json::from_str(&keyfob_with(&["uri", "parse", "-", "--strict", "--json"], uri).stdout)
        .unwrap()
}

fn oathtool(options: &[&str]) -> String {
    run("oathtool", "oathtool", &[options, &["--base32", SECRET]].concat())
}

fn run(program: &str, package: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.unwrap_or_else(|error| {
        panic!("cannot run {program} ({error}): apt-get install {package}");
    });
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn assert_private(path: &str) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600, "{path}");
    }
}

/// A folder of its own for each test, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("keyfob-cli-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A data folder as the first start of the service leaves it, without a key.
    fn started(name: &str) -> Self {
        let folder = Self::new(name);
        let started = DataFolder::create_or_open(&folder.0, ServicePolicy::default()).unwrap();
        started.store.close().unwrap();
        folder
    }

    fn with_domain(name: &str) -> (Self, String) {
        let folder = Self::started(name);
        folder.keyfob(&["key", "create"], "");
        let domain = folder.keyfob(&["domain", "create"], "").stdout.trim().to_owned();
        (folder, domain)
    }

    fn open(&self) -> DataFolder {
        DataFolder::open(&self.0, ServicePolicy::default()).unwrap()
    }

    fn name(&self) -> &str {
        self.0.to_str().unwrap()
    }

    fn path(&self, file: &str) -> String {
        self.0.join(file).to_str().unwrap().to_owned()
    }

    fn keyfob(&self, arguments: &[&str], input: &str) -> Answer {
        keyfob_with(&[arguments, &["--data", self.name()]].concat(), input)
    }

    fn import(&self, domain: &str, file: &str, lines: &str) -> Answer {
        let path = self.path(file);
        fs::write(&path, lines).unwrap();
        self.keyfob(&["user", "import", "--domain", domain, &path], "")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
