//! Providers that read a message and never say whether they have it: nobody gets it twice within
//! half a minute, by a clock that the test moves.
#![allow(clippy::unwrap_used)]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use keyfob_host::{
    config::Config,
    delivery::{Receipts, Routes, dispatch},
};
use serde_json::json;
use support::World;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};

type Connection = BufReader<TcpStream>;

/// A provider that hangs up once it has read a message.
struct Deaf {
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Deaf {
    /// `read` returns when it has read a message; `None` if none came.
    async fn start<F>(read: impl Fn(Connection) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Option<Connection>> + Send,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, asked) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let count = asked.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = read(BufReader::new(stream)).await;
                count.fetch_add(usize::from(connection.is_some()), Ordering::SeqCst);
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// Until it was asked so often.
    async fn is_asked(&self, times: usize) {
        let asked = async {
            while self.asked() < times {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(Duration::from_secs(10), asked).await.expect("it is asked");
    }
}

async fn read_http(mut connection: Connection) -> Option<Connection> {
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        connection.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    connection.read_exact(&mut vec![0; length]).await.ok()?;
    Some(connection)
}

/// Takes a call, and does not say what it is called.
async fn read_call(connection: Connection) -> Option<Connection> {
    let mut connection = read_http(connection).await?;
    connection.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}").await.ok()?;
    Some(connection)
}

async fn read_email(mut connection: Connection) -> Option<Connection> {
    let (mut line, mut is_data) = (String::new(), false);
    connection.write_all(b"220 relay.example\r\n").await.ok()?;
    loop {
        line.clear();
        connection.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
        match &*line {
            ".\r\n" if is_data => return Some(connection),
            _ if is_data => {}
            "DATA\r\n" => {
                is_data = true;
                connection.write_all(b"354 go on\r\n").await.ok()?;
            }
            _ => connection.write_all(b"250 ok\r\n").await.ok()?,
        }
    }
}

async fn read_submit(mut connection: Connection) -> Option<Connection> {
    loop {
        let mut head = [0; 16];
        connection.read_exact(&mut head).await.ok()?;
        let [length, command, _, _] =
            [0, 4, 8, 12].map(|at| u32::from_be_bytes(head[at..at + 4].try_into().unwrap()));
        connection.read_exact(&mut vec![0; length as usize - 16]).await.ok()?;
        if command == 4 {
            return Some(connection);
        }
        let name = b"\0"; // of the SMSC, which an answer to a bind has
        let length = 16 + name.len() as u32;
        let answer = [length.to_be_bytes(), (command | 1 << 31).to_be_bytes(), [0; 4]].concat();
        connection.write_all(&[&answer, &head[12..], name].concat()).await.ok()?;
    }
}

/// A service whose channels have these providers, named after them.
fn world(providers: &[(&str, &[(&str, &str)])]) -> World {
    let variables = providers.iter().flat_map(|(channel, settings)| {
        let setting = move |(key, value): &(&str, &str)| {
            (format!("KEYFOB_PROVIDERS__{channel}__{key}").to_uppercase(), (*value).to_owned())
        };
        let order = (format!("KEYFOB_CHANNELS__{channel}").to_uppercase(), (*channel).to_owned());
        settings.iter().map(setting).chain([order])
    });
    let routes = Routes::new(&Config::read(None, variables).unwrap(), &Receipts::channel().0);
    assert_eq!(routes.problems(), []);
    World::with_routes(routes)
}

/// After one message to it.
async fn assert_patient(channel: &str, deaf: &Deaf, settings: &[(&str, &str)]) {
    let world = world(&[(channel, settings)]);
    let dispatcher = tokio::spawn(dispatch(world.app.clone(), std::future::pending()));

    let domain = world.domain().await;
    let to = if channel == "email" { "ann@customer.example" } else { "+447700900123" };
    let sent = world.post("send/", json!({"domain": domain, "channel": channel, "to": to})).await;
    assert!(sent.status.is_success(), "{}", sent.text);
    deaf.is_asked(1).await;
    sleep(Duration::from_millis(500)).await; // until it is noted
    for _ in 0..25 {
        world.clock.advance(1);
        sleep(Duration::from_millis(150)).await; // the dispatcher looks every second
    }
    assert_eq!(deaf.asked(), 1, "the person may have it");
    world.clock.advance(60);
    deaf.is_asked(2).await;
    dispatcher.abort();
}

#[tokio::test]
async fn a_gateway_that_hangs_up_is_asked_again_after_half_a_minute() {
    let deaf = Deaf::start(read_http).await;
    let url = format!("http://127.0.0.1:{}/", deaf.port);
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert_patient("sms", &deaf, &[("KIND", "webhook"), ("URL", &url), ("SECRET", secret)]).await;
}

#[tokio::test]
async fn a_channel_that_may_have_a_message_gives_way_and_is_not_asked_again_before_it_does() {
    let (texts, voice) = (Deaf::start(read_http).await, Deaf::start(read_http).await);
    let urls = [&texts, &voice].map(|deaf| format!("http://127.0.0.1:{}/", deaf.port));
    let secret = ("SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let [of_texts, of_voice] =
        [0, 1].map(|at: usize| [("KIND", "webhook"), ("URL", &*urls[at]), secret]);
    let world = world(&[("sms", &of_texts), ("voice", &of_voice)]);
    let dispatcher = tokio::spawn(dispatch(world.app.clone(), std::future::pending()));
    let domain = world.domain().await;
    let body = json!({"domain": domain, "channel": ["sms", "voice"], "to": "+447700900123"});
    assert!(world.post("send/", body).await.status.is_success());
    for _ in 0..20 {
        world.clock.advance(1);
        sleep(Duration::from_millis(100)).await;
    }
    voice.is_asked(1).await;
    assert_eq!((texts.asked(), voice.asked()), (1, 1));
    dispatcher.abort();
}

const TWILIO: [(&str, &str); 3] =
    [("ACCOUNT_SID", "AC0"), ("AUTH_TOKEN", "token"), ("FROM", "+15005550006")];

#[tokio::test]
async fn a_twilio_that_hangs_up_is_asked_again_after_half_a_minute() {
    let deaf = Deaf::start(read_http).await;
    let url = format!("http://127.0.0.1:{}", deaf.port);
    let settings = [&TWILIO[..], &[("KIND", "twilio-messages"), ("BASE_URL", &url)]].concat();
    assert_patient("sms", &deaf, &settings).await;
}

#[tokio::test]
async fn a_twilio_that_calls_and_does_not_say_how_it_calls_the_call_calls_again_after_half_a_minute()
 {
    let deaf = Deaf::start(read_call).await;
    let url = format!("http://127.0.0.1:{}", deaf.port);
    let ours =
        [("KIND", "twilio-calls"), ("BASE_URL", &url), ("CALLBACK_URL", "https://otp.example")];
    assert_patient("voice", &deaf, &[&TWILIO[..], &ours].concat()).await;
}

#[tokio::test]
async fn a_relay_that_hangs_up_is_asked_again_after_half_a_minute() {
    let deaf = Deaf::start(read_email).await;
    let url = format!("smtp://127.0.0.1:{}", deaf.port);
    let from = "codes@bank.example";
    assert_patient("email", &deaf, &[("KIND", "smtp"), ("URL", &url), ("FROM", from)]).await;
}

#[tokio::test]
async fn an_smsc_that_hangs_up_is_asked_again_after_half_a_minute() {
    let deaf = Deaf::start(read_submit).await;
    let port = deaf.port.to_string();
    let settings = [
        ("KIND", "smpp"),
        ("HOST", "127.0.0.1"),
        ("PORT", &port),
        ("TLS", "false"),
        ("SYSTEM_ID", "bank"),
        ("PASSWORD", "secret"),
        ("FROM", "BANK"),
    ];
    assert_patient("sms", &deaf, &settings).await;
}
