//! Runs `tests/vectors/messages.json`, which every language's runner reads.
#![cfg(feature = "service")]
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test fails by unwrapping and reports by printing

use std::{fs, path::Path};

use keyfob::service::{
    Channel, ContextError, Ending, EndingError, MessageError, Recipient, RecipientError, Template,
    TemplateError, TransactionContext, compose, segments, speak, to_ssml,
};
use serde_json::{Map, Value, json};

const FILE: &str = "messages.json";

#[test]
fn messages_read_and_refuse_as_every_language_must() {
    let document = read(FILE);
    let cases = document["cases"].as_array().unwrap();
    let mut failures = Vec::new();
    for case in cases {
        let found = run(case);
        if found != case["expect"] {
            failures.push(format!("{}: {} but found {found}", case["id"], case["expect"]));
        }
    }
    println!("{FILE} {}/{}", cases.len(), read("manifest.json")[FILE]);
    assert_eq!(json!(cases.len()), read("manifest.json")[FILE], "cases against the manifest");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn read(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(file);
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn run(case: &Value) -> Value {
    let result = match text(case, "kind") {
        "recipient" => recipient(case),
        "template" => template(case),
        "message" => message(case),
        "context" => context(case),
        "segments" => Ok(segment_count(case)),
        "speech" => speech(case),
        kind => panic!("{}: no such kind, {kind}", case["id"]),
    };
    result.unwrap_or_else(|refusal| refusal.0)
}

fn recipient(case: &Value) -> Result<Value, Refusal> {
    let channel: Channel = text(case, "channel").parse()?;
    let recipient = Recipient::parse(channel, text(case, "text"))?;
    Ok(json!({ "canonical": recipient.canonical(), "masked": recipient.masked() }))
}

fn template(case: &Value) -> Result<Value, Refusal> {
    Template::parse(text(case, "text"))?;
    Ok(json!({ "accepted": true }))
}

fn message(case: &Value) -> Result<Value, Refusal> {
    let template = Template::parse(text(case, "template"))?;
    let context = optional_context(case)?;
    let ending = match (&case["ending"]["origin-bound"], &case["ending"]["android-app-hash"]) {
        (Value::String(host), Value::Null) => Ending::origin_bound(host)?,
        (Value::Null, Value::String(hash)) => Ending::android_app_hash(hash)?,
        _ => Ending::None,
    };
    let minutes = case["minutes"].as_u64().unwrap();
    let text = compose(&template, text(case, "code"), minutes, context.as_ref(), &ending)?;
    Ok(json!({ "text": *text }))
}

fn context(case: &Value) -> Result<Value, Refusal> {
    let context = TransactionContext::new(pairs(case["fields"].as_object().unwrap()))?;
    let hexadecimal = |byte: &u8| format!("{byte:02x}");
    let bytes: Vec<String> = context.canonical_bytes().iter().map(hexadecimal).collect();
    Ok(json!({ "bytes": bytes.concat() }))
}

fn segment_count(case: &Value) -> Value {
    let found = segments(text(case, "text"));
    json!({ "encoding": found.encoding.name(), "units": found.units, "count": found.count })
}

fn speech(case: &Value) -> Result<Value, Refusal> {
    let template = Template::parse(text(case, "template"))?;
    let context = optional_context(case)?;
    let minutes = case["minutes"].as_u64().unwrap();
    let spoken = speak(&template, text(case, "code"), minutes, context.as_ref())?;
    Ok(json!({ "text": *spoken, "ssml": *to_ssml(&spoken) }))
}

fn optional_context(case: &Value) -> Result<Option<TransactionContext>, ContextError> {
    case["context"].as_object().map(|fields| TransactionContext::new(pairs(fields))).transpose()
}

fn pairs(fields: &Map<String, Value>) -> impl Iterator<Item = (&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap()
}

/// An error as the vectors write it.
struct Refusal(Value);

impl From<TemplateError> for Refusal {
    fn from(error: TemplateError) -> Self {
        match error.position() {
            Some(position) => Self(json!({ "error": error.code(), "position": position })),
            None => Self(json!({ "error": error.code() })),
        }
    }
}

macro_rules! refusal_by_code {
    ($($error:ty),*) => {$(
        impl From<$error> for Refusal {
            fn from(error: $error) -> Self {
                Self(json!({ "error": error.code() }))
            }
        }
    )*};
}

refusal_by_code!(RecipientError, ContextError, EndingError, MessageError);
