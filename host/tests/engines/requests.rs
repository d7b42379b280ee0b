//! What both engines are asked: days in the life of a service, and anything at all.

use serde_json::json;

use super::{
    pair::Pair,
    support::{Device, START},
};

impl Pair {
    pub(super) async fn domain(&mut self) -> String {
        let reply = self.post("domain/", json!({"name": "Example Bank"})).await;
        reply.field("domain").as_str().unwrap().to_owned()
    }

    pub(super) async fn users(&mut self) {
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

    pub(super) async fn enrolments(&mut self) {
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

    pub(super) async fn messages(&mut self) {
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

    pub(super) async fn domains(&mut self) {
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
    pub(super) async fn refusals(&mut self) {
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

    pub(super) async fn repetitions(&mut self) {
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
    pub(super) async fn anything(&mut self, requests: usize) {
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
}
