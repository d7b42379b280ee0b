//! What the log says of messages: enough to follow one, and neither its code nor its recipient.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    cell::RefCell,
    collections::VecDeque,
    io::Write,
    sync::{Arc, Mutex, Once},
    thread::LocalKey,
    time::Duration,
};

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use keyfob_host::{
    config::Config,
    delivery::{DeliveryReceipt, Fate, Receipts, Routes, dispatch, receive},
};
use serde_json::{Value, json};
use support::World;
use tokio::time::{sleep, timeout};

const PHONE: &str = "+447700900123";

thread_local! {
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What was logged in this thread, which has a test to itself: a JSON object a line, as operators
/// get it.
struct Log(&'static LocalKey<RefCell<Vec<u8>>>);

impl Log {
    fn begin() -> Self {
        // One for all tests: what a place in the code logs to is decided once for all threads.
        static BEGUN: Once = Once::new();
        BEGUN.call_once(|| tracing_subscriber::fmt().json().with_writer(|| Log(&LOGGED)).init());
        Self(&LOGGED)
    }

    fn text(&self) -> String {
        self.0.with_borrow(|logged| String::from_utf8(logged.clone()).unwrap())
    }

    /// The lines that say so.
    fn said(&self, what: &str) -> Vec<Value> {
        let lines = self.text();
        let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["fields"]["message"].as_str().unwrap().contains(what)).collect()
    }

    /// Once it says so.
    async fn says(&self, what: &str) -> Value {
        let said = async {
            loop {
                match self.said(what).pop() {
                    Some(line) => break line,
                    None => sleep(Duration::from_millis(20)).await,
                }
            }
        };
        timeout(Duration::from_secs(10), said).await.unwrap_or_else(|_| panic!("{}", self.text()))
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.with_borrow_mut(|logged| logged.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

type Taken = Arc<Mutex<Vec<Value>>>;

/// A gateway that gives these answers in turn, and then 200, and keeps the messages it was
/// asked to take.
async fn gateway(answers: &[u16]) -> (String, Taken) {
    let (taken, answers) = (Taken::default(), Mutex::new(VecDeque::from(answers.to_vec())));
    let answer = async |State((taken, answers)): State<(Taken, Arc<Mutex<VecDeque<u16>>>)>,
                        Json(body): Json<Value>| {
        taken.lock().unwrap().push(body["data"].clone());
        let status = answers.lock().unwrap().pop_front().unwrap_or(200);
        StatusCode::from_u16(status).unwrap()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router =
        Router::new().route("/", post(answer)).with_state((taken.clone(), Arc::new(answers)));
    tokio::spawn(async { axum::serve(listener, router).await });
    (url, taken)
}

/// A service that sends texts through these gateways, named a and b, in this order.
fn world(urls: &[&str]) -> World {
    let names = ["a", "b"];
    let variables = urls.iter().zip(names).flat_map(|(url, name)| {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
        [("kind", "webhook"), ("url", *url), ("secret", secret), ("receipts", "true")].map(
            |(key, value)| {
                (format!("KEYFOB_PROVIDERS__{name}__{key}").to_uppercase(), value.to_owned())
            },
        )
    });
    let order = ("KEYFOB_CHANNELS__SMS".to_owned(), names[..urls.len()].join(","));
    let config = Config::read(None, variables.chain([order])).unwrap();
    let routes = Routes::new(&config, &Receipts::channel().0);
    assert_eq!(routes.problems(), []);
    World::with_routes(routes)
}

async fn send(world: &World) -> String {
    let body = json!({"domain": world.domain().await, "channel": "sms", "to": PHONE});
    let sent = world.post("send/", body).await;
    assert!(sent.status.is_success(), "{}", sent.text);
    sent.field("otp_id").as_str().unwrap().to_owned()
}

fn assert_names(line: &Value, otp_id: &str, message: &Value, provider: Option<&str>) {
    let spans = line["spans"].as_array().unwrap();
    let span = spans.iter().find(|span| span["name"] == "message").expect("of a message");
    assert_eq!((&span["otp_id"], &span["message_id"]), (&json!(otp_id), &message["id"]), "{line}");
    assert_eq!(span["channel"], "sms", "{line}");
    if let Some(provider) = provider {
        assert_eq!(line["fields"]["provider"], provider, "{line}");
    }
}

#[tokio::test]
async fn a_message_can_be_followed_from_its_providers_to_its_receipt() {
    let log = Log::begin();
    let ((first, _), (second, taken)) = (gateway(&[503; 9]).await, gateway(&[429]).await);
    let world = world(&[&first, &second]);
    let (receipts, received) = Receipts::channel();
    tokio::spawn(dispatch(world.app.clone(), std::future::pending()));
    tokio::spawn(receive(world.app.clone(), received, std::future::pending()));
    let otp_id = send(&world).await;
    log.says("did not go out yet").await;
    world.clock.advance(1);
    let went_out = log.says("was taken").await;
    let message = taken.lock().unwrap()[0].clone();
    let reference = message["id"].as_str().unwrap().to_owned();
    let receipt = DeliveryReceipt { provider: "b".to_owned(), reference, fate: Fate::Failed };
    assert!(receipts.report(receipt).await);
    let not_delivered = log.says("was not delivered").await;

    assert_names(&went_out, &otp_id, &message, Some("b"));
    assert_names(&not_delivered, &otp_id, &message, Some("b"));
    assert_names(&log.said("did not go out yet")[0], &otp_id, &message, None);
    let refusals = log.said("a provider did not take a message");
    assert_eq!(refusals.len(), 3, "{}", log.text());
    for (line, provider) in refusals.iter().zip(["a", "b", "a"]) {
        assert_names(line, &otp_id, &message, Some(provider));
    }
    let code = message["text"].as_str().unwrap().split_whitespace().find_map(|word| {
        let digits = word.trim_end_matches('.');
        (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
    });
    assert!(!log.text().contains(PHONE) && !log.text().contains(code.unwrap()));
}

#[tokio::test]
async fn of_a_provider_that_is_alone_nobody_says_that_others_take_its_messages() {
    let log = Log::begin();
    let (url, taken) = gateway(&[500; 3]).await;
    let world = world(&[&url]);
    tokio::spawn(dispatch(world.app.clone(), std::future::pending()));
    send(&world).await;
    for times in 1..=4 {
        while taken.lock().unwrap().len() < times {
            sleep(Duration::from_millis(20)).await;
        }
        sleep(Duration::from_millis(100)).await; // until it is noted
        world.clock.advance(4);
    }
    assert_eq!(log.says("a provider fails").await["fields"]["provider"], "a");
    assert!(log.said("messages go to others").is_empty(), "{}", log.text());
    log.says("a provider works again").await;
}

#[tokio::test]
async fn a_key_that_is_mended_before_the_code_expires_costs_no_message() {
    let (url, taken) = gateway(&[401, 401]).await;
    let world = world(&[&url]);
    tokio::spawn(dispatch(world.app.clone(), std::future::pending()));
    let otp_id = send(&world).await;
    for times in 1..=3 {
        let asked = async {
            while taken.lock().unwrap().len() < times {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(10), asked).await.expect("it is tried again");
        if times == 1 {
            let named = world.app.delivery.routes.troubles(world.app.clock.now());
            assert!(named[0].starts_with("providers.a: the gateway answered 401"), "{named:?}");
        }
        sleep(Duration::from_millis(100)).await; // until it is noted
        world.clock.advance(2);
    }
    let shown = world.get(&format!("send/{otp_id}/")).await;
    assert_eq!(shown.field("delivery"), "sent", "{}", shown.text);
}
