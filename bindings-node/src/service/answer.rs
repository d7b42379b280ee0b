//! What a service answers, as JSON in the words of JavaScript, and what is no JSON beside it.

use keyfob::{
    Secret, TotpParameters,
    service::{
        AccountId, ChallengeView, Created, DomainView, EnrolmentView, Fallback, Message,
        OpenEnrolment, Outcome, Passage, Sent, SimSwapCheck, SimSwapPolicy, UserStatus, UserView,
        Way,
    },
};
use serde_json::{Value, json};

use crate::thrown;

/// What a flow ends in.
pub struct Found {
    pub(super) json: Value,
    /// What lets a person enrol: beside the JSON, for it is not to be copied on its way.
    pub(super) enrolment: Option<(Secret, String)>,
}

impl From<Value> for Found {
    fn from(json: Value) -> Self {
        Self { json, enrolment: None }
    }
}

impl From<()> for Found {
    fn from((): ()) -> Self {
        Value::Null.into()
    }
}

pub(super) fn message(message: &Message) -> Value {
    let fallback = |fallback: &Fallback| {
        json!({
            "channel": fallback.channel.name(),
            "to": fallback.recipient.as_str(),
            "text": *fallback.text,
        })
    };
    json!({
        "otpId": message.otp_id.to_string(),
        "messageId": message.id.to_string(),
        "account": account(message.account),
        "channel": message.channel.name(),
        "to": message.recipient.as_str(),
        "language": message.language.tag(),
        "subject": message.subject,
        "text": *message.text,
        "code": *message.code,
        "expiresAt": message.expires_at,
        "fallbacks": message.fallbacks.iter().map(fallback).collect::<Vec<_>>(),
        "fallbackAfter": message.fallback_after,
    })
}

pub(super) fn verdict(outcome: &Outcome) -> Found {
    let (attempts_left, until) = match outcome {
        Outcome::Mismatch { attempts_left } => (Some(attempts_left), None),
        Outcome::Blocked { until } => (None, Some(until)),
        _ => (None, None),
    };
    json!({
        "valid": outcome.is_accepted(),
        "outcome": outcome.code(),
        "attemptsLeft": attempts_left,
        "until": until,
    })
    .into()
}

pub(super) fn domain(view: &DomainView) -> Found {
    json!({
        "domain": view.domain.to_string(),
        "name": view.name,
        "createdAt": view.created_at,
        "simSwap": view.settings.sim_swap.map(sim_swap_policy),
        "fallbackAfter": view.settings.fallback_after,
    })
    .into()
}

pub(super) fn created(created: Created) -> Found {
    match created {
        Created::Enrolled { secret, uri } => Found {
            json: json!({ "status": "enrolled", "secret": null, "uri": null }),
            enrolment: Some((secret, uri.to_string())),
        },
        Created::Pending(open) => open_enrolment(&open),
    }
}

pub(super) fn open_enrolment(open: &OpenEnrolment) -> Found {
    json!({
        "status": "pending",
        "ticket": open.ticket.expose(),
        "expiresAt": open.expires_at,
        "parameters": parameters(open.parameters),
    })
    .into()
}

pub(super) fn enrolment(view: EnrolmentView) -> Found {
    let json = json!({
        "account": account(view.account),
        "domain": view.domain.to_string(),
        "userId": view.user_id.as_str(),
        "issuer": view.issuer,
        "accountName": view.account_name,
        "secret": null,
        "uri": null,
        "parameters": parameters(view.parameters),
        "expiresAt": view.expires_at,
        "blockedUntil": view.blocked_until,
    });
    Found { json, enrolment: Some((view.secret, view.uri.to_string())) }
}

pub(super) fn user(view: &UserView) -> Found {
    let until = match view.status {
        UserStatus::Blocked { until } => Some(until),
        UserStatus::Pending | UserStatus::Active | UserStatus::Disabled => None,
    };
    json!({
        "status": view.status.code(),
        "until": until,
        "createdAt": view.created_at,
        "parameters": parameters(view.parameters),
        "enrolmentExpiresAt": view.enrolment_expires_at,
        "failures": view.failures,
    })
    .into()
}

pub(super) fn sent(sent: &Sent) -> Found {
    json!({
        "otpId": sent.otp_id.to_string(),
        "channel": sent.channel.name(),
        "language": sent.language.tag(),
        "delivery": sent.delivery.code(),
        "expiresAt": sent.expires_at,
        "resendAt": sent.resend_at,
        "attemptsLeft": sent.attempts_left,
        "simSwap": sent.sim_swap.map(keyfob::service::SimSwap::code),
    })
    .into()
}

pub(super) fn challenge(view: &ChallengeView) -> Found {
    let passage = |passage: &Passage| {
        json!({
            "message": passage.message,
            "channel": passage.channel.name(),
            "state": passage.state.code(),
            "at": passage.at,
        })
    };
    json!({
        "status": view.status.code(),
        "channel": view.channel.name(),
        "callingCode": view.calling_code,
        "delivery": view.delivery.code(),
        "passages": view.passages.iter().map(passage).collect::<Vec<_>>(),
        "createdAt": view.created_at,
        "expiresAt": view.expires_at,
        "attemptsLeft": view.attempts_left,
    })
    .into()
}

pub(super) fn way(way: &Way) -> Found {
    let reason = match way {
        Way::Closed(reason) => Some(thrown::refusal(reason)),
        _ => None,
    };
    json!({ "open": *way == Way::Open, "outcome": way.code(), "reason": reason }).into()
}

pub(super) fn sim_swap_check(check: &SimSwapCheck) -> Found {
    json!({
        "answer": check.answer.code(),
        "source": check.source.code(),
        "checkedAt": check.checked_at,
    })
    .into()
}

fn sim_swap_policy(policy: SimSwapPolicy) -> Value {
    json!({
        "maxAgeHours": policy.max_age_hours,
        "onSwapped": policy.on_swapped.code(),
        "onUnknown": policy.on_unknown.code(),
    })
}

fn parameters(parameters: TotpParameters) -> Value {
    json!({
        "algorithm": parameters.algorithm.name(),
        "digits": parameters.digits.value(),
        "period": parameters.period.seconds(),
    })
}

fn account(account: AccountId) -> Value {
    account.to_string().into()
}
