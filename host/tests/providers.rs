//! Providers over time: who is asked when, with a clock that the test moves.
#![allow(clippy::unwrap_used)]

use std::sync::{
    Arc,
    atomic::{AtomicU16, AtomicUsize, Ordering},
};

use axum::{Router, http::StatusCode, routing::post};
use keyfob::service::{AccountId, Channel, Language, Message, MessageId, OtpId, Recipient};
use keyfob_host::{
    clock::ManualClock,
    config::Config,
    delivery::{Parcel, Receipts, Routes, SendError},
    metrics::Metrics,
};

const NOW: u64 = 1_800_000_000;
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// No answer.
const SILENCE: u16 = 0;

/// A gateway that answers what it is told to.
struct Gateway {
    url: String,
    status: Arc<AtomicU16>,
    asked: Arc<AtomicUsize>,
}

impl Gateway {
    async fn start() -> Self {
        let (status, asked) = (Arc::new(AtomicU16::new(200)), Arc::new(AtomicUsize::new(0)));
        let answers = (status.clone(), asked.clone());
        let answer = async move || {
            answers.1.fetch_add(1, Ordering::SeqCst);
            match answers.0.load(Ordering::SeqCst) {
                SILENCE => std::future::pending().await,
                status => StatusCode::from_u16(status).unwrap(),
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, Router::new().route("/", post(answer))).await });
        Self { url, status, asked }
    }

    fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    /// How often it was asked since the last time.
    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::SeqCst)
    }
}

struct Stage {
    first: Gateway,
    second: Gateway,
    routes: Routes,
    clock: ManualClock,
    metrics: Metrics,
}

impl Stage {
    async fn new() -> Self {
        let (first, second) = (Gateway::start().await, Gateway::start().await);
        let variables = [("FIRST", &first.url), ("SECOND", &second.url)].map(|(name, url)| {
            [("KIND", "webhook"), ("URL", url), ("SECRET", SECRET)]
                .map(|(key, value)| (format!("KEYFOB_PROVIDERS__{name}__{key}"), value.to_owned()))
        });
        let order = ("KEYFOB_CHANNELS__SMS".to_owned(), "first,second".to_owned());
        let config = Config::read(None, variables.into_iter().flatten().chain([order])).unwrap();
        let routes = Routes::new(&config, &Receipts::channel().0);
        assert_eq!(routes.problems(), []);
        Self { first, second, routes, clock: ManualClock::new(NOW), metrics: Metrics::default() }
    }

    async fn send(&self) -> Result<(), SendError> {
        let message = Message {
            otp_id: OtpId([1; 16]),
            id: MessageId([3; 16]),
            account: AccountId([2; 16]),
            channel: Channel::Sms,
            recipient: Recipient::parse(Channel::Sms, "+447700900123").unwrap(),
            language: Language::English,
            subject: String::new(),
            text: "123456".to_owned().into(),
            code: "123456".to_owned().into(),
            expires_at: NOW + 300,
            fallbacks: Vec::new(),
            fallback_after: None,
        };
        let parcel = Parcel::new(&message, &mut keyfob_host::entropy::SystemEntropy).unwrap();
        self.routes.send(&parcel.letters[0], &self.clock, &self.metrics).await.map(drop)
    }

    /// How often each was asked since the last time.
    fn asked(&self) -> (usize, usize) {
        (self.first.asked(), self.second.asked())
    }
}

#[tokio::test]
async fn a_provider_that_fails_is_left_alone_for_a_while_and_then_preferred_again() {
    let stage = Stage::new().await;
    stage.first.answers(500);
    for _ in 0..5 {
        stage.send().await.unwrap();
    }
    assert_eq!(stage.asked(), (3, 5));
    assert_eq!(
        stage.routes.troubles(NOW + 2),
        ["providers.first: the gateway answered 500; it is tried again in 3 s"]
    );
    stage.clock.set(NOW + 5);
    stage.send().await.unwrap();
    stage.send().await.unwrap();
    assert_eq!(stage.asked(), (1, 2), "one message found out that it still fails");
    stage.first.answers(200);
    stage.clock.set(NOW + 15);
    stage.send().await.unwrap();
    stage.send().await.unwrap();
    assert_eq!(stage.asked(), (2, 0), "it is back");
    assert!(stage.routes.troubles(NOW + 15).is_empty());
}

#[tokio::test]
async fn messages_that_are_refused_switch_no_provider_off() {
    let stage = Stage::new().await;
    stage.first.answers(400);
    for _ in 0..20 {
        stage.send().await.unwrap();
    }
    assert_eq!(stage.asked(), (20, 20));
}

#[tokio::test]
async fn while_any_provider_may_take_it_later_a_message_has_not_failed() {
    let stage = Stage::new().await;
    stage.first.answers(400);
    stage.second.answers(503);
    for _ in 0..5 {
        assert!(stage.send().await.unwrap_err().is_transient(), "also while the second rests");
    }
    assert_eq!(stage.asked(), (5, 3));
    stage.second.answers(400);
    stage.clock.set(NOW + 5);
    assert!(!stage.send().await.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_provider_that_takes_nothing_of_ours_is_named_at_once_and_may_take_it_once_that_is_mended()
 {
    let stage = Stage::new().await;
    stage.first.answers(401);
    stage.send().await.unwrap();
    assert_eq!(stage.asked(), (1, 1), "the next one at once");
    assert_eq!(
        stage.routes.troubles(NOW),
        ["providers.first: the gateway answered 401; it is tried again with the next message"]
    );
    stage.second.answers(400);
    assert!(stage.send().await.unwrap_err().is_transient(), "its key may be mended in time");
    stage.first.answers(200);
    stage.send().await.unwrap();
    assert!(stage.routes.troubles(NOW).is_empty());
}

#[tokio::test]
async fn a_rest_that_is_over_is_not_counted_down_any_more() {
    let stage = Stage::new().await;
    stage.first.answers(500);
    for _ in 0..3 {
        stage.send().await.unwrap();
    }
    assert_eq!(
        stage.routes.troubles(NOW + 60),
        ["providers.first: the gateway answered 500; it is tried again with the next message"]
    );
}

#[tokio::test]
async fn a_provider_that_rests_does_not_hide_that_another_may_have_the_message() {
    let stage = Stage::new().await;
    stage.first.answers(400);
    stage.second.answers(503);
    for _ in 0..3 {
        assert!(matches!(stage.send().await, Err(SendError::Transient(_))));
    }
    stage.first.answers(SILENCE);
    assert_eq!(stage.asked(), (3, 3));
    assert!(matches!(stage.send().await, Err(SendError::Unanswered(_))));
    assert_eq!(stage.asked(), (1, 0), "the second rests");
}

#[tokio::test]
async fn a_rest_is_a_reason_to_ask_others_first_and_none_to_ask_nobody() {
    let stage = Stage::new().await;
    stage.first.answers(500);
    stage.second.answers(500);
    for _ in 0..3 {
        assert!(stage.send().await.is_err());
    }
    assert_eq!(stage.asked(), (3, 3));
    stage.first.answers(200);
    assert_eq!(stage.send().await, Ok(()));
    assert_eq!(stage.asked(), (1, 0));
}

#[tokio::test]
async fn messages_that_are_not_taken_now_switch_no_provider_off() {
    let stage = Stage::new().await;
    stage.first.answers(429);
    for _ in 0..20 {
        stage.send().await.unwrap();
    }
    assert_eq!(stage.asked(), (20, 20));
}

#[tokio::test]
async fn nothing_is_handed_over_once_its_code_is_void() {
    let stage = Stage::new().await;
    stage.clock.set(NOW + 300);
    assert!(stage.send().await.unwrap_err().is_transient(), "nobody refused it");
    assert_eq!(stage.asked(), (0, 0));
}
