//! The scripted flows of `flows.json`.

mod policy;
mod written;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wasmtime::component::ResourceAny;

use self::written::{
    account, answer, channels, code, context, outcome, refusal, request, sim, since,
};
use super::{
    Found, Refusal, Verdict,
    bindings::exports::keyfob::otp::flows::{
        Created, Keys, NewEnrolment, NewUser, Policy, SealingKey,
    },
    bindings::keyfob::otp::delivery::Message,
    cases::{number, text, word},
    guest::Guest,
    messages,
    outside::Memory,
};

const START: u64 = 1_800_000_000;
const ACCOUNT: &str = "03030303-0303-0303-0303-030303030303";
const OTHER_ACCOUNT: &str = "04040404-0404-0404-0404-040404040404";

/// Whether every step answers as written, and if not, which is the first that does not.
pub(super) fn judge(guest: &mut Guest, case: &Value) -> Verdict {
    let mut stage = match Stage::new(guest) {
        Ok(stage) => stage,
        Err(found) => return Verdict::Otherwise(refusal(found).to_string()),
    };
    for (number, step) in case["steps"].as_array().unwrap().iter().enumerate() {
        let answer = stage.play(step).unwrap_or_else(refusal);
        let mut expected = step["expect"].as_object().into_iter().flatten();
        let is_other = expected.any(|(name, value)| answer[name] != *value);
        if is_other || (answer["error"].is_string() && step["expect"]["error"].is_null()) {
            return Verdict::Otherwise(format!("step {number}: {step} but found {answer}"));
        }
    }
    Verdict::AsWritten
}

/// One case: a service with one domain, and what the case gave names to.
struct Stage<'a> {
    guest: &'a mut Guest,
    policy: Policy,
    service: ResourceAny,
    domain: String,
    tickets: BTreeMap<String, String>,
    /// The messages of a challenge, oldest first.
    challenges: BTreeMap<String, (String, Vec<Message>)>,
    backup: Option<Memory>,
}

impl<'a> Stage<'a> {
    fn new(guest: &'a mut Guest) -> Result<Self, Refusal> {
        guest.store.data_mut().now = START;
        let flows = guest.exports.keyfob_otp_flows();
        let policy = flows.call_default_policy(&mut guest.store)?;
        let service = flows.service().call_create(&mut guest.store, &keys(), &policy, 0)??;
        let settings = written::settings(&Value::Null);
        let domain = flows.service().call_create_domain(
            &mut guest.store,
            service,
            ACCOUNT,
            Some("Example Bank"),
            settings,
        )??;
        let (tickets, challenges, backup) = Default::default();
        Ok(Self { guest, policy, service, domain, tickets, challenges, backup })
    }

    fn play(&mut self, step: &Value) -> Found {
        self.guest.store.data_mut().now = START + number(step, "at");
        match text(step, "do") {
            "configure" | "sim" | "policy" | "backup" | "restore" | "empty" => self.arrange(step),
            "send" | "resend" | "verify" | "cancel" | "view-challenge" | "erase-recipient" => {
                self.challenge(step)
            }
            "delivery-report" | "wanted" | "fall-back" => self.message(step),
            "check-sim-swap" => self.sim(step),
            "create-domain" | "view-domain" | "change-domain" => self.domain(step),
            "open-enrolment" | "view-enrolment" | "confirm-enrolment" => self.enrolment(step),
            _ => self.user(step),
        }
    }

    /// What happens around the service.
    fn arrange(&mut self, step: &Value) -> Found {
        let outside = self.guest.store.data_mut();
        match text(step, "do") {
            "configure" => outside.configured = channels(step)?,
            "sim" => outside.sim = sim(text(step, "sim")),
            "policy" => {
                let Guest { store, exports } = &mut *self.guest;
                let mut policy = exports.keyfob_otp_flows().call_default_policy(store)?;
                policy::choose(&mut policy, &step["policy"]);
                self.begin_anew(0, policy)?;
            }
            "backup" => self.backup = Some(outside.stored.clone()),
            "restore" => {
                outside.stored = self.backup.take().expect("a backup");
                let floor = outside.now;
                self.begin_anew(floor, self.policy.clone())?;
            }
            _ => assert_eq!(outside.stored.records.len(), 1, "the domain alone is left"),
        }
        Ok(json!({}))
    }

    fn begin_anew(&mut self, replay_floor: u64, policy: Policy) -> Result<(), Refusal> {
        let Guest { store, exports } = &mut *self.guest;
        let service = exports.keyfob_otp_flows().service();
        self.service = service.call_create(store, &keys(), &policy, replay_floor)??;
        self.policy = policy;
        Ok(())
    }

    fn user(&mut self, step: &Value) -> Found {
        let Guest { store, exports } = &mut *self.guest;
        let flows = exports.keyfob_otp_flows().service();
        let (service, domain, account) = (self.service, &*self.domain, account(step));
        let (user, code) = (text(step, "user"), text(step, "code"));
        match text(step, "do") {
            "create-user" => {
                let secrets = exports.keyfob_otp_secrets();
                let secret = secrets.call_parse_base32(&mut *store, text(step, "secret"))??;
                let new = NewUser {
                    user_id: user.to_owned(),
                    secret: Some(secret),
                    accept_short_secret: false,
                    parameters: None,
                    account_name: None,
                    return_secret: step["enrolled"] != false,
                };
                let created = flows.call_create_user(store, service, account, domain, &new)??;
                if let Created::Pending(opened) = created {
                    self.tickets.insert(text(step, "ticket").to_owned(), opened.ticket);
                }
            }
            "verify-totp" => {
                let judged = flows.call_verify_totp(store, service, account, domain, user, code);
                return Ok(outcome(&judged??));
            }
            "view-user" => {
                let view = flows.call_view_user(store, service, account, domain, user)??;
                return Ok(json!({ "status": word(&view.status), "failures": view.failures }));
            }
            "erase-user" => flows.call_erase_user(store, service, account, domain, user)??,
            "delete-user" => flows.call_delete_user(store, service, account, domain, user)??,
            other => panic!("no such step: {other}"),
        }
        Ok(json!({}))
    }

    fn enrolment(&mut self, step: &Value) -> Found {
        let Guest { store, exports } = &mut *self.guest;
        let flows = exports.keyfob_otp_flows().service();
        let (service, domain) = (self.service, &*self.domain);
        let ticket = || &*self.tickets[text(step, "ticket")];
        let secrets = exports.keyfob_otp_secrets();
        match text(step, "do") {
            "open-enrolment" => {
                let secret = secrets.call_parse_base32(&mut *store, text(step, "secret"))??;
                let new = NewEnrolment {
                    user_id: text(step, "user").to_owned(),
                    secret: Some(secret),
                    accept_short_secret: false,
                    parameters: None,
                    account_name: None,
                    revoke: step["revoke"] == true,
                };
                let opened =
                    flows.call_open_enrolment(store, service, account(step), domain, &new)??;
                self.tickets.insert(text(step, "ticket").to_owned(), opened.ticket);
                Ok(json!({}))
            }
            "view-enrolment" => {
                let view = flows.call_view_enrolment(&mut *store, service, ticket())??;
                let secret = secrets.call_to_base32(store, &view.secret)??;
                let expires_at = since(view.expires_at);
                Ok(json!({ "secret": secret, "issuer": view.issuer, "expires_at": expires_at }))
            }
            _ => {
                let code = text(step, "code");
                let confirmed = flows.call_confirm_enrolment(store, service, ticket(), code);
                Ok(outcome(&confirmed??))
            }
        }
    }

    fn challenge(&mut self, step: &Value) -> Found {
        let Guest { store, exports } = &mut *self.guest;
        let flows = exports.keyfob_otp_flows().service();
        let (service, account, name) = (self.service, account(step), text(step, "otp"));
        let otp_id = || &*self.challenges[name].0;
        match text(step, "do") {
            "send" => {
                let request = request(&self.domain, step)?;
                let sent = flows.call_send(&mut *store, service, account, &request)??;
                let message = store.data().outbox.last().unwrap().clone();
                self.challenges.insert(name.to_owned(), (sent.otp_id.clone(), vec![message]));
                return Ok(answer(&sent));
            }
            "resend" => {
                let channel = step["channel"].as_str().map(messages::channel).transpose()?;
                let sent =
                    flows.call_resend(&mut *store, service, account, otp_id(), channel)??;
                let message = store.data().outbox.last().unwrap().clone();
                self.challenges.get_mut(name).unwrap().1.push(message);
                return Ok(answer(&sent));
            }
            "verify" => {
                let code = code(&self.challenges[name].1, text(step, "code"));
                let context = context(step);
                let context = context.as_deref();
                let judged = flows.call_verify(store, service, account, otp_id(), &code, context);
                return Ok(outcome(&judged??));
            }
            "cancel" => flows.call_cancel(store, service, account, otp_id())??,
            "view-challenge" => {
                let view = flows.call_view_challenge(store, service, account, otp_id())??;
                return Ok(json!({
                    "status": word(&view.status),
                    "channel": word(&view.channel),
                    "delivery": word(&view.delivery),
                    "attempts_left": view.attempts_left,
                }));
            }
            _ => {
                let (domain, to) = (&*self.domain, text(step, "to"));
                flows.call_erase_recipient(store, service, account, domain, to)??;
            }
        }
        Ok(json!({}))
    }

    /// What becomes of a message after it was handed over.
    fn message(&mut self, step: &Value) -> Found {
        let Guest { store, exports } = &mut *self.guest;
        let flows = exports.keyfob_otp_flows().service();
        let (service, account) = (self.service, account(step));
        let (otp_id, messages) = &self.challenges[text(step, "otp")];
        let from_the_end = if step["message"] == "previous" { 2 } else { 1 };
        let id = &messages[messages.len() - from_the_end].id;
        let channel = || messages::channel(text(step, "channel"));
        match text(step, "do") {
            "delivery-report" => {
                let (channel, state) = (channel()?, written::state(text(step, "state")));
                let news =
                    flows.call_delivery_report(store, service, account, otp_id, id, channel, state);
                Ok(json!({ "news": news?? }))
            }
            "wanted" => {
                let wanted = flows.call_wanted(store, service, account, otp_id, id)??;
                Ok(json!({ "wanted": word(&wanted) }))
            }
            _ => {
                let way =
                    flows.call_fall_back(store, service, account, otp_id, id, channel()?)??;
                Ok(written::way(&way))
            }
        }
    }

    fn sim(&mut self, step: &Value) -> Found {
        let Guest { store, exports } = &mut *self.guest;
        let flows = exports.keyfob_otp_flows().service();
        let hours = step["max_age_hours"].as_u64().map(|hours| hours.try_into().unwrap());
        let (account, to) = (account(step), text(step, "to"));
        let check = flows.call_check_sim_swap(store, self.service, account, to, hours)??;
        Ok(json!({
            "answer": word(&check.answer),
            "source": word(&check.source),
            "checked_at": check.checked_at.map(since),
        }))
    }

    fn domain(&mut self, step: &Value) -> Found {
        let Guest { store, exports } = &mut *self.guest;
        let flows = exports.keyfob_otp_flows().service();
        let (service, account, domain) = (self.service, account(step), &self.domain);
        match text(step, "do") {
            "create-domain" => {
                let (name, settings) = (step["name"].as_str(), written::settings(step));
                self.domain =
                    flows.call_create_domain(store, service, account, name, settings)??;
                Ok(json!({}))
            }
            "view-domain" => {
                let view = flows.call_view_domain(store, service, account, domain)??;
                Ok(written::domain(&view))
            }
            _ => {
                let change = written::domain_change(&step["change"]);
                let view = flows.call_change_domain(store, service, account, domain, &change)??;
                Ok(written::domain(&view))
            }
        }
    }
}

fn keys() -> Keys {
    Keys { root: vec![1; 32], sealing: vec![SealingKey { id: 1, key: vec![2; 32] }] }
}
