//! Reads what steps say, and writes what was found as they would.

use serde_json::{Value, json};

use super::{ACCOUNT, OTHER_ACCOUNT, START};
use crate::vectors::{
    Refusal,
    bindings::{
        exports::keyfob::otp::flows::{
            Ending, Error, Field, SendRequest, Sent, SimSwapAction, SimSwapPolicy,
        },
        keyfob::otp::{audit::Outcome, delivery::Channel, sim_swap::Answer},
    },
    cases::{number, text, word},
    messages,
};

pub(super) fn account(step: &Value) -> &'static str {
    if step["account"] == "other" { OTHER_ACCOUNT } else { ACCOUNT }
}

pub(super) fn request(domain: &str, step: &Value) -> Result<SendRequest, Refusal> {
    Ok(SendRequest {
        domain: domain.to_owned(),
        channels: channels(step)?,
        recipient: text(step, "to").to_owned(),
        other_recipient: None,
        fallback_after: None,
        template: None,
        language: step["language"].as_str().map(str::to_owned),
        policy: None,
        lifetime: step["expiry"].as_u64(),
        context: context(step),
        ending: Ending::None,
        sim_swap: step.get("sim_swap").map(|policy| SimSwapPolicy {
            max_age_hours: number(policy, "max_age_hours").try_into().unwrap(),
            on_swapped: action(text(policy, "on_swapped")),
            on_unknown: action(text(policy, "on_unknown")),
        }),
        client: None,
        api_key: None,
        destination: None,
    })
}

/// SMS where nothing else is written.
pub(super) fn channels(step: &Value) -> Result<Vec<Channel>, Refusal> {
    let Some(channels) = step["channels"].as_array() else { return Ok(vec![Channel::Sms]) };
    channels.iter().map(|channel| messages::channel(channel.as_str().unwrap())).collect()
}

pub(super) fn context(step: &Value) -> Option<Vec<Field>> {
    step.get("context").map(messages::fields)
}

fn action(text: &str) -> SimSwapAction {
    match text {
        "refuse" => SimSwapAction::Refuse,
        "flag" => SimSwapAction::Flag,
        "next-channel" => SimSwapAction::NextChannel,
        other => panic!("no such action: {other}"),
    }
}

pub(super) fn sim(text: &str) -> Answer {
    match text {
        "swapped" => Answer::Swapped,
        "not-swapped" => Answer::NotSwapped,
        "unknown" => Answer::Unknown,
        other => panic!("no such answer: {other}"),
    }
}

pub(super) fn code(sent: &[String], which: &str) -> String {
    let last = sent.last().unwrap();
    match which {
        "sent" => last.clone(),
        "previous" => sent[sent.len() - 2].clone(),
        "wrong" => {
            let other = if last.starts_with('0') { "1" } else { "0" };
            [other, &last[1..]].concat()
        }
        "short" => last[1..].to_owned(),
        other => panic!("no such code: {other}"),
    }
}

pub(super) fn since(time: u64) -> u64 {
    time - START
}

pub(super) fn outcome(outcome: &Outcome) -> Value {
    let mut found = json!({ "outcome": word(outcome) });
    match outcome {
        Outcome::Mismatch(attempts_left) => found["attempts_left"] = json!(attempts_left),
        Outcome::Blocked(until) => found["until"] = json!(since(*until)),
        _ => {}
    }
    found
}

pub(super) fn answer(sent: &Sent) -> Value {
    json!({
        "channel": word(&sent.channel),
        "language": sent.language,
        "expires_at": since(sent.expires_at),
        "resend_at": since(sent.resend_at),
        "attempts_left": sent.attempts_left,
        "sim_swap": sent.sim_swap.as_ref().map(word),
    })
}

pub(super) fn refusal(refusal: Refusal) -> Value {
    let error = match refusal {
        Refusal::Flow(Error::Invalid(fault)) | Refusal::Fault(fault) => {
            return json!({ "error": fault.code });
        }
        Refusal::Flow(error) => error,
        Refusal::Trap(trap) => return json!({ "error": format!("{trap:?}") }),
        Refusal::Unwritable => return json!({ "error": "unwritable" }),
    };
    let mut found = json!({ "error": word(&error) });
    match error {
        Error::SendLimit(limit) | Error::UnverifiedSends(limit) | Error::PrefixStopped(limit) => {
            found["limit"] = json!(word(&limit.scope));
            found["retry_at"] = json!(since(limit.retry_at));
        }
        Error::RecipientBlocked(Some(until)) => found["until"] = json!(since(until)),
        _ => {}
    }
    found
}
