//! An account as it is shown: as lines for people, or as JSON.

use std::fmt::Write as _;

use keyfob::enrolment::{Enrolment, Kind, Warning};
use serde::Serialize;
use zeroize::Zeroizing;

use super::CliError;

/// The account for people, a field to a line. Holds the secret.
pub(super) fn describe(enrolment: &Enrolment) -> Zeroizing<String> {
    let secret = enrolment.secret().expose_base32();
    let mut text = Zeroizing::new(String::with_capacity(Enrolment::MAXIMUM_URI_BYTES));
    let mut line = |name: &str, value: &dyn std::fmt::Display| {
        let _ = writeln!(text, "{name:<11}{value}"); // writing to a String cannot fail
    };
    line("type", &enrolment.kind().name());
    if let Some(issuer) = enrolment.issuer() {
        line("issuer", &issuer);
    }
    line("account", &enrolment.account());
    line("secret", &secret.as_str());
    line("algorithm", &enrolment.algorithm());
    line("digits", &enrolment.digits());
    match progress(enrolment.kind()) {
        Progress::Period(period) => line("period", &format_args!("{period} s")),
        Progress::Counter(counter) => line("counter", &counter),
    }
    for parameter in enrolment.parameters() {
        line("parameter", &format_args!("{}={}", parameter.name, parameter.value));
    }
    text
}

/// The account as one JSON object. Holds the secret.
pub(super) fn to_json(
    enrolment: &Enrolment,
    warnings: &[Warning],
) -> Result<Zeroizing<String>, CliError> {
    let secret = enrolment.secret().expose_base32();
    let parameters = enrolment.parameters().iter();
    let view = AccountView {
        kind: enrolment.kind().name(),
        issuer: enrolment.issuer(),
        account: enrolment.account(),
        secret: &secret,
        algorithm: enrolment.algorithm().name(),
        digits: enrolment.digits(),
        progress: progress(enrolment.kind()),
        parameters: parameters.map(|p| [p.name.as_str(), p.value.as_str()]).collect(),
        warnings: warnings.iter().map(Warning::code).collect(),
    };
    let room = 2 * Enrolment::MAXIMUM_URI_BYTES + 512; // never regrown: escapes double at most
    let mut json = Zeroizing::new(Vec::with_capacity(room));
    serde_json::to_writer(&mut *json, &view).map_err(json_failed)?;
    let json = std::mem::take(&mut *json);
    String::from_utf8(json).map(Zeroizing::new).map_err(json_failed)
}

#[derive(Serialize)]
struct AccountView<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    issuer: Option<&'a str>,
    account: &'a str,
    secret: &'a str,
    algorithm: &'static str,
    digits: u8,
    #[serde(flatten)]
    progress: Progress,
    /// Pairs and no object, for a name may stand there twice.
    parameters: Vec<[&'a str; 2]>,
    warnings: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Progress {
    Period(u32),
    Counter(u64),
}

fn progress(kind: Kind) -> Progress {
    match kind {
        Kind::Totp { period } => Progress::Period(period),
        Kind::Hotp { counter } => Progress::Counter(counter),
        Kind::Steam => Progress::Period(30),
    }
}

fn json_failed(error: impl std::fmt::Display) -> CliError {
    CliError::new("json-failed", format!("the account cannot be written as JSON: {error}"))
}
