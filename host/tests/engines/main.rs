//! The native engine and the component are one: the same requests over the same clock and entropy
//! have the same answers and leave the same bytes. A component that misbehaves is stopped. And what
//! every language is held against, the component answers as written.
//!
//! `cargo xtask engine` builds the components that this runs.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

mod operators;
#[path = "../support/mod.rs"]
mod support;
mod vectors;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{body::Body, http::Request};
use keyfob::{
    EntropyUnavailable,
    service::{AccountId, ServicePolicy},
};
use keyfob_host::{
    api_key,
    delivery::dispatch,
    engine::{Component, ComponentError, Engine},
    entropy::Randomness,
    http,
    storage::sqlite::ApiKeyRow,
};
use rusqlite::{Connection, types::Value};
use serde_json::json;
use sha2::{Digest, Sha256};
use support::{Device, Reply, START, World};

const MASTER_KEY: &str = "\
root 0101010101010101010101010101010101010101010101010101010101010101
seal 1 0202020202020202020202020202020202020202020202020202020202020202
";

#[tokio::test(flavor = "multi_thread")]
async fn both_engines_give_the_same_answers_and_store_the_same_bytes() {
    let mut pair = Pair::new(1).await;
    pair.users().await;
    pair.enrolments().await;
    pair.messages().await;
    pair.domains().await;
    pair.refusals().await;
    pair.repetitions().await;
    pair.ends_alike("a day at a bank").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_engines_answer_any_requests_alike() {
    for seed in 2..6 {
        let mut pair = Pair::new(seed).await;
        pair.anything(250).await;
        pair.ends_alike(&format!("seed {seed}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_accepted_and_the_trail_says_so() {
    let world = component_world(&component()).await;
    let domain = world.domain().await;
    let ann = world.user(&domain, "ann").await;
    let code = ann.code(START);
    let tries = (0..32).map(|_| world.totp(&domain, "ann", &code));
    let replies = futures_of(tries).await;
    let accepted = replies.iter().filter(|reply| reply.field("verified") == json!(true)).count();
    assert_eq!(accepted, 1);
    let rows = world.app.store.audit_verify(None).unwrap().unwrap().rows;
    assert_eq!(rows, 3 + 32, "a key, a domain, a user, and every try");
    let told = count(&world, "SELECT count(*) FROM audit WHERE outcome = 'accepted'");
    assert_eq!(told, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_added_seals_from_then_on() {
    let world = component_world(&component()).await;
    let domain = world.domain().await;
    let ann = world.user(&domain, "ann").await;
    let file = world.folder().join("master.key");
    assert_eq!(keyfob_host::master_key::add_sealing_key(&file, &[]).unwrap(), 2);
    assert_eq!(world.totp(&domain, "ann", &ann.code(START)).await.field("verified"), json!(true));
    let under_the_new_one = "SELECT count(*) FROM records WHERE substr(body, 2, 4) = x'02000000'";
    assert_eq!(count(&world, under_the_new_one), 1, "the user, whose code was accepted");
    world.app.engine.keys().refresh();
    assert_eq!(world.app.engine.keys().newest(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_traps_loops_or_grows_is_stopped_and_nothing_is_accepted() {
    for name in ["traps", "loops", "grows", "asks", "recurses"] {
        let world = component_world(&hostile(name)).await;
        let domain = world.domain().await;
        let ann = world.user(&domain, "ann").await;
        let began = Instant::now();
        let reply = world.totp(&domain, "ann", &ann.code(START)).await;
        let took = began.elapsed();
        let refused = (reply.status.as_u16(), reply.code(), reply.field("retry_after"));
        assert_eq!(refused, (503, "engine-failed".into(), json!(1)), "{name}");
        assert!(took < Duration::from_secs(5), "{name} took {took:?}");
        // The next request has an instance of its own, and the other flows are as they were.
        assert_eq!(world.domain().await.len(), 36, "{name}");
        assert_eq!(failures(&world, &domain).await, json!(0), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_loops_holds_nobody_up() {
    let world = component_world(&hostile("loops")).await;
    let domain = world.domain().await;
    world.user(&domain, "ann").await;
    let loops = (0..8).map(|_| world.totp(&domain, "ann", "123456"));
    let others = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let began = Instant::now();
        let reply = world.get(&format!("domain/{domain}/")).await;
        (reply.status.as_u16(), began.elapsed())
    };
    let (stopped, (status, took)) = tokio::join!(futures_of(loops), others);
    assert!(stopped.iter().all(|reply| reply.code() == "engine-failed"));
    assert_eq!(status, 200);
    assert!(took < Duration::from_secs(4), "another request waited {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_was_stored_stays_stored_when_the_component_then_traps() {
    let world = component_world(&hostile("judges-and-traps")).await;
    let domain = world.domain().await;
    let ann = world.user(&domain, "ann").await;
    let wrong = world.totp(&domain, "ann", &ann.wrong_code(START)).await;
    assert_eq!((wrong.status.as_u16(), wrong.code()), (503, "engine-failed".into()));
    assert_eq!(failures(&world, &domain).await, json!(1), "a guess is never given back");
    let right = world.totp(&domain, "ann", &ann.code(START)).await;
    assert_eq!((right.status.as_u16(), right.code()), (503, "engine-failed".into()));
    let told = "SELECT outcome FROM audit WHERE event = 'device-code-verified' ORDER BY seq";
    let rows = table(&world, told);
    let outcomes = [[Value::Text("mismatch".into())], [Value::Text("accepted".into())]];
    assert_eq!(rows, outcomes, "rows join the swap, whatever follows");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_service_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let texts = [
        ("no wasm at all", "no component", "this is no WebAssembly component"),
        ("(module)", "a core module", "this is no WebAssembly component"),
        ("(component)", "lacks exports", "this component is not keyfob's service"),
        (
            "(component (import \"wasi:cli/exit@0.2.0\" (instance (export \"exit\" (func)))))",
            "wants more than it may",
            "wasi:cli/exit@0.2.0",
        ),
    ];
    for (text, why, expected) in texts {
        let file = folder.path().join("component.wasm");
        std::fs::write(&file, text).unwrap();
        let error = refusal(&file).await.to_string();
        assert!(error.contains(expected), "{why}: {error}");
    }
    let generator = component().with_file_name("keyfob-generator.wasm");
    let error = refusal(&generator).await.to_string();
    assert!(error.contains("give the keyfob-service.wasm of this version"), "{error}");
    let error = refusal(&hostile("stumbles")).await.to_string();
    assert!(error.contains("the component fails when it is started"), "{error}");
    let error = refusal(&hostile("swells")).await.to_string();
    assert!(error.contains("memory"), "{error}");
    let error = refusal(Path::new("/nowhere.wasm")).await;
    assert!(matches!(error, ComponentError::Unreadable(_)), "{error}");
}

/// Two services of one kind of everything but their engines.
struct Pair {
    native: World,
    component: World,
    asked: usize,
    random: Draws,
}

impl Pair {
    async fn new(seed: u64) -> Self {
        let entropy = || Arc::new(Seeded::new(seed));
        let policy = policy();
        let native = async |service, _: &Path| Engine::native(service);
        let native = World::with_engine(MASTER_KEY, entropy(), policy.clone(), native).await;
        let component = run_by(&component(), entropy(), policy).await;
        let mut pair = Self { native, component, asked: 0, random: Draws(seed) };
        let (text, record) = api_key::create(AccountId([7; 16])).unwrap();
        for world in [&mut pair.native, &mut pair.component] {
            let row = ApiKeyRow {
                id: record.id.clone(),
                account: [7; 16],
                hash: record.hash,
                label: String::new(),
                created_at: START,
                expires_at: None,
                revoked_at: None,
            };
            assert!(world.app.store.api_key_insert(&row).unwrap());
            world.key = text.to_string();
        }
        pair
    }

    /// Asks both, and returns what both answered.
    async fn ask(&mut self, method: &str, path: &str, body: &str, key: Option<&str>) -> Reply {
        let request = |world: &World| {
            let request = Request::builder().method(method).header("x-api-key", &world.key);
            let request = match path.strip_prefix('/') {
                Some(page) => request
                    .uri(format!("/{page}"))
                    .header("content-type", "application/x-www-form-urlencoded"),
                None => request
                    .uri(format!("{}/{path}", http::BASE))
                    .header("content-type", "application/json"),
            };
            let request = key.iter().fold(request, |it, key| it.header("idempotency-key", *key));
            request.body(Body::from(body.to_owned())).unwrap()
        };
        let native = self.native.request(request(&self.native)).await;
        let component = self.component.request(request(&self.component)).await;
        self.asked += 1;
        let about = format!("{method} {path} {body}");
        assert_eq!(native.status, component.status, "{about}: {} {}", native.text, component.text);
        assert_eq!(native.text, component.text, "{about}");
        assert_eq!(native.headers, component.headers, "{about}");
        assert!(native.status != 500 && native.code() != "engine-failed", "{about}");
        native
    }

    async fn post(&mut self, path: &str, body: serde_json::Value) -> Reply {
        self.ask("POST", path, &body.to_string(), None).await
    }

    async fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path, "", None).await
    }

    fn later(&self, seconds: u64) {
        self.native.clock.advance(seconds);
        self.component.clock.advance(seconds);
    }

    /// Lets every message that waits out, and returns the code in the last one.
    async fn received_code(&self) -> String {
        for world in [&self.native, &self.component] {
            let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
            let dispatcher = dispatch(world.app.clone(), async { drop(stopped.await) });
            let dispatcher = tokio::spawn(dispatcher);
            let now = world.app.clock.now();
            let ready = format!("SELECT count(*) FROM outbox WHERE ready_at <= {now}");
            while count(world, &ready) > 0 {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            drop(stop);
            dispatcher.await.unwrap();
        }
        let texts = [&self.native, &self.component].map(|world| {
            world.inbox.messages().first().map(|message| message.text.clone()).unwrap_or_default()
        });
        assert_eq!(texts[0], texts[1]);
        let words = texts[0].split(|c: char| !c.is_ascii_alphanumeric());
        let mut words = words.filter(|word| word.chars().filter(char::is_ascii_digit).count() > 3);
        words.next().unwrap_or("000000").to_owned()
    }

    async fn domain(&mut self) -> String {
        let reply = self.post("domain/", json!({"name": "Example Bank"})).await;
        reply.field("domain").as_str().unwrap().to_owned()
    }

    async fn users(&mut self) {
        let domain = self.domain().await;
        let ann = json!({"domain": domain, "user_id": "ann", "return_secret": true});
        let made = self.post("user/", ann.clone()).await;
        let device = Device::new(made.field("secret").as_str().unwrap());
        self.post("user/", ann).await;
        self.later(30);
        let now = START + 30;
        let (right, wrong) = (device.code(now), device.wrong_code(now));
        for code in [&wrong, &right, &right, &wrong, "12345", "", "wrong!", "1234567"] {
            self.post("totp/", json!({"domain": domain, "user_id": "ann", "code": code})).await;
        }
        for _ in 0..6 {
            self.post("totp/", json!({"domain": domain, "user_id": "ann", "code": wrong})).await;
        }
        self.get(&format!("user/{domain}/ann/")).await;
        self.later(86_400);
        self.get(&format!("user/{domain}/ann/")).await;
        let short = json!({"domain": domain, "user_id": "bob", "set_secret": "MFRGGZDF"});
        self.post("user/", short).await;
        let short = json!({"domain": domain, "user_id": "bob", "set_secret": "MFRGGZDF", "accept_short_secret": true, "return_secret": true});
        self.post("user/", short).await;
        self.ask("DELETE", &format!("user/{domain}/ann/"), "", None).await;
        self.ask("DELETE", &format!("user/{domain}/ann/"), "", None).await;
        self.post("erase/", json!({"domain": domain, "user_id": "bob"})).await;
    }

    async fn enrolments(&mut self) {
        let domain = self.domain().await;
        let user = json!({"domain": domain, "user_id": "cat", "algorithm": "SHA256", "digits": 8, "interval": 60, "account_name": "cat@example.com"});
        let pending = self.post("user/", user).await;
        let link = pending.json().to_string();
        let at = link.find("/enrol/").unwrap();
        let page = link[at..].split(['"', '\\']).next().unwrap().to_owned();
        self.get(&page).await;
        self.ask("POST", &page, "code=12345678", None).await;
        self.ask("POST", &page, "code=1", None).await;
        self.get("/enrol/nothing").await;
        let again = format!("user/{domain}/cat/enrolment/");
        self.post(&again, json!({"revoke": true})).await;
        self.get(&page).await;
        self.get(&format!("user/{domain}/cat/")).await;
    }

    async fn messages(&mut self) {
        let domain = self.domain().await;
        let plain = json!({"domain": domain, "channel": "sms", "to": "+447700900121"});
        let transaction = json!({
            "domain": domain, "channel": ["sms", "voice"], "to": "+447700900122", "language": "de-AT",
            "message": "{{code}} zahlt {{amount}} an {{payee}}", "origin": "example.com",
            "context": {"amount": "EUR 25.00", "payee": "Anna"}, "client_address": "2001:db8::1",
            "length": 8, "charset": "unambiguous", "expiry": 120, "fallback_after": 20,
        });
        let mail = json!({"domain": domain, "channel": "email", "to": "ann@example.com"});
        for request in [plain, transaction.clone(), mail] {
            let sent = self.post("send/", request.clone()).await;
            let otp_id = sent.field("otp_id");
            let code = self.received_code().await;
            self.get(&format!("send/{}/", otp_id.as_str().unwrap())).await;
            self.post("send/", request.clone()).await;
            self.later(31);
            self.post("resend/", json!({"otp_id": otp_id, "channel": "voice"})).await;
            let again = self.received_code().await;
            for code in [&code, "99999999", &again, "x", &again] {
                self.post("verify/", json!({"otp_id": otp_id, "code": code})).await;
                let context = transaction["context"].clone();
                self.post("verify/", json!({"otp_id": otp_id, "code": code, "context": context}))
                    .await;
            }
            self.post("cancel/", json!({"otp_id": otp_id})).await;
            self.get(&format!("send/{}/", otp_id.as_str().unwrap())).await;
            self.later(61);
        }
        self.post("erase/", json!({"domain": domain, "to": "+447700900121"})).await;
        self.post("sim-swap/", json!({"to": "+447700900121"})).await;
        self.post("sim-swap/", json!({"to": "+33612345678"})).await;
    }

    async fn domains(&mut self) {
        let domain = format!("domain/{}/", self.domain().await);
        for change in [
            json!({"sim_swap": {"on_unknown": "flag"}, "fallback_after": 60}),
            json!({"name": "Other", "sim_swap": {"max_age_hours": 24, "on_swap": "next-channel"}}),
            json!({"name": "a:b"}),
            json!({"fallback_after": 5}),
            json!({"sim_swap": {"max_age_hours": 9999}}),
            json!({"name": null, "sim_swap": {"on_unknown": null}}),
            json!({"sim_swap": null, "fallback_after": null}),
            json!({}),
        ] {
            self.ask("PATCH", &domain, &change.to_string(), None).await;
            self.get(&domain).await;
        }
    }

    /// All that can be wrong with a request, natively and inside a flow.
    async fn refusals(&mut self) {
        let domain = self.domain().await;
        let unknown = "00000000-0000-4000-8000-000000000000";
        let send = |change: serde_json::Value| {
            let mut body = json!({"domain": domain, "channel": "sms", "to": "+447700900130"});
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            body
        };
        for change in [
            json!({"domain": unknown}),
            json!({"channel": []}),
            json!({"channel": "email"}),
            json!({"channel": ["sms", "email"]}),
            json!({"to": "+44"}),
            json!({"to": "+999123456789"}),
            json!({"expiry": 29}),
            json!({"expiry": 601}),
            json!({"fallback_after": 9}),
            json!({"message": "no code"}),
            json!({"message": "{{code}}", "context": {"amount": "1"}}),
            json!({"message": "{{code}} ".repeat(400)}),
            json!({"message": format!("{{{{code}}}} {}", "x".repeat(1_590))}),
            json!({"app_hash": "FA+9qCX9VSu", "message": format!("{{{{code}}}} {}", "x".repeat(140))}),
            json!({"sim_swap": {}}),
            json!({"sim_swap": {"max_age_hours": 0}}),
            json!({"to": "+33612345678", "sim_swap": {"on_unknown": "refuse"}}),
            json!({"client_address": "64:ff9b::1:0:0:0"}),
        ] {
            self.post("send/", send(change)).await;
            self.later(40);
        }
        for to in 140..156 {
            let to = format!("+447700900{to}");
            self.post("send/", json!({"domain": domain, "channel": "sms", "to": to, "client_address": "192.0.2.1"})).await;
        }
        for path in ["verify/", "resend/", "cancel/"] {
            self.post(path, json!({"otp_id": unknown, "code": "123456"})).await;
            self.post(path, json!({"otp_id": unknown})).await;
        }
        self.get(&format!("send/{unknown}/")).await;
        self.get(&format!("domain/{unknown}/")).await;
        self.post("user/", json!({"domain": unknown, "user_id": "a"})).await;
        self.post("user/", json!({"domain": domain, "user_id": "a", "account_name": "a\nb"})).await;
        self.post("user/", json!({"domain": domain, "user_id": "a", "account_name": ""})).await;
        self.post("totp/", json!({"domain": domain, "user_id": "nobody", "code": "123456"})).await;
        self.post(&format!("user/{domain}/nobody/enrolment/"), json!({})).await;
    }

    async fn repetitions(&mut self) {
        let domain = self.domain().await;
        let body = json!({"domain": domain, "channel": "sms", "to": "+447700900177"}).to_string();
        let other = json!({"domain": domain, "channel": "sms", "to": "+447700900178"}).to_string();
        let refused =
            json!({"domain": domain, "channel": "email", "to": "+447700900177"}).to_string();
        for (body, key) in [
            (&refused, "c"),
            (&body, "a"),
            (&body, "a"),
            (&other, "a"),
            (&other, "b"),
            (&body, "c"),
        ] {
            self.ask("POST", "send/", body, Some(key)).await;
        }
        let user = json!({"domain": domain, "user_id": "dan", "return_secret": true}).to_string();
        self.ask("POST", "user/", &user, Some("a")).await;
        self.ask("POST", "user/", &user, Some("a")).await;
    }

    /// Requests drawn from what there is.
    async fn anything(&mut self, requests: usize) {
        let domains = [self.domain().await, self.domain().await];
        let (mut devices, mut sent) =
            (Vec::<(String, String, String)>::new(), Vec::<String>::new());
        let mut code = "000000".to_owned();
        for _ in 0..requests {
            let domain = domains[self.random.below(2)].clone();
            let user = format!("user-{}", self.random.below(4));
            let to = format!("+4477009001{:02}", self.random.below(6));
            let otp_id = match sent.len() {
                0 => domain.clone(),
                many => sent[self.random.below(many)].clone(),
            };
            match self.random.below(10) {
                0 => {
                    let body = json!({"domain": domain, "user_id": user, "return_secret": true});
                    let made = self.post("user/", body).await;
                    if let Some(secret) = made.field("secret").as_str() {
                        devices.push((domain, user, secret.to_owned()));
                    }
                }
                1 | 2 if !devices.is_empty() => {
                    let (domain, user, secret) = &devices[self.random.below(devices.len())].clone();
                    let (device, now) = (Device::new(secret), self.native.app.clock.now());
                    let code = match self.random.below(3) {
                        0 => device.wrong_code(now),
                        _ => device.code(now - 30 * self.random.below(3) as u64),
                    };
                    self.post("totp/", json!({"domain": domain, "user_id": user, "code": code}))
                        .await;
                }
                3 | 4 => {
                    let channel = ["sms", "voice"][self.random.below(2)];
                    let body = json!({"domain": domain, "channel": channel, "to": to});
                    let reply = self.post("send/", body).await;
                    if let Some(otp_id) = reply.field("otp_id").as_str() {
                        sent.push(otp_id.to_owned());
                        code = self.received_code().await;
                    }
                }
                5 => {
                    if self.post("resend/", json!({"otp_id": otp_id})).await.status == 200 {
                        code = self.received_code().await;
                    }
                }
                6 | 7 => {
                    let code = if self.random.below(2) == 0 { &code } else { "123456" };
                    self.post("verify/", json!({"otp_id": otp_id, "code": code})).await;
                }
                8 => match self.random.below(4) {
                    0 => drop(self.post("cancel/", json!({"otp_id": otp_id})).await),
                    1 => drop(self.post("erase/", json!({"domain": domain, "to": to})).await),
                    2 => drop(self.get(&format!("user/{domain}/{user}/")).await),
                    _ => drop(self.get(&format!("send/{otp_id}/")).await),
                },
                _ => {
                    let seconds = [1, 10, 31, 300, 4_000][self.random.below(5)];
                    self.later(seconds);
                }
            }
        }
    }

    /// Compares every table, to the byte.
    #[allow(clippy::print_stdout)] // how much was compared is worth knowing
    async fn ends_alike(self, name: &str) {
        let mut bytes = 0;
        for world in [&self.native, &self.component] {
            world.app.finished().await;
            world.app.store_counts().await.unwrap();
            world.app.store.close().unwrap();
        }
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
        let tables = table(&self.native, tables);
        assert!(tables.len() > 5);
        for name in tables.iter().flatten() {
            let Value::Text(name) = name else { panic!("a table has a name") };
            let rows = [&self.native, &self.component].map(|world| {
                // What the host draws from the system: the check of the keys, sealed when the
                // folder was made, and the name of what was counted last.
                let random = "WHERE name NOT IN ('key_check', 'hourly_batch')";
                let but = if name == "meta" { random } else { "" };
                let mut rows = table(world, &format!("SELECT * FROM \"{name}\" {but}"));
                rows.sort_by_key(|row| format!("{row:?}"));
                rows
            });
            assert_eq!(rows[0], rows[1], "{name}");
            bytes += rows[0].iter().flatten().map(size).sum::<usize>();
        }
        println!(
            "{name}: {} requests, {} tables, {bytes} bytes, all alike",
            self.asked,
            tables.len()
        );
    }
}

/// Room for what is asked here, and for what is refused.
fn policy() -> ServicePolicy {
    let mut policy = ServicePolicy::default();
    policy.traffic.per_client_and_day = Some(10);
    policy
}

async fn component_world(file: &Path) -> World {
    let mut world = run_by(file, Arc::new(Seeded::new(9)), policy()).await;
    let (text, record) = api_key::create(AccountId([7; 16])).unwrap();
    let row = ApiKeyRow {
        id: record.id,
        account: [7; 16],
        hash: record.hash,
        label: String::new(),
        created_at: START,
        expires_at: None,
        revoked_at: None,
    };
    assert!(world.app.store.api_key_insert(&row).unwrap());
    world.key = text.to_string();
    world
}

async fn run_by(file: &Path, entropy: Arc<Seeded>, policy: ServicePolicy) -> World {
    let of_component = policy.clone();
    World::with_engine(MASTER_KEY, entropy, policy, async |service, key_file| {
        let component = Component::load(file, key_file, &service, &of_component).await;
        Engine::component(service, component.unwrap())
    })
    .await
}

async fn refusal(file: &Path) -> ComponentError {
    let mut refused = None;
    let native = World::with_engine(
        MASTER_KEY,
        Arc::new(Seeded::new(9)),
        policy(),
        async |service, key_file| {
            refused = Component::load(file, key_file, &service, &policy()).await.err();
            Engine::native(service)
        },
    );
    native.await;
    refused.unwrap()
}

async fn failures(world: &World, domain: &str) -> serde_json::Value {
    world.get(&format!("user/{domain}/ann/")).await.field("failures")
}

/// What is built before this runs.
fn component() -> PathBuf {
    built("KEYFOB_COMPONENT", "../dist/component/keyfob-service.wasm")
}

fn hostile(name: &str) -> PathBuf {
    built("KEYFOB_HOSTILE", "../target/component/hostile").join(format!("{name}.wasm"))
}

fn built(variable: &str, otherwise: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = std::env::var_os(variable).map_or_else(|| here.join(otherwise), PathBuf::from);
    assert!(path.exists(), "{}: `cargo xtask engine` builds it", path.display());
    path
}

fn count(world: &World, query: &str) -> i64 {
    let found = table(world, query);
    match found[0][0] {
        Value::Integer(count) => count,
        _ => panic!("{query} counts nothing"),
    }
}

fn table(world: &World, query: &str) -> Vec<Vec<Value>> {
    let connection = Connection::open(world.folder().join("keyfob.db")).unwrap();
    let mut statement = connection.prepare(query).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect());
    rows.unwrap().collect::<Result<_, _>>().unwrap()
}

fn size(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Integer(_) | Value::Real(_) => 8,
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
    }
}

async fn futures_of<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

/// The same bytes for the same seed, in the order in which they are asked for.
#[derive(Debug)]
struct Seeded(u64, Mutex<u64>);

impl Seeded {
    fn new(seed: u64) -> Self {
        Self(seed, Mutex::new(0))
    }
}

impl Randomness for Seeded {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        let mut drawn = self.1.lock().unwrap();
        for chunk in bytes.chunks_mut(32) {
            *drawn += 1;
            let block = Sha256::digest([self.0.to_le_bytes(), drawn.to_le_bytes()].concat());
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

/// What the requests are drawn with (SplitMix64).
struct Draws(u64);

impl Draws {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
