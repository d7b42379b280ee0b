//! JSON schemas as rows of a table.

use serde_json::Value;

use super::Prose;

/// One field of a body, or one part of a path.
#[derive(Clone, PartialEq)]
pub(super) struct Field {
    /// Its name; that of a field inside another after a dot.
    pub name: String,
    /// Its type in words.
    pub kind: String,
    /// Whether it must be sent, or is always answered.
    pub required: bool,
    /// What it means.
    pub description: Prose,
}

impl Field {
    /// Reads a field from its schema.
    pub(super) fn new(document: &Value, name: &str, schema: &Value, required: bool) -> Self {
        let described = [schema, inner(schema)].map(|schema| schema["description"].as_str());
        let description = described.into_iter().flatten().next().unwrap_or_default();
        Self {
            name: name.to_owned(),
            kind: kind(document, schema, required),
            required,
            description: Prose::parse(description),
        }
    }
}

/// The fields of an object, those that are required first; the fields of each follow it.
pub(super) fn fields(document: &Value, schema: &Value) -> Vec<Field> {
    let mut rows = Vec::new();
    append_fields(&mut rows, document, schema, "");
    rows
}

/// A value that fits a schema, to show in an example.
pub(super) fn example(document: &Value, name: &str, schema: &Value) -> Value {
    let schema = resolve(document, inner(schema));
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    match (schema["format"].as_str(), name) {
        (Some("uuid"), "otp_id") => "9c6f5a0e-2d4b-4f7e-8a34-51f3c2d7b608".into(),
        (Some("uuid"), _) => "0b4d1a52-6f3e-4c1b-9d7a-2f8e5c90a713".into(),
        (_, "user_id") => "user-4711".into(),
        _ => match (schema["enum"].get(0), schema["oneOf"].get(0)) {
            (Some(first), _) => first.clone(),
            (None, Some(first)) => example(document, name, first),
            (None, None) => Value::Null,
        },
    }
}

/// The schema that a reference names, or the schema itself.
pub(super) fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let target = schema["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

/// What a schema asks for when it also takes null.
pub(super) fn inner(schema: &Value) -> &Value {
    let choices = schema["oneOf"].as_array().filter(|choices| choices.iter().any(is_null));
    let inner = choices.and_then(|choices| choices.iter().find(|choice| !is_null(choice)));
    inner.unwrap_or(schema)
}

fn append_fields(rows: &mut Vec<Field>, document: &Value, schema: &Value, prefix: &str) {
    let schema = resolve(document, inner(schema));
    if let Some(items) = schema.get("items") {
        let prefix = format!("{}[].", prefix.trim_end_matches('.'));
        return append_fields(rows, document, items, &prefix);
    }
    for choice in schema["oneOf"].as_array().into_iter().flatten() {
        append_fields(rows, document, choice, prefix);
    }
    let Some(properties) = schema["properties"].as_object() else { return };
    let required = |name: &str| {
        let names = schema["required"].as_array();
        names.is_some_and(|names| names.iter().any(|required| required == name))
    };
    let mut properties: Vec<_> = properties.iter().collect();
    properties.sort_by_key(|(name, _)| !required(name)); // stable: otherwise as declared
    for (name, property) in properties {
        let path = format!("{prefix}{name}");
        rows.push(Field::new(document, &path, property, required(name)));
        append_fields(rows, document, property, &format!("{path}."));
    }
}

fn is_null(schema: &Value) -> bool {
    schema["type"] == "null"
}

fn kind(document: &Value, schema: &Value, required: bool) -> String {
    let takes_null = inner(schema) != schema
        || schema["type"].as_array().is_some_and(|types| types.iter().any(|name| name == "null"));
    let kind = plain_kind(document, resolve(document, inner(schema)));
    // A field that may be left out may as well be null; that needs no word.
    if takes_null && required { format!("{kind} or null") } else { kind }
}

fn plain_kind(document: &Value, schema: &Value) -> String {
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        return values.join(" | ");
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let kinds = choices.iter().map(|choice| kind(document, choice, true));
        return kinds.collect::<Vec<_>>().join(", or ");
    }
    let names = match &schema["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        name => name.as_str(),
    };
    match (names.unwrap_or("any"), schema["format"].as_str()) {
        ("string", Some("uuid")) => "UUID".to_owned(),
        ("string", Some("date-time")) => "time (RFC 3339)".to_owned(),
        ("array", _) => format!("list of {}", kind(document, &schema["items"], true)),
        ("object", _) if schema["additionalProperties"].is_object() => {
            "object of strings".to_owned()
        }
        ("integer", _) => match (schema["minimum"].as_u64(), schema["maximum"].as_u64()) {
            (Some(from), Some(to)) => format!("integer, {from} to {to}"),
            _ => "integer".to_owned(),
        },
        (name, _) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_named_as_people_say_them() {
        let document = json!({"components": {"schemas": {"Way": {"enum": ["sms", "email"]}}}});
        let reference = json!({"$ref": "#/components/schemas/Way"});
        let kind = |schema: Value, required| kind(&document, &schema, required);
        assert_eq!(kind(reference.clone(), true), "sms | email");
        assert_eq!(kind(json!({"type": "array", "items": reference}), true), "list of sms | email");
        assert_eq!(kind(json!({"type": ["string", "null"]}), true), "string or null");
        assert_eq!(kind(json!({"type": ["string", "null"]}), false), "string");
        assert_eq!(kind(json!({"type": "string", "format": "uuid"}), true), "UUID");
        let bounded = json!({"type": ["integer", "null"], "minimum": 4, "maximum": 12});
        assert_eq!(kind(bounded, false), "integer, 4 to 12");
    }

    #[test]
    fn fields_inside_fields_are_named_by_their_path() {
        let document = json!({});
        let schema = json!({"required": ["b"], "properties": {
            "a": {"oneOf": [{"properties": {"c": {"type": "string"}}}, {"type": "null"}]},
            "b": {"type": "string"},
            "d": {"type": "array", "items": {"required": ["i"], "properties": {
                "e": {"type": "string"}, "i": {"type": "string"}}}},
            "f": {"oneOf": [{"type": "string"}, {"properties": {"g": {"type": "string"}}}]},
        }});
        let names: Vec<_> = fields(&document, &schema).into_iter().map(|row| row.name).collect();
        assert_eq!(names, ["b", "a", "a.c", "d", "d[].i", "d[].e", "f", "f.g"]);
    }
}
