//! What authenticator apps are given: `uri.json`, `migration.json`.

use serde_json::{Value, json};
use wasmtime::component::ResourceAny;

use super::{
    Found, Refusal,
    bindings::exports::keyfob::otp::{
        enrolment::{Kind, Mode, Parameter},
        migration::Skipped,
    },
    cases::{text, word},
    guest::Guest,
};

pub(super) fn uri(guest: &mut Guest, case: &Value) -> Found {
    let modes: &[Mode] = match text(case, "mode") {
        "strict" => &[Mode::Strict],
        "lenient" => &[Mode::Lenient],
        "both" => &[Mode::Strict, Mode::Lenient],
        other => panic!("no such mode: {other}"),
    };
    let mut answers = modes.iter().map(|mode| match parsed(guest, case, *mode) {
        Err(Refusal::Fault(fault)) => Ok(json!({ "error": fault.code })),
        found => found,
    });
    let answer = answers.next().unwrap()?;
    match answers.next().transpose()? {
        Some(other) if other != answer => Ok(json!({ "strict": answer, "lenient": other })),
        _ => Ok(answer),
    }
}

pub(super) fn migration(guest: &mut Guest, case: &Value) -> Found {
    let migration = guest.exports.keyfob_otp_migration();
    let read = migration.call_parse(&mut guest.store, text(case, "uri"))??;
    let entries = read.entries.into_iter().map(|entry| Ok(details(guest, entry)?.0));
    let entries: Result<Value, Refusal> = entries.collect();
    let skipped =
        |it: &Skipped| json!({ "index": it.index, "name": it.name, "reason": it.fault.code });
    Ok(json!({
        "entries": entries?,
        "skipped": read.skipped.iter().map(skipped).collect::<Value>(),
        "batch_size": read.batch_size,
        "batch_index": read.batch_index,
        "batch_id": read.batch_id,
    }))
}

/// What is read; what is then written reads to the same, and is what the case says it is.
fn parsed(guest: &mut Guest, case: &Value, mode: Mode) -> Found {
    let read = |guest: &mut Guest, uri: &str, mode| {
        let enrolment = guest.exports.keyfob_otp_enrolment();
        Ok::<_, Refusal>(enrolment.call_parse(&mut guest.store, uri, mode)??)
    };
    let parsed = read(guest, text(case, "uri"), mode)?;
    let enrolment = guest.exports.keyfob_otp_enrolment().enrolment();
    let rebuilt = enrolment.call_to_uri(&mut guest.store, parsed.enrolment)?;
    let again = read(guest, &rebuilt, Mode::Lenient)?;
    let (mut found, parameters) = details(guest, parsed.enrolment)?;
    found["parameters"] = json!(parameters);
    let (mut found_again, parameters) = details(guest, again.enrolment)?;
    found_again["parameters"] = json!(parameters);
    if found != found_again || case.get("rebuilt").is_some_and(|expected| *expected != rebuilt) {
        return Ok(json!({ "rebuilt": rebuilt, "from": found, "to": found_again }));
    }
    found["warnings"] = parsed.warnings.iter().map(|warning| warning.code.clone()).collect();
    Ok(found)
}

/// What an enrolment says, and its parameters without a meaning.
fn details(
    guest: &mut Guest,
    enrolment: ResourceAny,
) -> Result<(Value, Vec<[String; 2]>), Refusal> {
    let resource = guest.exports.keyfob_otp_enrolment().enrolment();
    let it = resource.call_details(&mut guest.store, enrolment)?;
    let secrets = guest.exports.keyfob_otp_secrets();
    let mut found = json!({
        "type": word(&it.kind),
        "issuer": it.issuer,
        "account": it.account,
        "secret": secrets.call_to_base32(&mut guest.store, &it.secret)??,
        "algorithm": word(&it.algorithm).to_uppercase(),
        "digits": it.digits,
    });
    match it.kind {
        Kind::Totp(period) => found["period"] = json!(period),
        Kind::Hotp(counter) => found["counter"] = json!(counter),
        Kind::Steam => {}
    }
    let pair = |Parameter { name, value }| [name, value];
    Ok((found, it.parameters.into_iter().map(pair).collect()))
}
