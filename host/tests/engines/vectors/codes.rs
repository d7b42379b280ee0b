//! The codes themselves: `hotp.json`, `totp.json`, `steam.json`, `base32.json`, `codes.json`.

use serde_json::{Value, json};

use super::{
    Found,
    bindings::exports::keyfob::otp::{
        codes::{Alphabet, Policy, RecoveryEntry, RecoveryOutcome},
        hotp, totp,
    },
    cases::{algorithm, bytes, hexadecimal, number, small, text, word},
    guest::Guest,
};

pub(super) fn hotp(Guest { store, exports }: &mut Guest, case: &Value) -> Found {
    let hotp = exports.keyfob_otp_hotp().hotp();
    let options = hotp::Options { algorithm: algorithm(case), digits: small(case, "digits") };
    let made = hotp.call_create(&mut *store, &bytes(case, "secret"), options)??;
    let counter = number(case, "counter");
    let range = || small(case, "look_ahead");
    let outcome = match text(case, "kind") {
        "generate" => return Ok(json!({ "code": hotp.call_generate(store, made, counter)? })),
        "verify" => hotp.call_verify(store, made, text(case, "code"), counter, range())??,
        "resynchronise" => {
            let [first, second] = [0, 1].map(|at| case["codes"][at].as_str().unwrap());
            hotp.call_resynchronise(store, made, first, second, counter, range())??
        }
        kind => panic!("no such kind: {kind}"),
    };
    let mut found = json!({ "outcome": word(&outcome) });
    if let hotp::Outcome::Accepted(next) = outcome {
        found["next_counter"] = json!(next);
    }
    Ok(found)
}

pub(super) fn totp(Guest { store, exports }: &mut Guest, case: &Value) -> Found {
    let totp = exports.keyfob_otp_totp().totp();
    let options = totp::Options {
        parameters: totp::Parameters {
            algorithm: algorithm(case),
            digits: small(case, "digits"),
            period: small(case, "period"),
        },
        window: window(case),
        epoch: number(case, "epoch"),
        drift_limit: case.get("drift_limit").map_or(0, |_| small(case, "drift_limit")),
    };
    let made = totp.call_create(&mut *store, &bytes(case, "secret"), options)??;
    if text(case, "kind") == "generate" {
        let time = number(case, "time");
        let code = totp.call_generate(&mut *store, made, time)?;
        return Ok(json!({ "code": code, "remaining": totp.call_remaining(store, made, time)? }));
    }
    judged(case, |code, time, state| totp.call_verify(&mut *store, made, code, time, state))
}

pub(super) fn steam(Guest { store, exports }: &mut Guest, case: &Value) -> Found {
    let steam = exports.keyfob_otp_totp().steam();
    let made = steam.call_create(&mut *store, &bytes(case, "secret"), ONE_STEP)??;
    if text(case, "kind") == "generate" {
        return Ok(json!({ "code": steam.call_generate(store, made, number(case, "time"))? }));
    }
    judged(case, |code, time, state| steam.call_verify(&mut *store, made, code, time, state))
}

pub(super) fn base32(Guest { store, exports }: &mut Guest, case: &Value) -> Found {
    let secrets = exports.keyfob_otp_secrets();
    let secret = secrets.call_parse_base32(&mut *store, text(case, "text"))??;
    let canonical = secrets.call_to_base32(store, &secret)??;
    Ok(json!({ "secret": hexadecimal(&secret), "canonical": canonical }))
}

pub(super) fn codes(Guest { store, exports }: &mut Guest, case: &Value) -> Found {
    let codes = exports.keyfob_otp_codes();
    let typed = text(case, "typed");
    match text(case, "kind") {
        "policy" => {
            let strength = codes.call_strength_of(store, policy(case))??;
            Ok(json!({
                "entropy_millibits": strength.entropy_millibits,
                "is_guessable": strength.is_guessable,
            }))
        }
        "normalise" => Ok(match codes.call_normalise(store, policy(case), typed)?? {
            Some(code) => json!({ "code": code }),
            None => json!({ "outcome": "malformed" }),
        }),
        "recovery" => {
            let entry = RecoveryEntry { hash: bytes(case, "valid"), used: false };
            let outcome = codes.call_redeem_recovery(&mut *store, typed, &[entry])??.outcome;
            let mut found = json!({ "outcome": word(&outcome) });
            if let RecoveryOutcome::Accepted(_) = outcome {
                found["shown"] = json!(codes.call_normalise_recovery(store, typed)?);
            }
            Ok(found)
        }
        kind => panic!("no such kind: {kind}"),
    }
}

const ONE_STEP: totp::Window = totp::Window { before: 1, after: 1 };

fn window(case: &Value) -> totp::Window {
    let Some(window) = case.get("window") else { return ONE_STEP };
    let [before, after] = serde_json::from_value(window.clone()).unwrap();
    totp::Window { before, after }
}

/// The attempts of a case, one after the other, with the state handed on.
fn judged(
    case: &Value,
    mut verify: impl FnMut(&str, u64, totp::State) -> wasmtime::Result<totp::Outcome>,
) -> Found {
    let drift = case["state"]["drift"].as_i64().unwrap().try_into().unwrap();
    let mut state = totp::State { last_step: case["state"]["last_step"].as_u64(), drift };
    let mut outcomes = Vec::new();
    for attempt in case["attempts"].as_array().unwrap() {
        let outcome = verify(text(attempt, "code"), number(attempt, "time"), state)?;
        let mut found = json!({ "outcome": word(&outcome) });
        match outcome {
            totp::Outcome::Accepted(it) => {
                assert_eq!(it.state.last_step, Some(it.step));
                state = it.state;
                found["step"] = json!(it.step);
                found["drift"] = json!(it.drift);
                found["state_drift"] = json!(state.drift);
            }
            totp::Outcome::Replayed(step) => found["step"] = json!(step),
            totp::Outcome::Mismatch | totp::Outcome::Malformed => {}
        }
        outcomes.push(found);
    }
    Ok(json!({ "outcomes": outcomes }))
}

fn policy(case: &Value) -> Policy {
    let alphabet = match text(case, "alphabet") {
        "digits" => Alphabet::Digits,
        "letters" => Alphabet::Letters,
        "alphanumeric" => Alphabet::Alphanumeric,
        "unambiguous" => Alphabet::Unambiguous,
        other => panic!("no such alphabet: {other}"),
    };
    Policy { length: small(case, "length"), alphabet }
}
