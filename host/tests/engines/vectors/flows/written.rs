//! Reads what steps say, and writes what was found as they would.

use serde_json::{Value, json};

use super::{ACCOUNT, OTHER_ACCOUNT, START};
use crate::vectors::{
    Refusal,
    bindings::{
        exports::keyfob::otp::flows::{
            ActionEdit, DeliveryState, DomainChange, DomainSettings, DomainView, Ending, Error,
            Field, NumberEdit, SendRequest, Sent, SimSwapAction, SimSwapChange, SimSwapEdit,
            SimSwapPolicy, TextEdit, Way,
        },
        keyfob::otp::{
            audit::Outcome,
            delivery::{Channel, Message},
            sim_swap::Answer,
        },
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
        sim_swap: step.get("sim_swap").map(sim_swap_policy),
        client: step["client"].as_str().map(str::to_owned),
        api_key: None,
        destination: None,
    })
}

pub(super) fn settings(step: &Value) -> DomainSettings {
    DomainSettings {
        sim_swap: step.get("sim_swap").map(sim_swap_policy),
        fallback_after: step["fallback_after"].as_u64(),
    }
}

pub(super) fn domain_change(change: &Value) -> DomainChange {
    DomainChange {
        name: match change.get("name") {
            None => TextEdit::Keep,
            Some(Value::Null) => TextEdit::Clear,
            Some(name) => TextEdit::Set(name.as_str().unwrap().to_owned()),
        },
        sim_swap: match change.get("sim_swap") {
            None => SimSwapEdit::Keep,
            Some(Value::Null) => SimSwapEdit::Clear,
            Some(policy) => SimSwapEdit::Change(SimSwapChange {
                max_age_hours: NumberEdit::Set(number(policy, "max_age_hours")),
                on_swapped: ActionEdit::Set(action(text(policy, "on_swapped"))),
                on_unknown: ActionEdit::Set(action(text(policy, "on_unknown"))),
            }),
        },
        fallback_after: match change.get("fallback_after") {
            None => NumberEdit::Keep,
            Some(Value::Null) => NumberEdit::Clear,
            Some(seconds) => NumberEdit::Set(seconds.as_u64().unwrap()),
        },
    }
}

fn sim_swap_policy(policy: &Value) -> SimSwapPolicy {
    SimSwapPolicy {
        max_age_hours: number(policy, "max_age_hours").try_into().unwrap(),
        on_swapped: action(text(policy, "on_swapped")),
        on_unknown: action(text(policy, "on_unknown")),
    }
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

pub(super) fn state(text: &str) -> DeliveryState {
    match text {
        "queued" => DeliveryState::Queued,
        "sent" => DeliveryState::Sent,
        "delivered" => DeliveryState::Delivered,
        "failed" => DeliveryState::Failed,
        "expired" => DeliveryState::Expired,
        other => panic!("no such state: {other}"),
    }
}

pub(super) fn code(sent: &[Message], which: &str) -> String {
    let last = &sent.last().unwrap().code;
    match which {
        "sent" => last.clone(),
        "previous" => sent[sent.len() - 2].code.clone(),
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

pub(super) fn domain(view: &DomainView) -> Value {
    let policy = |policy: &SimSwapPolicy| {
        json!({
            "max_age_hours": policy.max_age_hours,
            "on_swapped": word(&policy.on_swapped),
            "on_unknown": word(&policy.on_unknown),
        })
    };
    json!({
        "name": view.name,
        "created_at": since(view.created_at),
        "sim_swap": view.settings.sim_swap.as_ref().map(policy),
        "fallback_after": view.settings.fallback_after,
    })
}

pub(super) fn way(way: &Way) -> Value {
    let reason = if let Way::Closed(error) = way { json!(word(error)) } else { Value::Null };
    json!({ "way": word(way), "reason": reason })
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
