//! What a service answers, as JSON in the words of JavaScript.

use keyfob::{
    TotpParameters,
    service::{
        AccountId, ChallengeView, Created, DomainView, EnrolmentView, Fallback, Message,
        OpenEnrolment, Outcome, Passage, Sent, SimSwapCheck, SimSwapPolicy, UserStatus, UserView,
        Way,
    },
};
use serde_json::{Value, json};

use crate::thrown;

pub(crate) fn message(message: &Message) -> Value {
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

pub(crate) fn verdict(outcome: &Outcome) -> Value {
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
}

pub(crate) fn domain(view: &DomainView) -> Value {
    json!({
        "domain": view.domain.to_string(),
        "name": view.name,
        "createdAt": view.created_at,
        "simSwap": view.settings.sim_swap.map(sim_swap_policy),
        "fallbackAfter": view.settings.fallback_after,
    })
}

pub(crate) fn created(created: &Created) -> Value {
    match created {
        Created::Enrolled { secret, uri } => {
            json!({ "status": "enrolled", "secret": *secret.expose_base32(), "uri": **uri })
        }
        Created::Pending(open) => open_enrolment(open),
    }
}

pub(crate) fn open_enrolment(open: &OpenEnrolment) -> Value {
    json!({
        "status": "pending",
        "ticket": open.ticket.expose(),
        "expiresAt": open.expires_at,
        "parameters": parameters(open.parameters),
    })
}

pub(crate) fn enrolment(view: &EnrolmentView) -> Value {
    json!({
        "account": account(view.account),
        "domain": view.domain.to_string(),
        "userId": view.user_id.as_str(),
        "issuer": view.issuer,
        "accountName": view.account_name,
        "secret": *view.secret.expose_base32(),
        "uri": *view.uri,
        "parameters": parameters(view.parameters),
        "expiresAt": view.expires_at,
        "blockedUntil": view.blocked_until,
    })
}

pub(crate) fn user(view: &UserView) -> Value {
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
}

pub(crate) fn sent(sent: &Sent) -> Value {
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
}

pub(crate) fn challenge(view: &ChallengeView) -> Value {
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
}

pub(crate) fn way(way: &Way) -> Value {
    let reason = match way {
        Way::Closed(reason) => Some(thrown::refusal(reason)),
        _ => None,
    };
    json!({ "open": *way == Way::Open, "outcome": way.code(), "reason": reason })
}

pub(crate) fn sim_swap_check(check: &SimSwapCheck) -> Value {
    json!({
        "answer": check.answer.code(),
        "source": check.source.code(),
        "checkedAt": check.checked_at,
    })
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
