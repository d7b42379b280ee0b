//! Runs the scripted flows of `tests/vectors/flows.json`: what a service promises,
//! step by step in time, as data that every language's runner reads.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test fails by unwrapping and reports by printing

mod every;
mod policy;
#[path = "../support/mod.rs"]
mod support;
mod written;

use std::{collections::BTreeMap, fs, path::Path};

use keyfob::service::{
    AccountId, Created, DomainId, Message, MessageId, NewEnrolment, NewUser, OpenEnrolment, OtpId,
    Phone, Service, ServiceError, ServicePolicy, Ticket, UserId, UserStatus, contract::Memory,
};
use serde_json::{Value, json};
use support::{Outside, block_on, service};
use written::{
    account, answer, channel, channels, context, domain_view, new_user, outcome, recipient,
    refusal, request, sim, sim_swap_check, since,
};

const START: u64 = 1_800_000_000;
const ACCOUNT: AccountId = AccountId([3; 16]);

#[test]
fn every_scripted_flow_goes_as_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let read =
        |file| serde_json::from_slice::<Value>(&fs::read(folder.join(file)).unwrap()).unwrap();
    let flows = read("flows.json");
    let cases = flows["cases"].as_array().unwrap();
    for case in cases {
        let mut stage = Stage::new();
        for (number, step) in case["steps"].as_array().unwrap().iter().enumerate() {
            let answer = stage.play(step);
            let place = format!("{}, step {number}: {step}", case["id"]);
            match step.get("expect") {
                Some(expected) => compare(expected, &answer, &place),
                None => assert_eq!(answer.get("error"), None, "{place}"),
            }
        }
    }
    println!("flows.json {}/{}", cases.len(), cases.len());
    assert_eq!(read("manifest.json")["flows.json"], cases.len());
}

fn compare(expected: &Value, answer: &Value, place: &str) {
    let expected = expected.as_object().unwrap();
    if !expected.contains_key("error") {
        assert_eq!(answer.get("error"), None, "{place}");
    }
    for (field, value) in expected {
        assert_eq!(&answer[field], value, "{field} of {place} in {answer}");
    }
}

/// One case: a service with one domain, and what the case gave names to.
struct Stage {
    outside: Outside,
    policy: ServicePolicy,
    service: Service,
    domain: DomainId,
    tickets: BTreeMap<String, Ticket>,
    /// The messages of a challenge, oldest first.
    challenges: BTreeMap<String, (OtpId, Vec<Message>)>,
    backup: Option<Memory>,
}

impl Stage {
    fn new() -> Self {
        let policy = ServicePolicy::default();
        let (outside, service) = (Outside::new(1, START), service(policy.clone()));
        let domain =
            block_on(service.create_domain(&outside, ACCOUNT, Some("Example Bank"))).unwrap();
        let (tickets, challenges, backup) = Default::default();
        Self { outside, policy, service, domain, tickets, challenges, backup }
    }

    fn play(&mut self, step: &Value) -> Value {
        self.outside.clock.set(START + step["at"].as_u64().unwrap());
        self.perform(step).unwrap_or_else(|error| refusal(&error))
    }

    fn perform(&mut self, step: &Value) -> Result<Value, ServiceError> {
        match step["do"].as_str().unwrap_or_default() {
            "configure" | "sim" | "policy" | "backup" | "restore" | "empty" => self.arrange(step),
            "create-domain" | "view-domain" | "change-domain" => self.on_domain(step),
            "open-enrolment" | "view-enrolment" | "confirm-enrolment" => self.on_enrolment(step),
            "send" | "resend" | "verify" | "cancel" | "erase-recipient" => self.on_challenge(step),
            "view-challenge" | "delivery-report" | "wanted" | "fall-back" | "check-sim-swap" => {
                self.on_message(step)
            }
            _ => self.on_user(step),
        }
    }

    /// What happens around the service.
    fn arrange(&mut self, step: &Value) -> Result<Value, ServiceError> {
        match step["do"].as_str().unwrap() {
            "configure" => *self.outside.configured.borrow_mut() = channels(step),
            "sim" => self.outside.sim.set(Ok(sim(step["sim"].as_str().unwrap()))),
            "policy" => {
                self.policy = policy::read(&step["policy"])?;
                self.service = service(self.policy.clone());
            }
            "backup" => self.backup = Some(self.outside.store.copy()),
            "restore" => {
                self.outside.store = self.backup.take().expect("a backup");
                let floor = self.outside.clock.get();
                self.service = support::service_restored_at(self.policy.clone(), floor);
            }
            _ => {
                let records = self.outside.store.records();
                assert_eq!(records.len(), 1, "the domain alone is left: {records:?}");
            }
        }
        Ok(json!({}))
    }

    fn on_user(&mut self, step: &Value) -> Result<Value, ServiceError> {
        let (service, outside, domain) = (&self.service, &self.outside, self.domain);
        let account = account(step);
        let text = |field: &str| step[field].as_str().unwrap_or_default();
        let user_id = || UserId::parse(text("user")).unwrap();
        match text("do") {
            "create-user" => {
                let user = new_user(step);
                let created = block_on(service.create_user(outside, account, domain, &user))?;
                self.keep_ticket(text("ticket"), created);
            }
            "verify-totp" => {
                let user_id = user_id();
                let judged = service.verify_totp(outside, account, domain, &user_id, text("code"));
                return Ok(outcome(block_on(judged)?));
            }
            "view-user" => {
                let view = block_on(service.view_user(outside, account, domain, &user_id()))?;
                let until = match view.status {
                    UserStatus::Blocked { until } => json!(since(until)),
                    _ => Value::Null,
                };
                let status = view.status.code();
                return Ok(json!({ "status": status, "failures": view.failures, "until": until }));
            }
            "delete-user" => block_on(service.delete_user(outside, account, domain, &user_id()))?,
            "erase-user" => block_on(service.erase_user(outside, account, domain, &user_id()))?,
            other => panic!("no such step: {other}"),
        }
        Ok(json!({}))
    }

    fn on_enrolment(&mut self, step: &Value) -> Result<Value, ServiceError> {
        let (service, outside, domain) = (&self.service, &self.outside, self.domain);
        let text = |field: &str| step[field].as_str().unwrap_or_default();
        let ticket = || self.tickets.get(text("ticket")).expect("a ticket of that name");
        match text("do") {
            "open-enrolment" => {
                let NewUser { secret, account_name, .. } = new_user(step);
                let user_id = UserId::parse(text("user")).unwrap();
                let revoke = step["revoke"] == true;
                let new =
                    NewEnrolment { secret, account_name, revoke, ..NewEnrolment::new(user_id) };
                let opened =
                    block_on(service.open_enrolment(outside, account(step), domain, &new))?;
                self.keep_ticket(text("ticket"), Created::Pending(opened));
                Ok(json!({}))
            }
            "view-enrolment" => {
                let view = block_on(service.view_enrolment(outside, ticket()))?;
                let secret = view.secret.expose_base32();
                let expires_at = since(view.expires_at);
                Ok(json!({ "secret": *secret, "issuer": view.issuer, "expires_at": expires_at }))
            }
            _ => {
                let confirmed = service.confirm_enrolment(outside, ticket(), text("code"));
                Ok(outcome(block_on(confirmed)?))
            }
        }
    }

    fn on_challenge(&mut self, step: &Value) -> Result<Value, ServiceError> {
        let (service, outside, domain) = (&self.service, &self.outside, self.domain);
        let account = account(step);
        let text = |field: &str| step[field].as_str().unwrap_or_default();
        let otp_id = || self.challenges.get(text("otp")).expect("a challenge of that name").0;
        match text("do") {
            "send" => {
                let sent = block_on(service.send(outside, account, &request(domain, step)?))?;
                let messages = vec![outside.last_message()];
                self.challenges.insert(text("otp").to_string(), (sent.otp_id, messages));
                return Ok(answer(&sent));
            }
            "resend" => {
                let channel = step["channel"].as_str().map(|_| channel(step));
                let sent = block_on(service.resend(outside, account, otp_id(), channel))?;
                let message = outside.last_message();
                self.challenges.get_mut(text("otp")).unwrap().1.push(message);
                return Ok(answer(&sent));
            }
            "verify" => {
                let code = self.sent_code(text("otp"), text("code"));
                let context = context(step);
                let judged = service.verify(outside, account, otp_id(), &code, context.as_ref());
                return Ok(outcome(block_on(judged)?));
            }
            "cancel" => block_on(service.cancel(outside, account, otp_id()))?,
            _ => {
                let recipient = recipient(text("to"));
                block_on(service.erase_recipient(outside, account, domain, &recipient))?;
            }
        }
        Ok(json!({}))
    }

    fn on_domain(&mut self, step: &Value) -> Result<Value, ServiceError> {
        let (service, outside, domain) = (&self.service, &self.outside, self.domain);
        let account = account(step);
        match step["do"].as_str().unwrap() {
            "create-domain" => {
                let (name, settings) = (step["name"].as_str(), written::settings(step));
                self.domain =
                    block_on(service.create_domain_with(outside, account, name, settings))?;
                Ok(json!({}))
            }
            "view-domain" => {
                Ok(domain_view(&block_on(service.view_domain(outside, account, domain))?))
            }
            _ => {
                let change = written::domain_change(&step["change"]);
                let changed = service.change_domain(outside, account, domain, &change);
                Ok(domain_view(&block_on(changed)?))
            }
        }
    }

    /// What becomes of messages, and what is known of a SIM.
    fn on_message(&self, step: &Value) -> Result<Value, ServiceError> {
        let (service, outside, account) = (&self.service, &self.outside, account(step));
        let text = |field: &str| step[field].as_str().unwrap_or_default();
        let otp_id = || self.challenges.get(text("otp")).expect("a challenge of that name").0;
        match text("do") {
            "view-challenge" => {
                let view = block_on(service.view_challenge(outside, account, otp_id()))?;
                Ok(written::challenge(&view))
            }
            "delivery-report" => {
                let (message, channel) = (self.message_id(step), channel(step));
                let state = text("state").parse().unwrap();
                let (id, ports) = (otp_id(), outside);
                let noted = service.delivery_report(ports, account, id, message, channel, state);
                Ok(json!({ "news": block_on(noted)? }))
            }
            "wanted" => {
                let message = self.message_id(step);
                let wanted = block_on(service.wanted(outside, account, otp_id(), message))?;
                Ok(json!({ "wanted": wanted.code() }))
            }
            "fall-back" => {
                let (message, channel) = (self.message_id(step), channel(step));
                let way = service.fall_back(outside, account, otp_id(), message, channel);
                Ok(written::way(&block_on(way)?))
            }
            _ => {
                let phone = Phone::parse(text("to")).unwrap();
                let hours = step["max_age_hours"].as_u64().map(|hours| hours as u16);
                let check = service.check_sim_swap(outside, account, &phone, hours);
                Ok(sim_swap_check(&block_on(check)?))
            }
        }
    }

    fn keep_ticket(&mut self, name: &str, created: Created) {
        if let Created::Pending(OpenEnrolment { ticket, .. }) = created {
            self.tickets.insert(name.to_string(), ticket);
        }
    }

    fn message_id(&self, step: &Value) -> MessageId {
        let messages = &self.challenges[step["otp"].as_str().unwrap()].1;
        let from_the_end = if step["message"] == "previous" { 2 } else { 1 };
        messages[messages.len() - from_the_end].id
    }

    fn sent_code(&self, challenge: &str, which: &str) -> String {
        let codes: Vec<String> =
            self.challenges[challenge].1.iter().map(support::code_in).collect();
        let last = codes.last().unwrap();
        match which {
            "sent" => last.clone(),
            "previous" => codes[codes.len() - 2].clone(),
            "wrong" => {
                let other = if last.starts_with('0') { "1" } else { "0" };
                [other, &last[1..]].concat()
            }
            "short" => last[1..].to_owned(),
            other => panic!("no such code: {other}"),
        }
    }
}
