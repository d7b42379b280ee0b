//! Runs `tests/vectors/{uri,migration}.json`, which every language's runner reads.
#![cfg(feature = "enrolment")]
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test fails by unwrapping and reports by printing

use std::{fs, path::Path};

use keyfob::enrolment::{Enrolment, Kind, Migration, Mode, Parsed, Skipped, UriError, Warning};
use serde_json::{Value, json};

#[test]
fn enrolment_uris_read_and_refuse_as_every_language_must() {
    run("uri.json", |case| {
        let uri = text(case, "uri");
        let modes: &[Mode] = match text(case, "mode") {
            "strict" => &[Mode::Strict],
            "lenient" => &[Mode::Lenient],
            "both" => &[Mode::Strict, Mode::Lenient],
            mode => panic!("no such mode, {mode}"),
        };
        for &mode in modes {
            let parsed = Enrolment::parse(uri, mode);
            let found = describe_parsed(&parsed);
            if found != case["expect"] {
                return Err(format!("{mode:?} found {found}"));
            }
            if let Ok(parsed) = parsed {
                rebuild(case, &parsed.enrolment)?;
            }
        }
        Ok(())
    });
}

#[test]
fn migration_uris_read_and_refuse_as_every_language_must() {
    run("migration.json", |case| {
        let found = match Migration::parse(text(case, "uri")) {
            Ok(migration) => describe_migration(&migration),
            Err(error) => json!({ "error": error.code() }),
        };
        if found == case["expect"] { Ok(()) } else { Err(format!("found {found}")) }
    });
}

/// What is written reads to the same value, and is what the case says it is.
fn rebuild(case: &Value, enrolment: &Enrolment) -> Result<(), String> {
    let rebuilt = enrolment.to_uri();
    if let Some(expected) = case["rebuilt"].as_str().filter(|expected| *expected != *rebuilt) {
        return Err(format!("{expected} but wrote {}", *rebuilt));
    }
    match Enrolment::parse(&rebuilt, Mode::Lenient) {
        Ok(again) if again.enrolment == *enrolment => Ok(()),
        other => Err(format!("wrote {} and read {other:?}", *rebuilt)),
    }
}

fn describe_parsed(parsed: &Result<Parsed, UriError>) -> Value {
    match parsed {
        Err(error) => json!({ "error": error.code() }),
        Ok(Parsed { enrolment, warnings }) => {
            let mut value = describe(enrolment);
            value["parameters"] =
                enrolment.parameters().iter().map(|p| json!([p.name, p.value])).collect();
            value["warnings"] = warnings.iter().map(Warning::code).collect();
            value
        }
    }
}

fn describe_migration(migration: &Migration) -> Value {
    let skipped =
        |it: &Skipped| json!({ "index": it.index, "name": it.name, "reason": it.reason.code() });
    json!({
        "entries": migration.entries.iter().map(describe).collect::<Value>(),
        "skipped": migration.skipped.iter().map(skipped).collect::<Value>(),
        "batch_size": migration.batch_size,
        "batch_index": migration.batch_index,
        "batch_id": migration.batch_id,
    })
}

fn describe(enrolment: &Enrolment) -> Value {
    let mut value = json!({
        "type": enrolment.kind().name(),
        "issuer": enrolment.issuer(),
        "account": enrolment.account(),
        "secret": *enrolment.secret().expose_base32(),
        "algorithm": enrolment.algorithm().name(),
        "digits": enrolment.digits(),
    });
    match enrolment.kind() {
        Kind::Totp { period } => value["period"] = period.into(),
        Kind::Hotp { counter } => value["counter"] = counter.into(),
        Kind::Steam => {}
    }
    value
}

/// Runs every case of a file, reports all that fail, and holds their number against
/// the manifest.
fn run(file: &str, check: impl Fn(&Value) -> Result<(), String>) {
    let document = read(file);
    let cases = document["cases"].as_array().unwrap();
    let total = &read("manifest.json")[file];
    let failures: Vec<String> = cases
        .iter()
        .filter_map(|case| check(case).err().map(|error| (case, error)))
        .map(|(case, error)| format!("{}: {} but {error}", case["id"], case["expect"]))
        .collect();
    println!("{file} {}/{total}", cases.len());
    assert_eq!(json!(cases.len()), *total, "cases against the manifest");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn read(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap()
}
