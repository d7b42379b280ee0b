//! What accounts are told.

use serde_json::Value;

use super::{
    Prose,
    operation::{object, parameters, text},
    schema::{self, Field},
};

/// Something that happened.
pub(super) struct Event {
    /// The anchor of its section.
    pub id: String,
    /// Its type.
    pub name: String,
    pub summary: String,
    pub description: Prose,
    pub body: Vec<Field>,
    /// A body, as JSON.
    pub example: String,
}

/// All events.
pub(super) fn events(document: &Value) -> Vec<Event> {
    object(&document["webhooks"])
        .map(|(name, methods)| Event::read(document, name, &methods["post"]))
        .collect()
}

/// What every one of them comes with.
pub(super) fn event_headers(document: &Value) -> Vec<Field> {
    let first = object(&document["webhooks"]).next();
    first.map_or(Vec::new(), |(_, methods)| parameters(document, &methods["post"], "header"))
}

impl Event {
    fn read(document: &Value, name: &str, value: &Value) -> Self {
        let content = &value["requestBody"]["content"]["application/json"];
        Self {
            id: format!("event-{}", name.replace('.', "-")),
            name: name.to_owned(),
            summary: text(&value["summary"]),
            description: Prose::parse(&text(&value["description"])),
            body: schema::fields(document, &content["schema"]),
            example: serde_json::to_string_pretty(&content["example"]).unwrap_or_default(),
        }
    }
}
