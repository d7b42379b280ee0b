//! Fields that several requests and answers have.

use axum::{
    extract::{FromRequestParts, Path},
    http::{StatusCode, request::Parts},
};
use jiff::Timestamp;
use keyfob::{
    UnixTime,
    service::{DomainId, OtpId, ServiceError, UserId},
};
use serde::de::DeserializeOwned;

use super::Problem;
use crate::{app::App, engine::FlowError};

/// The variable parts of a path.
#[derive(Debug)]
pub(super) struct PathParts<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for PathParts<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(path)| Self(path)).map_err(|_| {
            let detail = "the path is not UTF-8; percent-encode the user id";
            Problem::new(StatusCode::BAD_REQUEST, "invalid-path", detail)
        })
    }
}

/// A domain as requests name it.
pub(super) fn domain(text: &str) -> Result<DomainId, Problem> {
    let detail = "a domain is a UUID, as POST domain/ returned it";
    DomainId::parse(text).map_err(|error| invalid("domain", error.code(), detail))
}

/// A challenge as requests name it.
pub(super) fn otp_id(text: &str) -> Result<OtpId, Problem> {
    let detail = "an otp_id is a UUID, as POST send/ returned it";
    OtpId::parse(text).map_err(|error| invalid("otp_id", error.code(), detail))
}

/// A user as requests name them.
pub(super) fn user_id(app: &App, text: &str) -> Result<UserId, Problem> {
    UserId::parse(text).map_err(|error| problem(app, &error.into()))
}

/// A field that cannot be used.
pub(super) fn invalid(field: &str, code: &str, detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, code, detail).field(field)
}

/// An error of the core for a field of this request.
pub(super) fn invalid_field(field: &str, error: impl Into<keyfob::Error>) -> Problem {
    let error = error.into();
    invalid(field, error.code(), error.to_string())
}

/// A flow's error, logged where it is ours to mend.
pub(super) fn problem(app: &App, error: &FlowError) -> Problem {
    match error {
        FlowError::Service(ServiceError::Corrupt | ServiceError::Misuse) => {
            tracing::error!(%error, "flow failed");
        }
        FlowError::Service(ServiceError::Port(_) | ServiceError::Contention) => {
            tracing::warn!(%error, "flow gave up");
        }
        _ => {} // that it failed, an engine says itself
    }
    Problem::from_flow(error, app.clock.now())
}

/// A second in time as RFC 3339 text.
pub(crate) fn timestamp(at: UnixTime) -> String {
    let seconds = i64::try_from(at).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX).to_string()
}
