//! Runs the vectors of the codes themselves, which every language's runner reads.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test fails by unwrapping and reports by printing

use std::{fs, path::Path};

use keyfob::{
    Algorithm, CodePolicy, Digits, DriftLimit, Hotp, HotpOutcome, LookAhead, ParameterError,
    Period, RecoveryCode, RecoverySet, Secret, SecretError, Steam, Totp, TotpOutcome, TotpState,
    Window,
};
use serde_json::{Value, json};

#[test]
fn hotp() {
    run("hotp.json", |case| {
        let hotp = Hotp::new(&secret(case), algorithm(case), digits(case));
        let counter = number(case, "counter");
        match text(case, "kind") {
            "generate" => json!({ "code": hotp.generate(counter).as_str() }),
            "verify" => counted(hotp.verify(text(case, "code"), counter, look_ahead(case))),
            "resynchronise" => {
                let [first, second] = [0, 1].map(|i| case["codes"][i].as_str().unwrap());
                counted(hotp.resynchronise(first, second, counter, look_ahead(case)))
            }
            kind => panic!("no such kind: {kind}"),
        }
    });
}

#[test]
fn totp() {
    run("totp.json", |case| {
        let period = Period::new(small(case, "period")).unwrap();
        let totp = Totp::new(&secret(case), algorithm(case), digits(case), period)
            .with_epoch(number(case, "epoch"));
        if text(case, "kind") == "generate" {
            let time = number(case, "time");
            return json!({ "code": totp.generate(time).as_str(), "remaining": totp.remaining(time) });
        }
        let [before, after] = serde_json::from_value(case["window"].clone()).unwrap();
        let totp = totp
            .with_window(Window::new(before, after).unwrap())
            .with_drift_limit(DriftLimit::new(small(case, "drift_limit")).unwrap());
        judged(case, |code, time, state| totp.verify(code, time, state))
    });
}

#[test]
fn steam() {
    run("steam.json", |case| {
        let steam = Steam::new(&secret(case));
        if text(case, "kind") == "generate" {
            return json!({ "code": steam.generate(number(case, "time")).as_str() });
        }
        judged(case, |code, time, state| steam.verify(code, time, state))
    });
}

#[test]
fn base32() {
    run("base32.json", |case| match Secret::from_base32(text(case, "text")) {
        Ok(secret) => json!({
            "secret": to_hexadecimal(secret.expose_bytes()),
            "canonical": *secret.expose_base32(),
        }),
        Err(error @ SecretError::Character { position }) => {
            json!({ "error": error.code(), "position": position })
        }
        Err(error) => json!({ "error": error.code() }),
    });
}

#[test]
fn codes() {
    run("codes.json", |case| match text(case, "kind") {
        "policy" => match policy(case) {
            Ok(policy) => json!({
                "entropy_millibits": policy.entropy_millibits(),
                "is_guessable": policy.is_guessable(),
            }),
            Err(error) => json!({ "error": error.code() }),
        },
        "normalise" => match policy(case).unwrap().normalise(text(case, "typed")) {
            Some(code) => json!({ "code": code.expose() }),
            None => json!({ "outcome": "malformed" }),
        },
        "recovery" => recovery(case),
        kind => panic!("no such kind: {kind}"),
    });
}

/// Holds what `case_run` finds of every case against what the file expects, and the
/// number of cases against the manifest.
fn run(file: &str, case_run: impl Fn(&Value) -> Value) {
    let document = read(file);
    let cases = document["cases"].as_array().unwrap();
    let mut failures = Vec::new();
    for case in cases {
        let found = case_run(case);
        if found != case["expect"] {
            failures.push(format!("{}: {} but found {found}", case["id"], case["expect"]));
        }
    }
    let total = &read("manifest.json")[file];
    println!("{file} {}/{total}", cases.len());
    assert_eq!(json!(cases.len()), *total, "cases against the manifest");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn read(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn counted(outcome: HotpOutcome) -> Value {
    match outcome {
        HotpOutcome::Accepted { next_counter } => {
            json!({ "outcome": outcome.code(), "next_counter": next_counter })
        }
        _ => json!({ "outcome": outcome.code() }),
    }
}

/// The attempts of a case, one after the other, with the state handed on.
fn judged(case: &Value, verify: impl Fn(&str, u64, &TotpState) -> TotpOutcome) -> Value {
    let mut state: TotpState = serde_json::from_value(case["state"].clone()).unwrap();
    let attempts = case["attempts"].as_array().unwrap().iter();
    let outcomes = attempts.map(|attempt| {
        let outcome = verify(text(attempt, "code"), number(attempt, "time"), &state);
        match outcome {
            TotpOutcome::Accepted { step, drift, state: next } => {
                assert_eq!(next.last_step, Some(step));
                state = next;
                json!({ "outcome": "accepted", "step": step, "drift": drift, "state_drift": next.drift })
            }
            TotpOutcome::Replayed { step } => json!({ "outcome": outcome.code(), "step": step }),
            _ => json!({ "outcome": outcome.code() }),
        }
    });
    json!({ "outcomes": outcomes.collect::<Vec<_>>() })
}

fn recovery(case: &Value) -> Value {
    let typed = text(case, "typed");
    let entry = json!({ "hash": text(case, "valid"), "used": false });
    let mut set: RecoverySet = serde_json::from_value(json!({ "entries": [entry] })).unwrap();
    let outcome = set.redeem(typed);
    match RecoveryCode::parse(typed) {
        Some(code) if outcome.is_accepted() => {
            json!({ "outcome": outcome.code(), "shown": *code.expose() })
        }
        _ => json!({ "outcome": outcome.code() }),
    }
}

fn policy(case: &Value) -> Result<CodePolicy, ParameterError> {
    let alphabet = serde_json::from_value(case["alphabet"].clone()).unwrap();
    CodePolicy::new(small(case, "length"), alphabet)
}

fn secret(case: &Value) -> Secret {
    Secret::from_bytes(from_hexadecimal(text(case, "secret"))).unwrap()
}

fn algorithm(case: &Value) -> Algorithm {
    text(case, "algorithm").parse().unwrap()
}

fn digits(case: &Value) -> Digits {
    Digits::new(small(case, "digits")).unwrap()
}

fn look_ahead(case: &Value) -> LookAhead {
    LookAhead::new(small(case, "look_ahead")).unwrap()
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap()
}

fn number(case: &Value, field: &str) -> u64 {
    case[field].as_u64().unwrap()
}

fn small(case: &Value, field: &str) -> u8 {
    number(case, field).try_into().unwrap()
}

fn from_hexadecimal(text: &str) -> Vec<u8> {
    let pairs = (0..text.len()).step_by(2).map(|at| &text[at..at + 2]);
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn to_hexadecimal(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.concat()
}
