//! What accounts are told, as `OpenAPI` 3.1 describes requests that a service makes: webhooks.

use serde_json::{Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Content, HttpMethod, ObjectBuilder, OpenApi, PathItem, PathsBuilder, Ref, Required,
        Response, Schema,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::{KnownFormat, SchemaFormat, Type},
        security::SecurityRequirement,
    },
};

use crate::webhooks::{CodeData, EventKind, MessageData, UserData};

/// Adds every event to the description.
pub(super) fn describe(document: &mut OpenApi) {
    let components = document.components.get_or_insert_default();
    for (name, schema) in [
        (MessageData::name(), MessageData::schema()),
        (CodeData::name(), CodeData::schema()),
        (UserData::name(), UserData::schema()),
    ] {
        components.schemas.insert(name.into_owned(), schema);
    }
    let events = EventKind::ALL.into_iter().fold(PathsBuilder::new(), |paths, kind| {
        paths.path(name(kind), PathItem::new(HttpMethod::Post, operation(kind)))
    });
    document.webhooks = Some(events.build());
}

/// What it says, and more of it.
fn words(kind: EventKind) -> (&'static str, &'static str) {
    match kind {
        EventKind::Delivered => (
            "A message was delivered",
            "Its provider reports that the recipient's device has it, or somebody heard the call. Providers that report nothing make no such event.",
        ),
        EventKind::Failed => (
            "A message reached nobody",
            "No provider of any of its channels took it before its code expired, or the last that did reports that it was not delivered. The code may be sent anew with `POST resend/`.",
        ),
        EventKind::Verified => {
            ("A code that was sent was accepted", "`POST verify/` has answered the same.")
        }
        EventKind::Blocked => (
            "Too many wrong codes for a challenge or its recipient",
            "Told once, when the block begins. Also when a code was put forward for another transaction than its own, which voids it.",
        ),
        EventKind::UserVerified => {
            ("The code of a device was accepted", "`POST totp/` has answered the same.")
        }
        EventKind::UserBlocked => (
            "Too many wrong codes for a user",
            "Told once, when the block begins. `GET user/{domain}/{user_id}/` shows its end.",
        ),
    }
}

fn operation(kind: EventKind) -> Operation {
    let (summary, description) = words(kind);
    let taken = "Taken. Anything but 2xx, or no answer within 10 seconds, has it told again later";
    let body = Content::builder().schema(Some(schema(kind))).example(Some(example(kind)));
    let body = RequestBodyBuilder::new().content("application/json", body.build());
    OperationBuilder::new()
        .tag("webhooks")
        .operation_id(Some(format!("told_{}", name(kind).replace('.', "_"))))
        .summary(Some(summary))
        .description(Some(description))
        .parameters(Some(headers()))
        .request_body(Some(body.required(Some(Required::True)).build()))
        .response("2XX", Response::new(taken))
        .security(SecurityRequirement::default()) // no API key: it is signed
        .build()
}

/// As Standard Webhooks has them.
fn headers() -> impl IntoIterator<Item = Parameter> {
    let header = |(name, description, example): (&str, &str, Value)| {
        let schema = ObjectBuilder::new().schema_type(Type::String).examples([example]);
        let header = ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header);
        let header = header.required(Required::True).description(Some(description));
        header.schema(Some(schema)).build()
    };
    [
        (
            "webhook-id",
            "Names the event, the same however often it is told.",
            json!("evt_5a2f1c0e9b7d4e3f8a6c5b4d3e2f1a0b"),
        ),
        (
            "webhook-timestamp",
            "When it was signed, in seconds since 1970: refuse what is older than five minutes.",
            json!("1769852100"),
        ),
        (
            "webhook-signature",
            "One or more of `v1,` and an HMAC-SHA256 in base64, separated by spaces. One that fits is enough.",
            json!("v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="),
        ),
    ]
    .map(header)
}

fn schema(kind: EventKind) -> Schema {
    let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([name(kind)]));
    let time = ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
        .description(Some("When it happened."));
    let data = match kind {
        EventKind::Delivered | EventKind::Failed => MessageData::name(),
        EventKind::Verified | EventKind::Blocked => CodeData::name(),
        EventKind::UserVerified | EventKind::UserBlocked => UserData::name(),
    };
    let body = ObjectBuilder::new()
        .property("type", word.description(Some("What happened.")))
        .required("type")
        .property("timestamp", time)
        .required("timestamp")
        .property("data", Ref::from_schema_name(data))
        .required("data");
    body.into()
}

fn example(kind: EventKind) -> Value {
    let otp_id = "9c6f5a0e-2d4b-4f7e-8a34-51f3c2d7b608";
    let data = match kind {
        EventKind::Delivered | EventKind::Failed => json!({"otp_id": otp_id, "channel": "sms"}),
        EventKind::Verified | EventKind::Blocked => json!({"otp_id": otp_id}),
        EventKind::UserVerified | EventKind::UserBlocked => {
            json!({"domain": "0b4d1a52-6f3e-4c1b-9d7a-2f8e5c90a713", "user_id": "user-4711"})
        }
    };
    json!({"type": kind, "timestamp": "2026-01-31T09:35:00Z", "data": data})
}

fn name(kind: EventKind) -> String {
    let name = serde_json::to_value(kind).unwrap_or_default(); // a plain word
    name.as_str().unwrap_or_default().to_owned()
}
