//! What flows end in, as objects.

use alloc::string::{String, ToString};
use core::fmt::Display;

use js_sys::Array;
use keyfob::{
    TotpParameters,
    service::{
        ChallengeView, Created, DomainView, EnrolmentView, OpenEnrolment, Outcome, Sent,
        ServiceError, SimSwapCheck, UserStatus, UserView, Way,
    },
};
use wasm_bindgen::JsValue;

use crate::{
    object::Made,
    refusal::{self, Details},
    secret::Secret,
};

pub fn text(value: &impl Display) -> String {
    value.to_string()
}

pub fn verdict(outcome: Outcome) -> JsValue {
    let (attempts_left, until) = match outcome {
        Outcome::Mismatch { attempts_left } => (attempts_left.into(), None),
        Outcome::Blocked { until } => (JsValue::NULL, Some(until)),
        _ => (JsValue::NULL, None),
    };
    Made::new()
        .with("valid", outcome.is_accepted())
        .with("outcome", outcome.code())
        .with("attemptsLeft", attempts_left)
        .with_time("until", until)
        .into()
}

pub fn domain(view: &DomainView) -> JsValue {
    let sim_swap = view.settings.sim_swap.map_or(JsValue::NULL, |policy| {
        Made::new()
            .with("maxAgeHours", policy.max_age_hours)
            .with("onSwapped", policy.on_swapped.code())
            .with("onUnknown", policy.on_unknown.code())
            .into()
    });
    Made::new()
        .with("domain", text(&view.domain))
        .with("name", view.name.as_deref().map_or(JsValue::NULL, JsValue::from))
        .with_time("createdAt", Some(view.created_at))
        .with("simSwap", sim_swap)
        .with_time("fallbackAfter", view.settings.fallback_after)
        .into()
}

pub fn created(created: Created) -> JsValue {
    match created {
        Created::Enrolled { secret, uri } => Made::new()
            .with("status", "enrolled")
            .with("secret", Secret(secret))
            .with("uri", uri.as_str())
            .into(),
        Created::Pending(open) => opened(&open),
    }
}

pub fn opened(open: &OpenEnrolment) -> JsValue {
    Made::new()
        .with("status", "pending")
        .with("ticket", open.ticket.expose())
        .with_time("expiresAt", Some(open.expires_at))
        .with("parameters", parameters(open.parameters))
        .into()
}

pub fn enrolment(view: EnrolmentView) -> JsValue {
    Made::new()
        .with("account", text(&view.account))
        .with("domain", text(&view.domain))
        .with("userId", view.user_id.as_str())
        .with("issuer", view.issuer.as_str())
        .with("accountName", view.account_name.as_str())
        .with("secret", Secret(view.secret))
        .with("uri", view.uri.as_str())
        .with("parameters", parameters(view.parameters))
        .with_time("expiresAt", Some(view.expires_at))
        .with_time("blockedUntil", view.blocked_until)
        .into()
}

pub fn user(view: &UserView) -> JsValue {
    let until = match view.status {
        UserStatus::Blocked { until } => Some(until),
        _ => None,
    };
    Made::new()
        .with("status", view.status.code())
        .with_time("until", until)
        .with_time("createdAt", Some(view.created_at))
        .with("parameters", parameters(view.parameters))
        .with_time("enrolmentExpiresAt", view.enrolment_expires_at)
        .with("failures", view.failures)
        .into()
}

pub fn sent(sent: &Sent) -> JsValue {
    Made::new()
        .with("otpId", text(&sent.otp_id))
        .with("channel", sent.channel.name())
        .with("language", sent.language.tag())
        .with("delivery", sent.delivery.code())
        .with_time("expiresAt", Some(sent.expires_at))
        .with_time("resendAt", Some(sent.resend_at))
        .with("attemptsLeft", sent.attempts_left)
        .with("simSwap", sent.sim_swap.map_or(JsValue::NULL, |answer| answer.code().into()))
        .into()
}

pub fn challenge(view: &ChallengeView) -> JsValue {
    let passages = view.passages.iter().map(|passage| {
        JsValue::from(
            Made::new()
                .with("message", passage.message)
                .with("channel", passage.channel.name())
                .with("state", passage.state.code())
                .with_time("at", Some(passage.at)),
        )
    });
    Made::new()
        .with("status", view.status.code())
        .with("channel", view.channel.name())
        .with("callingCode", view.calling_code.as_deref().map_or(JsValue::NULL, JsValue::from))
        .with("delivery", view.delivery.code())
        .with("passages", passages.collect::<Array>())
        .with_time("createdAt", Some(view.created_at))
        .with_time("expiresAt", Some(view.expires_at))
        .with("attemptsLeft", view.attempts_left)
        .into()
}

pub fn way(way: &Way) -> JsValue {
    let reason = match way {
        Way::Closed(reason) => refusal(reason),
        _ => JsValue::NULL,
    };
    Made::new()
        .with("open", *way == Way::Open)
        .with("outcome", way.code())
        .with("reason", reason)
        .into()
}

pub fn sim_swap_check(check: &SimSwapCheck) -> JsValue {
    Made::new()
        .with("answer", check.answer.code())
        .with("source", check.source.code())
        .with_time("checkedAt", check.checked_at)
        .into()
}

/// What the core refuses to take.
pub trait Thrown<T> {
    fn thrown(self) -> Result<T, JsValue>;
}

impl<T> Thrown<T> for Result<T, ServiceError> {
    fn thrown(self) -> Result<T, JsValue> {
        self.map_err(|error| refusal(&error))
    }
}

pub fn refusal(error: &ServiceError) -> JsValue {
    if let ServiceError::Invalid { field, error } = error {
        return refusal::of(error, field);
    }
    let details = match error {
        ServiceError::SendLimit { scope, retry_at } => {
            Details { limit: scope.name(), retry_at: *retry_at as f64, ..Details::default() }
        }
        ServiceError::RecipientBlocked { until: Some(until) } => {
            Details { until: *until as f64, ..Details::default() }
        }
        _ => Details::default(),
    };
    details.refuse(error.code(), &error.to_string(), "")
}

fn parameters(parameters: TotpParameters) -> JsValue {
    Made::new()
        .with("algorithm", parameters.algorithm.name())
        .with("digits", parameters.digits.value())
        .with("period", parameters.period.seconds() as f64)
        .into()
}
