//! `uri`, `qr` and `import`.

use std::{fs, path::Path};

use serde_json::Value;

use crate::support::{Folder, SECRET, assert_private, keyfob, keyfob_with, parse, run};

#[test]
fn uri_parse_reads_the_vectors_as_every_language_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/uri.json");
    let vectors: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    let mut read = 0;
    for case in cases {
        let uri = case["uri"].as_str().unwrap();
        if uri.contains('\0') {
            continue; // no argument can hold it
        }
        let mode = if case["mode"] == "strict" { &["--strict"][..] } else { &[] };
        let parsed = keyfob(&[&["uri", "parse", "--json"], mode, &["--", uri]].concat());
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

    let astray = keyfob_with(&["qr", "-", "--svg", &folder.path("none/alice.svg")], &uri);
    assert!(astray.stderr.contains("none: there is no such folder"), "{}", astray.stderr);

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
