//! The interfaces of `wit/` have a case for every word that a flow may answer with, and every
//! flow says with which it fails.
#![cfg(feature = "service")]
#![allow(clippy::unwrap_used)] // a test fails by unwrapping

use std::{collections::BTreeSet, fs, path::Path};

use keyfob::{
    Error,
    service::{Outcome, SendScope, ServiceError},
};

#[test]
fn every_error_of_a_flow_has_its_case() {
    let cases = cases("flows.wit", "variant error");
    // What is wrong with a field stands in `invalid`, whose words are a string.
    let of_fields: BTreeSet<&str> = Error::codes().collect();
    let missing: Vec<&str> = ServiceError::codes()
        .filter(|code| !of_fields.contains(code) && !cases.contains(*code))
        .collect();
    assert!(missing.is_empty(), "wit/flows.wit has no case for {missing:?}");
}

#[test]
fn every_outcome_and_every_limit_has_its_case() {
    let outcomes = cases("audit.wit", "variant outcome");
    assert_eq!(Outcome::codes().find(|code| !outcomes.contains(*code)), None);
    let scopes = cases("flows.wit", "enum limit-scope");
    let missing = SendScope::ALL.into_iter().find(|scope| !scopes.contains(scope.name()));
    assert_eq!(missing, None);
}

#[test]
fn every_flow_says_with_which_errors_it_fails() {
    let errors = cases("flows.wit", "variant error");
    let text = read("flows.wit");
    let (_, service) = text.split_once("    resource service {\n").unwrap();
    let flows = service.split("\n\n").filter(|flow| flow.contains(", error>;"));
    let mut count = 0;
    for flow in flows {
        let (_, named) = flow.split_once("Fails with ").unwrap_or_else(|| panic!("{flow}"));
        let (named, _) = named.split_once('.').unwrap();
        let mut words = named.split('`').skip(1).step_by(2);
        assert_eq!(words.find(|word| !errors.contains(*word)), None, "{flow}");
        count += 1;
    }
    assert_ne!(count, 0);
}

/// The cases of a type in a file of `wit/`.
fn cases(file: &str, declaration: &str) -> BTreeSet<String> {
    let text = read(file);
    let (_, after) = text.split_once(&format!("    {declaration} {{\n")).unwrap();
    let (body, _) = after.split_once("\n    }\n").unwrap();
    let lines = body.lines().map(str::trim).filter(|line| !line.starts_with("///"));
    lines.map(|line| line.split(['(', ',']).next().unwrap().to_owned()).collect()
}

fn read(file: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    fs::read_to_string(folder.join(file)).unwrap()
}
