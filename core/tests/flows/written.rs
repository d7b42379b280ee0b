//! Reads what steps say, and writes what was found as they would.

use keyfob::{
    Secret,
    service::{
        AccountId, ChallengeView, Channel, DomainChange, DomainId, DomainSettings, DomainView,
        Edit, Ending, Language, NewUser, Outcome, Recipient, SendRequest, Sent, ServiceError,
        SimSwap, SimSwapAction, SimSwapChange, SimSwapCheck, SimSwapPolicy, Traffic,
        TransactionContext, UserId, Way,
    },
};
use serde_json::{Map, Value, json};

use super::{ACCOUNT, START};

const OTHER_ACCOUNT: AccountId = AccountId([4; 16]);

pub(super) fn account(step: &Value) -> AccountId {
    if step["account"] == "other" { OTHER_ACCOUNT } else { ACCOUNT }
}

pub(super) fn request(domain: DomainId, step: &Value) -> Result<SendRequest, ServiceError> {
    let language = step["language"].as_str().map(Language::lookup).transpose();
    let language =
        language.map_err(|error| ServiceError::Invalid { field: "language", error: error.into() });
    let client = step["client"].as_str().map(|client| client.parse().unwrap());
    Ok(SendRequest {
        domain,
        channels: if step.get("channels").is_some() { channels(step) } else { vec![Channel::Sms] },
        recipient: recipient(step["to"].as_str().unwrap()),
        other_recipient: None,
        fallback_after: None,
        template: None,
        language: language?.unwrap_or_default(),
        policy: keyfob::CodePolicy::default(),
        lifetime: step["expiry"].as_u64(),
        context: context(step),
        ending: Ending::None,
        sim_swap: step.get("sim_swap").map(sim_swap_policy),
        traffic: Traffic { client, ..Traffic::default() },
    })
}

pub(super) fn settings(step: &Value) -> DomainSettings {
    DomainSettings {
        sim_swap: step.get("sim_swap").map(sim_swap_policy),
        fallback_after: step["fallback_after"].as_u64(),
    }
}

pub(super) fn domain_change(change: &Value) -> DomainChange {
    let set = |policy: &Value| {
        let SimSwapPolicy { max_age_hours, on_swapped, on_unknown } = sim_swap_policy(policy);
        SimSwapChange {
            max_age_hours: Edit::Set(max_age_hours),
            on_swapped: Edit::Set(on_swapped),
            on_unknown: Edit::Set(on_unknown),
        }
    };
    DomainChange {
        name: edit(change, "name", |name| name.as_str().unwrap().to_owned()),
        sim_swap: edit(change, "sim_swap", set),
        fallback_after: edit(change, "fallback_after", |seconds| seconds.as_u64().unwrap()),
    }
}

fn edit<T>(change: &Value, field: &str, read: impl Fn(&Value) -> T) -> Edit<T> {
    match change.get(field) {
        None => Edit::Keep,
        Some(Value::Null) => Edit::Clear,
        Some(value) => Edit::Set(read(value)),
    }
}

fn sim_swap_policy(policy: &Value) -> SimSwapPolicy {
    let action = |field: &str| policy[field].as_str().unwrap().parse::<SimSwapAction>().unwrap();
    SimSwapPolicy {
        max_age_hours: policy["max_age_hours"].as_u64().unwrap() as u16,
        on_swapped: action("on_swapped"),
        on_unknown: action("on_unknown"),
    }
}

pub(super) fn sim(answer: &str) -> SimSwap {
    match answer {
        "swapped" => SimSwap::Swapped,
        "not-swapped" => SimSwap::NotSwapped,
        "unknown" => SimSwap::Unknown,
        other => panic!("no such answer: {other}"),
    }
}

pub(super) fn new_user(step: &Value) -> NewUser {
    let secret = Secret::from_base32(step["secret"].as_str().unwrap()).unwrap();
    NewUser {
        secret: Some(secret),
        return_secret: step["enrolled"] != false,
        ..NewUser::new(UserId::parse(step["user"].as_str().unwrap()).unwrap())
    }
}

pub(super) fn recipient(to: &str) -> Recipient {
    let channel = if to.contains('@') { Channel::Email } else { Channel::Sms };
    Recipient::parse(channel, to).unwrap()
}

pub(super) fn channel(step: &Value) -> Channel {
    step["channel"].as_str().unwrap().parse().unwrap()
}

pub(super) fn channels(step: &Value) -> Vec<Channel> {
    let channels = step["channels"].as_array().unwrap().iter();
    channels.map(|channel| channel.as_str().unwrap().parse().unwrap()).collect()
}

pub(super) fn context(step: &Value) -> Option<TransactionContext> {
    let fields = step.get("context")?.as_object().unwrap().iter();
    Some(
        TransactionContext::new(fields.map(|(name, value)| (name, value.as_str().unwrap())))
            .unwrap(),
    )
}

pub(super) fn since(time: u64) -> u64 {
    time - START
}

pub(super) fn outcome(outcome: Outcome) -> Value {
    let mut answer = json!({ "outcome": outcome.code() });
    match outcome {
        Outcome::Mismatch { attempts_left } => answer["attempts_left"] = json!(attempts_left),
        Outcome::Blocked { until } => answer["until"] = json!(since(until)),
        _ => {}
    }
    answer
}

pub(super) fn answer(sent: &Sent) -> Value {
    json!({
        "channel": sent.channel.name(),
        "language": sent.language.tag(),
        "expires_at": since(sent.expires_at),
        "resend_at": since(sent.resend_at),
        "attempts_left": sent.attempts_left,
        "sim_swap": sent.sim_swap.map(sim_word),
    })
}

pub(super) fn refusal(error: &ServiceError) -> Value {
    let mut answer = Map::from_iter([("error".to_string(), json!(error.code()))]);
    match error {
        ServiceError::SendLimit { scope, retry_at } => {
            answer.insert("limit".to_string(), json!(scope.name()));
            answer.insert("retry_at".to_string(), json!(since(*retry_at)));
        }
        ServiceError::RecipientBlocked { until: Some(until) } => {
            answer.insert("until".to_string(), json!(since(*until)));
        }
        _ => {}
    }
    Value::Object(answer)
}

pub(super) fn domain_view(view: &DomainView) -> Value {
    let policy = |policy: SimSwapPolicy| {
        json!({
            "max_age_hours": policy.max_age_hours,
            "on_swapped": policy.on_swapped.code(),
            "on_unknown": policy.on_unknown.code(),
        })
    };
    json!({
        "name": view.name,
        "created_at": since(view.created_at),
        "sim_swap": view.settings.sim_swap.map(policy),
        "fallback_after": view.settings.fallback_after,
    })
}

pub(super) fn way(way: &Way) -> Value {
    let reason = if let Way::Closed(error) = way { json!(error.code()) } else { Value::Null };
    json!({ "way": way.code(), "reason": reason })
}

pub(super) fn sim_swap_check(check: &SimSwapCheck) -> Value {
    json!({
        "answer": sim_word(check.answer),
        "source": check.source.code(),
        "checked_at": check.checked_at.map(since),
    })
}

fn sim_word(answer: SimSwap) -> &'static str {
    match answer {
        SimSwap::Swapped => "swapped",
        SimSwap::NotSwapped => "not-swapped",
        SimSwap::Unknown => "unknown",
    }
}

pub(super) fn challenge(view: &ChallengeView) -> Value {
    json!({
        "status": view.status.code(),
        "channel": view.channel.name(),
        "delivery": view.delivery.code(),
        "attempts_left": view.attempts_left,
    })
}
