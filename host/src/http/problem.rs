//! Errors as RFC 9457 problem bodies. The one place where an error of the core
//! becomes a status.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use keyfob::{
    SecretError, UnixTime,
    service::{Outcome, PortError, ServiceError},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::idempotency;
use crate::engine::FlowError;

/// Why a request was not answered as asked (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Where the problem is explained.
    #[serde(rename = "type")]
    kind: String,
    /// The HTTP status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The stable name of the problem: what a program should look at.
    #[schema(example = "user-exists")]
    code: String,
    /// What happened and what to do next.
    pub(super) detail: String,
    /// The field of the request that is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) field: Option<String>,
    /// Seconds to wait before trying again; also in the `Retry-After` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    /// Whose limit on sending was reached, such as `recipient`, `country` or `client-address`.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<&'static str>,
}

impl Problem {
    /// A problem with this status, stable code and text.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("/docs#{code}"),
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: detail.into(),
            field: None,
            retry_after: None,
            limit: None,
        }
    }

    /// Names the field at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The stable name.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// An engine's error, at the time `now`.
    pub fn from_flow(error: &FlowError, now: UnixTime) -> Self {
        match error {
            FlowError::Service(error) => Self::from_service(error, now),
            FlowError::Invalid { field, code, text } => {
                let detail = with_advice(code, text.clone());
                Self::new(StatusCode::BAD_REQUEST, code, detail).field(field)
            }
            FlowError::Failed => Self::engine_failed(),
        }
    }

    /// What is answered when the engine was stopped.
    pub(crate) fn engine_failed() -> Self {
        let (code, detail) = (FlowError::FAILED, FlowError::Failed.to_string());
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, detail).retry_after(1)
    }

    /// A flow's error, at the time `now`.
    pub fn from_service(error: &ServiceError, now: UnixTime) -> Self {
        let problem = Self::new(status_of(error), error.code(), error.to_string());
        match error {
            ServiceError::Invalid { field, error } => {
                let detail = with_advice(error.code(), error.to_string());
                Self { detail, ..problem.field(*field) }
            }
            ServiceError::RecipientBlocked { until: Some(at) } => {
                problem.retry_after(seconds_until(*at, now))
            }
            ServiceError::SendLimit { scope, retry_at } => Self {
                limit: Some(scope.name()),
                ..problem.retry_after(seconds_until(*retry_at, now))
            },
            ServiceError::DestinationNotAllowed { .. } => problem.field("to"),
            ServiceError::Contention
            | ServiceError::IdempotencyInFlight
            | ServiceError::Port(PortError::Unavailable) => problem.retry_after(1),
            ServiceError::IdempotencyMismatch => problem.field(idempotency::HEADER),
            ServiceError::UserExists => Self { detail: USER_EXISTS.to_owned(), ..problem },
            ServiceError::RecipientBlocked { until: None } => {
                Self { detail: RECIPIENT_DISABLED.to_owned(), ..problem }
            }
            ServiceError::SimSwapNotConfigured => {
                Self { detail: NO_OPERATOR.to_owned(), ..problem }
            }
            ServiceError::Port(PortError::NotConfigured) => {
                Self { detail: NO_PROVIDER.to_owned(), ..problem.field("channel") }
            }
            _ => problem,
        }
    }

    /// An outcome that is answered as a problem: nothing was evaluated.
    pub fn from_outcome(outcome: &Outcome, now: UnixTime) -> Option<Self> {
        match outcome {
            Outcome::Malformed => {
                let detail = "this cannot be a code that was given out; send exactly the characters of the code, without spaces";
                let problem = Self::new(StatusCode::BAD_REQUEST, "malformed-code", detail);
                Some(problem.field("code"))
            }
            Outcome::Blocked { until } => {
                let detail = "too many wrong codes; nothing is evaluated until the block ends, not even the right code";
                let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, outcome.code(), detail);
                Some(problem.retry_after(seconds_until(*until, now)))
            }
            Outcome::Disabled => {
                let detail = "too many wrong codes in a row; open a new enrolment for this user, or erase this recipient with `POST erase/` once you are sure of the person";
                Some(Self::new(StatusCode::FORBIDDEN, outcome.code(), detail))
            }
            _ => None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        let retry_after = self.retry_after;
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("ApiKey header=\"x-api-key\"");
            headers.insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// The core does not know what fields requests have.
fn with_advice(code: &str, text: String) -> String {
    const TOO_SHORT: &str = SecretError::TooShort { bits: 0 }.code();
    match code {
        TOO_SHORT => format!("{text}, or send `accept_short_secret` with it"),
        _ => text,
    }
}

const USER_EXISTS: &str = "the domain has this user already; if a device was lost, open a new enrolment with `POST user/{domain}/{user_id}/enrolment/`";

const RECIPIENT_DISABLED: &str = "this recipient has seen too many wrong codes in a row and is disabled; make sure of the person another way, then erase the recipient with `POST erase/` or `keyfob erase`";

const NO_OPERATOR: &str = "there is no operator to ask about SIMs; add [sim_swap] to keyfob.toml, and see `keyfob config check`; or leave the check out, here and in the domain's settings";

/// The core does not know how this host is configured.
const NO_PROVIDER: &str = "no provider is configured for this channel; add one to keyfob.toml, and see `keyfob config check`. To try it out: `keyfob serve --dev`";

fn seconds_until(at: UnixTime, now: UnixTime) -> u64 {
    at.saturating_sub(now).max(1)
}

fn status_of(error: &ServiceError) -> StatusCode {
    match error {
        ServiceError::Invalid { .. } => StatusCode::BAD_REQUEST,
        ServiceError::DomainNotFound
        | ServiceError::UserNotFound
        | ServiceError::EnrolmentNotFound
        | ServiceError::ChallengeNotFound => StatusCode::NOT_FOUND,
        ServiceError::UserExists
        | ServiceError::ChallengeOver
        | ServiceError::IdempotencyInFlight => StatusCode::CONFLICT,
        ServiceError::RecipientBlocked { until: Some(_) } | ServiceError::SendLimit { .. } => {
            StatusCode::TOO_MANY_REQUESTS
        }
        ServiceError::RecipientBlocked { until: None }
        | ServiceError::DestinationNotAllowed { .. }
        | ServiceError::SimSwap { .. } => StatusCode::FORBIDDEN,
        ServiceError::SimSwapNotConfigured
        | ServiceError::IdempotencyMismatch
        | ServiceError::Port(PortError::NotConfigured) => StatusCode::UNPROCESSABLE_ENTITY,
        ServiceError::Contention | ServiceError::Port(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
