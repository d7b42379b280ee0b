//! Reads what cases say, and writes what was found as they would.

use std::fmt::Debug;

use serde_json::Value;

use super::bindings::exports::keyfob::otp::types::Algorithm;

/// Empty where there is no such field.
pub(super) fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_default()
}

pub(super) fn number(case: &Value, field: &str) -> u64 {
    case[field].as_u64().unwrap()
}

pub(super) fn small(case: &Value, field: &str) -> u8 {
    number(case, field).try_into().unwrap()
}

pub(super) fn bytes(case: &Value, field: &str) -> Vec<u8> {
    let text = text(case, field);
    let pairs = (0..text.len()).step_by(2).map(|at| &text[at..at + 2]);
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.concat()
}

pub(super) fn algorithm(case: &Value) -> Algorithm {
    match text(case, "algorithm") {
        "SHA1" => Algorithm::Sha1,
        "SHA256" => Algorithm::Sha256,
        "SHA512" => Algorithm::Sha512,
        other => panic!("no such algorithm: {other}"),
    }
}

/// The word that `wit/` has for a case of an enum or a variant: wasmtime's bindings show
/// `domain-not-found` as `Error::DomainNotFound`, and what it holds behind that.
pub(super) fn word(case: &impl Debug) -> String {
    let shown = format!("{case:?}");
    let path = shown.split('(').next().unwrap();
    let mut word = String::new();
    for character in path.rsplit("::").next().unwrap().chars() {
        if character.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(character.to_ascii_lowercase());
    }
    word
}
