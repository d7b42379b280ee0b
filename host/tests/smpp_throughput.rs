//! How many messages a second go out over SMPP. A measurement, and no test: run it with
//! `NODE_PATH=… cargo test --test smpp_throughput -- --ignored --nocapture`, where `NODE_PATH`
//! has what `tests/e2e/package.json` names.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Instant,
};

use keyfob::service::{AccountId, Channel, Language, Message, MessageId, OtpId, Recipient};
use keyfob_host::delivery::{Parcel, Receipts, Smpp, SmppConfig};
use tokio::task::JoinSet;

const NOW: u64 = 1_800_000_000;
const MESSAGES: u32 = 20_000;

struct Smsc(Child);

impl Smsc {
    /// The SMSC of the end-to-end tests, and its port.
    fn start(behaviour: &str) -> (Self, u64) {
        let mut process = Command::new("node")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/e2e/smpp/smsc.cjs"))
            .arg(r#"{"user": "bank", "password": "secret", "port": 0}"#)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        std::thread::spawn(move || said.lines().for_each(drop));
        writeln!(process.stdin.as_ref().unwrap(), r#"{{"behave": {behaviour}}}"#).unwrap();
        let listening: serde_json::Value = serde_json::from_str(&line).unwrap();
        (Self(process), listening["port"].as_u64().unwrap())
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn parcel(number: u32) -> Parcel {
    let message = Message {
        id: MessageId([3; 16]),
        otp_id: OtpId([1; 16]),
        account: AccountId([2; 16]),
        channel: Channel::Sms,
        recipient: Recipient::parse(Channel::Sms, &format!("+4477009{number:05}")).unwrap(),
        language: Language::English,
        subject: String::new(),
        text: "Your verification code is 123456.".to_owned().into(),
        code: "123456".to_owned().into(),
        expires_at: NOW + 300,
        fallbacks: Vec::new(),
        fallback_after: None,
    };
    Parcel::new(&message, &mut keyfob_host::entropy::SystemEntropy).unwrap()
}

async fn measure(at_once: u32, window: u16, delay: u64) {
    let (_smsc, port) = Smsc::start(&format!(r#"{{"quiet": true, "delay": {delay}}}"#));
    let config: SmppConfig = toml::from_str(&format!(
        "host = \"127.0.0.1\"\nport = {port}\ntls = false\nsystem_id = \"bank\"\n\
         password = \"secret\"\nfrom = \"BANK\"\nwindow = {window}"
    ))
    .unwrap();
    let smpp = Arc::new(Smpp::new("smsc", &config, &Receipts::channel().0).unwrap());
    smpp.send(&parcel(0).letters[0], NOW).await.unwrap(); // the session is there
    let began = Instant::now();
    let mut senders = JoinSet::new();
    for sender in 0..at_once {
        let smpp = Arc::clone(&smpp);
        senders.spawn(async move {
            for number in (sender..MESSAGES).step_by(at_once as usize) {
                smpp.send(&parcel(number).letters[0], NOW).await.unwrap();
            }
        });
    }
    senders.join_all().await;
    let rate = f64::from(MESSAGES) / began.elapsed().as_secs_f64();
    println!(
        "{at_once:4} at once, window {window:4}, answered after {delay:2} ms: {rate:.0} messages/s"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, of the machine as much as of the code"]
async fn messages_a_second_over_one_session() {
    for (at_once, window, delay) in [(64, 100, 0), (500, 100, 0), (64, 100, 50), (500, 100, 50)] {
        measure(at_once, window, delay).await;
    }
}
