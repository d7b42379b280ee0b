//! What is written, held to the schema of the type that is to read it: which key is wrong, what
//! stands there, and what may.

use std::collections::BTreeMap;

use config::{Map, Value, ValueKind};
use schemars::{JsonSchema, schema_for};
use serde_json::Value as Schema;

/// What is wrong with a table, a sentence for each. `section` is its path, such as
/// `providers.relay`.
pub(super) fn faults<T: JsonSchema>(table: &Map<String, Value>, section: &str) -> Vec<String> {
    let root = schema_for!(T).to_value();
    let mut reader = Reader { root: &root, section, faults: Vec::new() };
    reader.table(&root, table, "");
    reader.faults
}

/// What stands there, to be shown; `None` of what may be a password or an address in the wrong
/// place.
pub(super) fn quoted(value: &Value) -> Option<String> {
    match &value.kind {
        ValueKind::String(text) => is_harmless(text).then(|| format!("{text:?}")),
        ValueKind::Table(_) | ValueKind::Array(_) | ValueKind::Nil => None,
        _ => Some(value.to_string()),
    }
}

/// What stands there in a list, to be shown.
pub(super) fn quoted_text(text: &str) -> String {
    if is_harmless(text) { format!("{text:?}") } else { "what stands there".to_owned() }
}

/// The one of these names that somebody meant who wrote another.
pub(super) fn nearest<'a>(
    written: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = written.to_lowercase();
    let likeness = |name: &str| strsim::jaro_winkler(&written, &name.to_lowercase());
    let all = names.into_iter().map(|name| (likeness(name), name));
    let best = all.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (best.0 > 0.85).then_some(best.1)
}

/// The variable that sets a key.
pub(super) fn variable(path: &str) -> String {
    format!("KEYFOB_{}", path.replace('.', "__").to_uppercase())
}

fn is_harmless(text: &str) -> bool {
    text.chars().count() <= 40 && !text.contains(['@', '/', '\\']) && !text.contains("whsec_")
}

struct Reader<'a> {
    root: &'a Schema,
    section: &'a str,
    faults: Vec<String>,
}

impl Reader<'_> {
    fn table(&mut self, schema: &Schema, table: &Map<String, Value>, above: &str) {
        let keys = schema["properties"].as_object();
        let required = schema["required"].as_array().into_iter().flatten();
        for key in required.filter_map(Schema::as_str).filter(|key| !table.contains_key(*key)) {
            let variable = variable(&format!("{}.{above}{key}", self.section));
            self.faults.push(format!("`{above}{key}` is missing; write it, or set {variable}"));
        }
        for (key, value) in table.iter().collect::<BTreeMap<_, _>>() {
            let path = format!("{above}{key}");
            if let Some(schema) = keys.and_then(|keys| keys.get(key)) {
                self.value(schema, value, &path);
                continue;
            }
            match &schema["additionalProperties"] {
                of @ Schema::Object(_) => self.value(of, value, &path),
                _ => self.unknown(&path, key, keys.into_iter().flatten().map(|(key, _)| &**key)),
            }
        }
    }

    fn unknown<'a>(&mut self, path: &str, key: &str, keys: impl Iterator<Item = &'a str> + Clone) {
        let meant = nearest(key, keys.clone());
        let all = || keys.collect::<Vec<_>>().join(", ");
        self.faults.push(match meant {
            Some(meant) => format!("`{path}` is no key there is; did you mean `{meant}`?"),
            None => format!("`{path}` is no key there is; the keys are {}", all()),
        });
    }

    fn value(&mut self, schema: &Schema, value: &Value, path: &str) {
        let schema = resolved(self.root, schema);
        if let Schema::Object(_) = &schema["additionalProperties"]
            && let ValueKind::Table(table) = &value.kind
        {
            return self.table(schema, table, &format!("{path}."));
        }
        if is_written(schema, value) {
            return;
        }
        let expected = expected(schema);
        let is_secret = schema["writeOnly"] == true;
        let is = quoted(value).filter(|_| !is_secret).map(|text| format!(" is {text}"));
        self.faults.push(match is {
            Some(is) => format!("`{path}`{is}; write {expected}"),
            None => format!("`{path}`: write {expected}"),
        });
    }
}

/// The schema that it refers to, without what only says that the key may be left out.
fn resolved<'a>(root: &'a Schema, schema: &'a Schema) -> &'a Schema {
    let either = schema["anyOf"].as_array().into_iter().flatten();
    let schema = either.clone().find(|schema| schema["type"] != "null").unwrap_or(schema);
    let name = schema["$ref"].as_str().and_then(|at| at.strip_prefix("#/$defs/"));
    name.map_or(schema, |name| &root["$defs"][name])
}

/// The words that may stand there, if they are a choice.
fn choices(schema: &Schema) -> Option<Vec<&str>> {
    let listed = schema["enum"].as_array().map(|all| all.iter().collect::<Vec<_>>());
    let described = || {
        let all = schema["oneOf"].as_array()?.iter();
        Some(
            all.flat_map(|one| {
                one["enum"].as_array().map_or(vec![&one["const"]], |all| all.iter().collect())
            })
            .collect(),
        )
    };
    let all = listed.or_else(described)?;
    all.into_iter().map(Schema::as_str).collect()
}

/// Variables have text for everything, so text that reads as the type will do.
fn is_written(schema: &Schema, value: &Value) -> bool {
    if let Some(choices) = choices(schema) {
        return matches!(&value.kind, ValueKind::String(text) if choices.contains(&text.as_str()));
    }
    let kind = &value.kind;
    let is_scalar = !matches!(kind, ValueKind::Table(_) | ValueKind::Array(_) | ValueKind::Nil);
    match type_of(schema) {
        "integer" => {
            whole(value).is_some_and(|number| limits(schema).contains(&number))
                || is_off(schema, value)
        }
        "number" => number(value).is_some_and(|number| number_limits(schema).contains(&number)),
        "boolean" => match kind {
            ValueKind::String(_) => value.clone().into_bool().is_ok(),
            kind => matches!(kind, ValueKind::Boolean(_)),
        },
        "array" => matches!(kind, ValueKind::Array(_) | ValueKind::String(_)),
        "object" => matches!(kind, ValueKind::Table(_)),
        _ => is_scalar,
    }
}

fn is_off(schema: &Schema, value: &Value) -> bool {
    schema["x-off"] == true && matches!(&value.kind, ValueKind::String(text) if text == "off")
}

fn whole(value: &Value) -> Option<i128> {
    match &value.kind {
        ValueKind::I64(number) => Some((*number).into()),
        ValueKind::U64(number) => Some((*number).into()),
        ValueKind::I128(number) => Some(*number),
        ValueKind::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn number(value: &Value) -> Option<f64> {
    match &value.kind {
        ValueKind::Float(number) => Some(*number),
        ValueKind::String(text) => text.parse().ok(),
        _ => whole(value)?.to_string().parse().ok(),
    }
}

fn number_limits(schema: &Schema) -> std::ops::RangeInclusive<f64> {
    let limit = |key: &str| schema[key].as_f64();
    limit("minimum").unwrap_or(f64::MIN)..=limit("maximum").unwrap_or(f64::MAX)
}

fn limits(schema: &Schema) -> std::ops::RangeInclusive<i128> {
    let limit =
        |key: &str| schema[key].as_number().and_then(|number| number.to_string().parse().ok());
    limit("minimum").unwrap_or(0)..=limit("maximum").unwrap_or(i64::MAX.into())
}

fn type_of(schema: &Schema) -> &str {
    let several = || {
        schema["type"].as_array()?.iter().filter_map(Schema::as_str).find(|name| *name != "null")
    };
    schema["type"].as_str().or_else(several).unwrap_or("string")
}

fn expected(schema: &Schema) -> String {
    if let Some(expected) = schema["x-expected"].as_str() {
        return expected.to_owned();
    }
    if let Some(choices) = choices(schema) {
        return format!("one of {}", choices.join(", "));
    }
    match type_of(schema) {
        "integer" => {
            let range = limits(schema);
            let numbers = match range.end() {
                end if *end < i128::from(u32::MAX) => {
                    format!("a whole number from {} to {end}", range.start())
                }
                _ => format!("a whole number from {} on", range.start()),
            };
            if schema["x-off"] == true { format!("{numbers}, or \"off\"") } else { numbers }
        }
        "number" => match (&schema["minimum"], &schema["maximum"]) {
            (Schema::Number(least), Schema::Number(most)) => {
                format!("a number from {least} to {most}")
            }
            _ => "a number, like 2 or 0.5".to_owned(),
        },
        "boolean" => "true or false".to_owned(),
        "array" => "a list, like [\"one\", \"two\"]".to_owned(),
        "object" => "a table".to_owned(),
        _ => "text in quotes".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::Limits,
        delivery::{SmppConfig, WebhookConfig},
        sim_swap::SimSwapConfig,
    };

    fn faults_of<T: JsonSchema>(text: &str) -> String {
        let file = config::File::from_str(text, config::FileFormat::Toml);
        let table = config::Config::builder().add_source(file).build().unwrap();
        faults::<T>(&table.try_deserialize().unwrap(), "providers.relay").join("\n")
    }

    #[test]
    fn a_fault_names_its_key_what_stands_there_and_what_may() {
        for (text, fault) in [
            ("method = \"chekc\"", "`method` is \"chekc\"; write one of check, retrieve-date"),
            ("timeout = \"soon\"", "`timeout` is \"soon\"; write a number from 0.1 to 10"),
            ("timeout = 11", "`timeout` is 11; write a number from 0.1 to 10"),
            ("cache = 1.5", "`cache` is 1.5; write a whole number from 0 to 86400"),
            ("cache = \"off\"", "`cache` is \"off\"; write a whole number from 0 to 86400"),
            ("cache = true", "`cache` is true; write a whole number from 0 to 86400"),
            ("prefixes = 44", "`prefixes` is 44; write a list, like [\"one\", \"two\"]"),
            ("metod = 1", "`metod` is no key there is; did you mean `method`?"),
        ] {
            let faults = faults_of::<SimSwapConfig>(text);
            assert!(faults.lines().any(|line| line == fault), "{text}: {faults}");
        }
        for (text, fault) in [
            ("port = 70000", "`port` is 70000; write a whole number from 1 to 65535"),
            ("tls = \"maybe\"", "`tls` is \"maybe\"; write true or false"),
            (
                "receipt_ids = \"hex\"",
                "`receipt_ids` is \"hex\"; write one of as-is, hex-to-decimal, decimal-to-hex",
            ),
        ] {
            let faults = faults_of::<SmppConfig>(text);
            assert!(faults.lines().any(|line| line == fault), "{text}: {faults}");
        }
    }

    #[test]
    fn what_is_missing_is_named_with_the_variable_that_sets_it() {
        let faults = faults_of::<WebhookConfig>("receipts = true");
        assert_eq!(
            faults,
            "`url` is missing; write it, or set KEYFOB_PROVIDERS__RELAY__URL\n\
             `secret` is missing; write it, or set KEYFOB_PROVIDERS__RELAY__SECRET"
        );
    }

    #[test]
    fn what_may_be_a_password_is_not_shown() {
        for text in [
            "url = { canary = \"canary\" }\nsecret = [\"canary\"]",
            "receipts = \"https://u:canary@relay.example\"\nurl = 1\nsecret = \"s\"",
        ] {
            let faults = faults_of::<WebhookConfig>(text);
            assert!(!faults.is_empty() && !faults.contains("canary"), "{faults}");
        }
    }

    #[test]
    fn prices_are_whole_and_the_unit_is_said() {
        for text in ["price = 0.05", "prices = { GB = 0.05 }", "price = \"0.05\""] {
            let faults = faults_of::<Limits>(text);
            assert!(faults.contains("0.05") && faults.contains("smallest unit"), "{faults}");
        }
        for text in ["price = 5", "price = \"5\"", "prices = { GB = 5 }", "cost_per_day = \"off\""]
        {
            assert_eq!(faults_of::<Limits>(text), "", "{text}");
        }
    }
}
