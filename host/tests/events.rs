//! What accounts are told is what they were told to expect: the bodies in docs/webhooks.md and in
//! the description of the API, held against those that arrive.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Json, Router, extract::State, routing::post};
use keyfob_host::{
    config::Config,
    delivery::{DeliveryReceipt, Fate, Receipts, Routes, dispatch, receive},
    http::openapi_document,
    webhooks::tell,
};
use serde_json::{Value, json};
use support::World;
use tokio::time::{sleep, timeout};

type Arrived = Arc<Mutex<Vec<Value>>>;

/// A server that keeps the bodies that are posted to it.
async fn server() -> (String, Arrived) {
    let arrived = Arrived::default();
    let take = async |State(arrived): State<Arrived>, Json(body): Json<Value>| {
        arrived.lock().unwrap().push(body);
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().route("/", post(take)).with_state(arrived.clone());
    tokio::spawn(async { axum::serve(listener, router).await });
    (url, arrived)
}

/// The `number`th body, once it is there.
async fn wait(arrived: &Arrived, number: usize) -> Value {
    let found = async {
        loop {
            if let Some(body) = arrived.lock().unwrap().get(number - 1) {
                break body.clone();
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(10), found).await.expect("it is told")
}

/// A service whose texts go to this gateway, which reports; and where it does so.
fn world(gateway: &str) -> (World, Receipts) {
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let variables =
        [("KIND", "webhook"), ("URL", gateway), ("SECRET", secret), ("RECEIPTS", "true")]
            .map(|(key, value)| (format!("KEYFOB_PROVIDERS__G__{key}"), value.to_owned()));
    let order = ("KEYFOB_CHANNELS__SMS".to_owned(), "g".to_owned());
    let config = Config::read(None, variables.into_iter().chain([order])).unwrap();
    let (receipts, received) = Receipts::channel();
    let world = World::with_routes(Routes::new(&config, &receipts));
    tokio::spawn(dispatch(world.app.clone(), std::future::pending()));
    tokio::spawn(receive(world.app.clone(), received, std::future::pending()));
    tokio::spawn(tell(world.app.clone(), std::future::pending()));
    (world, receipts)
}

/// Makes everything happen that accounts are told of.
async fn everything_that_is_told() -> BTreeMap<String, Value> {
    let ((gateway, messages), (address, told)) = (server().await, server().await);
    let (world, receipts) = world(&gateway);
    let set = world.raw("PUT", "webhook/", json!({"url": address}).to_string()).await;
    assert!(set.status.is_success(), "{}", set.text);
    let domain = world.domain().await;

    for (number, (to, fate)) in
        [("+447700900123", Fate::Delivered), ("+447700900124", Fate::Failed)]
            .into_iter()
            .enumerate()
    {
        let body = json!({"domain": domain, "channel": "sms", "to": to});
        let otp_id = world.post("send/", body).await.field("otp_id");
        let message = wait(&messages, number + 1).await["data"].clone();
        let reference = message["id"].as_str().unwrap().to_owned();
        assert!(
            receipts.report(DeliveryReceipt { provider: "g".to_owned(), reference, fate }).await
        );
        wait(&told, 2 * number + 1).await;
        let text = message["text"].as_str().unwrap();
        let code: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
        let code = match fate {
            Fate::Delivered => code,
            Fate::Failed => code.chars().rev().map(|c| if c == '0' { '1' } else { '0' }).collect(),
        };
        for _ in 0..5 {
            world.post("verify/", json!({"otp_id": otp_id, "code": code})).await;
        }
        wait(&told, 2 * number + 2).await;
    }
    let device = world.user(&domain, "user-4711").await;
    assert!(
        world.totp(&domain, "user-4711", &device.code(support::START)).await.status.is_success()
    );
    wait(&told, 5).await;
    for _ in 0..5 {
        world.totp(&domain, "user-4711", &device.wrong_code(support::START)).await;
    }
    wait(&told, 6).await;
    let told = told.lock().unwrap().clone();
    told.into_iter().map(|body| (body["type"].as_str().unwrap().to_owned(), body)).collect()
}

/// The examples of docs/webhooks.md, by their types.
fn documented() -> BTreeMap<String, Value> {
    let page = include_str!("../../docs/webhooks.md");
    let blocks = page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let examples = blocks.map(|text| serde_json::from_str::<Value>(text).unwrap());
    examples.map(|body| (body["type"].as_str().unwrap().to_owned(), body)).collect()
}

/// The examples of the description of the API, each held against its own schema.
fn described() -> BTreeMap<String, Value> {
    let document = serde_json::to_value(openapi_document()).unwrap();
    let events = document["webhooks"].as_object().unwrap();
    let example = |(name, methods): (&String, &Value)| {
        let content = &methods["post"]["requestBody"]["content"]["application/json"];
        assert_fits(&document, &content["schema"], &content["example"], name);
        (name.clone(), content["example"].clone())
    };
    events.iter().map(example).collect()
}

/// Of all fields neither one more nor one fewer, and each of its type.
fn assert_fits(document: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = match schema["$ref"].as_str() {
        Some(name) => document.pointer(name.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{place}: {value}");
    }
    match schema["type"].as_str().unwrap() {
        "string" => assert!(value.is_string(), "{place}: {value}"),
        "object" => {
            let properties = schema["properties"].as_object().unwrap();
            assert_eq!(schema["required"].as_array().unwrap().len(), properties.len(), "{place}");
            let names =
                |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(value), names(&schema["properties"]), "{place}");
            for (name, property) in properties {
                assert_fits(document, property, &value[name], &format!("{place}.{name}"));
            }
        }
        other => panic!("{place}: {other}"),
    }
}

/// The same, but for the words of the moment.
fn shape(body: &Value) -> Value {
    match body {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| match name.as_str() {
                "type" | "channel" | "user_id" => (name.clone(), value.clone()),
                _ => (name.clone(), shape(value)),
            });
            Value::Object(fields.collect())
        }
        Value::String(text) if text.parse::<uuid::Uuid>().is_ok() => json!("uuid"),
        Value::String(text) if text.parse::<jiff::Timestamp>().is_ok() => json!("timestamp"),
        other => other.clone(),
    }
}

#[tokio::test]
async fn every_event_is_told_as_it_is_documented() {
    let (told, documented, described) =
        (everything_that_is_told().await, documented(), described());
    assert_eq!(told.len(), 6, "{told:?}");
    assert_eq!(documented, described);
    let shapes = |bodies: &BTreeMap<String, Value>| {
        bodies
            .iter()
            .map(|(name, body)| (name.clone(), shape(body).to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(shapes(&told), shapes(&documented));
    let document = serde_json::to_value(openapi_document()).unwrap();
    for (name, body) in &told {
        let content = &document["webhooks"][name]["post"]["requestBody"]["content"];
        assert_fits(&document, &content["application/json"]["schema"], body, name);
    }
}
