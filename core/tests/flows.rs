//! Runs the scripted flows of `tests/vectors/flows.json`: what a service promises,
//! step by step in time, as data that every language's runner reads.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // a test fails by unwrapping and reports by printing

mod support;

use std::{collections::BTreeMap, fs, path::Path};

use keyfob::{
    Secret,
    service::{
        AccountId, Channel, Created, DomainId, Ending, Language, NewEnrolment, NewUser,
        OpenEnrolment, OtpId, Outcome, Recipient, SendRequest, SendScope, Sent, Service,
        ServiceError, ServicePolicy, SimSwap, SimSwapAction, SimSwapPolicy, Ticket, Traffic,
        TransactionContext, UserId, UserStatus, contract::Memory,
    },
};
use serde_json::{Map, Value, json};
use support::{Outside, block_on, service};

const START: u64 = 1_800_000_000;
const ACCOUNT: AccountId = AccountId([3; 16]);
const OTHER_ACCOUNT: AccountId = AccountId([4; 16]);

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
    /// The codes sent for a challenge, oldest first.
    challenges: BTreeMap<String, (OtpId, Vec<String>)>,
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
        let (service, outside, domain) = (&self.service, &self.outside, self.domain);
        let account = if step["account"] == "other" { OTHER_ACCOUNT } else { ACCOUNT };
        let text = |field: &str| step[field].as_str().unwrap_or_default();
        let ticket = || self.tickets.get(text("ticket")).expect("a ticket of that name");
        let user_id = || UserId::parse(text("user")).unwrap();
        let otp_id = || self.challenges.get(text("otp")).expect("a challenge of that name").0;
        match text("do") {
            "user" => {
                let user = new_user(step);
                let created = block_on(service.create_user(outside, account, domain, &user))?;
                self.keep_ticket(text("ticket"), created);
            }
            "enrol" => {
                let NewUser { secret, account_name, .. } = new_user(step);
                let revoke = step["revoke"] == true;
                let new =
                    NewEnrolment { secret, account_name, revoke, ..NewEnrolment::new(user_id()) };
                let opened = block_on(service.open_enrolment(outside, account, domain, &new))?;
                self.keep_ticket(text("ticket"), Created::Pending(opened));
            }
            "view-enrolment" => {
                let view = block_on(service.view_enrolment(outside, ticket()))?;
                let secret = view.secret.expose_base32();
                return Ok(json!({ "secret": *secret, "expires_at": since(view.expires_at) }));
            }
            "confirm" => {
                let confirmed = service.confirm_enrolment(outside, ticket(), text("code"));
                return Ok(outcome(block_on(confirmed)?));
            }
            "totp" => {
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
            "erase-recipient" => {
                let recipient = recipient(text("to"));
                block_on(service.erase_recipient(outside, account, domain, &recipient))?;
            }
            "send" => {
                let sent = block_on(service.send(outside, account, &self.request(step)?))?;
                let codes = vec![outside.last_code()];
                self.challenges.insert(text("otp").to_string(), (sent.otp_id, codes));
                return Ok(answer(&sent));
            }
            "resend" => {
                let channel = step["channel"].as_str().map(|channel| channel.parse().unwrap());
                let sent = block_on(service.resend(outside, account, otp_id(), channel))?;
                let code = outside.last_code();
                self.challenges.get_mut(text("otp")).unwrap().1.push(code);
                return Ok(answer(&sent));
            }
            "verify" => {
                let code = self.sent_code(text("otp"), text("code"));
                let context = context(step);
                let judged = service.verify(outside, account, otp_id(), &code, context.as_ref());
                return Ok(outcome(block_on(judged)?));
            }
            "cancel" => block_on(service.cancel(outside, account, otp_id()))?,
            "view" => {
                let view = block_on(service.view_challenge(outside, account, otp_id()))?;
                return Ok(json!({
                    "status": view.status.code(),
                    "channel": view.channel.name(),
                    "attempts_left": view.attempts_left,
                }));
            }
            "configure" => *self.outside.configured.borrow_mut() = channels(step),
            "sim" => self.outside.sim.set(Ok(sim(text("sim")))),
            "policy" => {
                self.policy.sends.per_account_and_day = step["per_account_and_day"].as_u64();
                self.service = support::service(self.policy.clone());
            }
            "backup" => self.backup = Some(self.outside.store.copy()),
            "restore" => {
                self.outside.store = self.backup.take().expect("a backup");
                let floor = self.outside.clock.get();
                self.service = support::service_restored_at(self.policy.clone(), floor);
            }
            "empty" => {
                let records = self.outside.store.records();
                assert_eq!(records.len(), 1, "the domain alone is left: {records:?}");
            }
            other => panic!("no such step: {other}"),
        }
        Ok(json!({}))
    }

    fn keep_ticket(&mut self, name: &str, created: Created) {
        if let Created::Pending(OpenEnrolment { ticket, .. }) = created {
            self.tickets.insert(name.to_string(), ticket);
        }
    }

    fn sent_code(&self, challenge: &str, which: &str) -> String {
        let codes = &self.challenges[challenge].1;
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

    fn request(&self, step: &Value) -> Result<SendRequest, ServiceError> {
        let action = |policy: &Value, field: &str| match policy[field].as_str().unwrap() {
            "refuse" => SimSwapAction::Refuse,
            "next-channel" => SimSwapAction::NextChannel,
            _ => SimSwapAction::Flag,
        };
        let sim_swap = step.get("sim_swap").map(|policy| SimSwapPolicy {
            max_age_hours: policy["max_age_hours"].as_u64().unwrap() as u16,
            on_swapped: action(policy, "on_swapped"),
            on_unknown: action(policy, "on_unknown"),
        });
        let language = step["language"].as_str().map(Language::lookup).transpose();
        let language = language
            .map_err(|error| ServiceError::Invalid { field: "language", error: error.into() });
        Ok(SendRequest {
            domain: self.domain,
            channels: if step.get("channels").is_some() {
                channels(step)
            } else {
                vec![Channel::Sms]
            },
            recipient: recipient(step["to"].as_str().unwrap()),
            other_recipient: None,
            fallback_after: None,
            template: None,
            language: language?.unwrap_or_default(),
            policy: keyfob::CodePolicy::default(),
            lifetime: step["expiry"].as_u64(),
            context: context(step),
            ending: Ending::None,
            sim_swap,
            traffic: Traffic::default(),
        })
    }
}

fn sim(answer: &str) -> SimSwap {
    match answer {
        "swapped" => SimSwap::Swapped,
        "not-swapped" => SimSwap::NotSwapped,
        "unknown" => SimSwap::Unknown,
        other => panic!("no such answer: {other}"),
    }
}

fn new_user(step: &Value) -> NewUser {
    let secret = Secret::from_base32(step["secret"].as_str().unwrap()).unwrap();
    NewUser {
        secret: Some(secret),
        return_secret: step["enrolled"] != false,
        ..NewUser::new(UserId::parse(step["user"].as_str().unwrap()).unwrap())
    }
}

fn recipient(to: &str) -> Recipient {
    let channel = if to.contains('@') { Channel::Email } else { Channel::Sms };
    Recipient::parse(channel, to).unwrap()
}

fn channels(step: &Value) -> Vec<Channel> {
    let channels = step["channels"].as_array().unwrap().iter();
    channels.map(|channel| channel.as_str().unwrap().parse().unwrap()).collect()
}

fn context(step: &Value) -> Option<TransactionContext> {
    let fields = step.get("context")?.as_object().unwrap().iter();
    Some(
        TransactionContext::new(fields.map(|(name, value)| (name, value.as_str().unwrap())))
            .unwrap(),
    )
}

fn since(time: u64) -> u64 {
    time - START
}

fn outcome(outcome: Outcome) -> Value {
    let mut answer = json!({ "outcome": outcome.code() });
    match outcome {
        Outcome::Mismatch { attempts_left } => answer["attempts_left"] = json!(attempts_left),
        Outcome::Blocked { until } => answer["until"] = json!(since(until)),
        _ => {}
    }
    answer
}

fn answer(sent: &Sent) -> Value {
    let sim_swap = sent.sim_swap.map(|answer| match answer {
        SimSwap::Swapped => "swapped",
        SimSwap::NotSwapped => "not-swapped",
        SimSwap::Unknown => "unknown",
    });
    json!({
        "channel": sent.channel.name(),
        "language": sent.language.tag(),
        "expires_at": since(sent.expires_at),
        "resend_at": since(sent.resend_at),
        "attempts_left": sent.attempts_left,
        "sim_swap": sim_swap,
    })
}

fn refusal(error: &ServiceError) -> Value {
    let mut answer = Map::from_iter([("error".to_string(), json!(error.code()))]);
    match error {
        ServiceError::SendLimit { scope, retry_at } => {
            let limit = if *scope == SendScope::Account { "account" } else { "recipient" };
            answer.insert("limit".to_string(), json!(limit));
            answer.insert("retry_at".to_string(), json!(since(*retry_at)));
        }
        ServiceError::RecipientBlocked { until: Some(until) } => {
            answer.insert("until".to_string(), json!(since(*until)));
        }
        _ => {}
    }
    Value::Object(answer)
}
