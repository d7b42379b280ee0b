//! `user/`: creating, showing and deleting users, and enrolling them anew.

use axum::{Json, extract::State, http::StatusCode, response::Response};
use keyfob::{
    Algorithm, Digits, ParameterError, Period, Secret, TotpParameters,
    service::{Created, KeyKind, NewEnrolment, NewUser, OpenEnrolment, UserId, UserStatus},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Problem,
    auth::{Account, Caller},
    body::{Flag, OptionalBody, number},
    fields::{self, PathParts},
    idempotency::{IdempotencyHeader, Keyed},
    openapi::Refusals,
};
use crate::{
    app::App,
    audit::{AuditEvent, Audited},
};

/// A user to be created.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserRequest {
    /// The domain.
    #[schema(format = "uuid")]
    domain: String,
    /// The id your application knows the user by; better none that others
    /// recognise. 1 to 256 bytes.
    #[schema(example = "user-4711")]
    user_id: String,
    /// Return the secret; the enrolment then counts as complete. Otherwise the user
    /// enrols at `enrolment_url`.
    #[serde(default)]
    #[schema(value_type = bool)]
    return_secret: Flag,
    /// A secret to use instead of a generated one: base32, at least 128 bits.
    set_secret: Option<String>,
    /// Take a `set_secret` under 128 bits too, as some older services gave them.
    #[serde(default)]
    #[schema(value_type = bool)]
    accept_short_secret: Flag,
    /// The hash of the codes: SHA1 (default; every app has it), SHA256 or SHA512.
    algorithm: Option<String>,
    /// The length of the codes: 6 (default), 7 or 8.
    #[serde(default, deserialize_with = "number")]
    #[schema(minimum = 6, maximum = 8)]
    digits: Option<u8>,
    /// The life of a code in seconds: 1 to 120, 30 by default.
    #[serde(default, deserialize_with = "number")]
    #[schema(minimum = 1, maximum = 120)]
    interval: Option<u8>,
    /// What authenticator apps show beside the issuer; the user id by default.
    account_name: Option<String>,
}

/// A new enrolment for a user that exists. May be left out altogether.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrolmentRequest {
    /// End the old secret at once instead of when the new one is confirmed.
    #[serde(default)]
    #[schema(value_type = bool)]
    revoke: Flag,
    /// What authenticator apps show beside the issuer; the user id by default.
    account_name: Option<String>,
}

/// A user with a new enrolment.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "domain": "0b4d1a52-6f3e-4c1b-9d7a-2f8e5c90a713", "user_id": "user-4711", "secret": null, "type": "totp", "interval": 30,
    "algorithm": "SHA1", "digits": 6,
    "enrolment_url": "https://otp.example.com/enrol/…", "enrolment_expires_at": "2026-02-01T09:30:00Z"
}))]
pub(super) struct UserReply {
    /// The domain.
    #[schema(format = "uuid")]
    domain: String,
    /// The user.
    user_id: String,
    /// The secret in base32 if it was asked for, else null.
    secret: Option<String>,
    /// The kind of codes: always `totp`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The life of a code in seconds.
    interval: u64,
    /// The hash of the codes.
    algorithm: &'static str,
    /// The length of the codes.
    digits: u8,
    /// The `otpauth://` URI for an authenticator app, where the secret is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    otpauth_uri: Option<String>,
    /// Where the user enrols, once, until `enrolment_expires_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    enrolment_url: Option<String>,
    /// When `enrolment_url` ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    enrolment_expires_at: Option<String>,
}

/// How a user stands.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "domain": "0b4d1a52-6f3e-4c1b-9d7a-2f8e5c90a713", "user_id": "user-4711", "status": "active", "failures": 0, "type": "totp",
    "interval": 30, "algorithm": "SHA1", "digits": 6, "created_at": "2026-01-31T09:30:00Z"
}))]
pub(super) struct UserStatusReply {
    /// The domain.
    #[schema(format = "uuid")]
    domain: String,
    /// The user.
    user_id: String,
    /// `pending` (not enrolled yet), `active`, `blocked` or `disabled`.
    status: &'static str,
    /// When a block ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    blocked_until: Option<String>,
    /// Wrong codes since the last accepted one.
    failures: u16,
    /// The kind of codes: always `totp`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The life of a code in seconds.
    interval: u64,
    /// The hash of the codes.
    algorithm: &'static str,
    /// The length of the codes.
    digits: u8,
    /// When the user was created.
    #[schema(format = "date-time")]
    created_at: String,
    /// When the open enrolment ends, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    enrolment_expires_at: Option<String>,
}

/// Create a user
#[utoipa::path(post, path = "/identity/otp/user/", operation_id = "create_user", tag = "users",
    params(IdempotencyHeader), request_body = UserRequest,
    responses((status = 200, body = UserReply, headers(("Idempotent-Replayed" = bool, description = "`true` if this was answered before"))),
        (status = 404, description = "No such domain", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The user exists and nothing changed; or the first request with this `Idempotency-Key` is in flight", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The `Idempotency-Key` was used with another body", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Keyed(request, once): Keyed<UserRequest>,
) -> Result<Response, Problem> {
    let account = caller.account;
    let domain = fields::domain(&request.domain)?;
    let user = new_user(&app, &request)?;
    let created = {
        let app = app.clone();
        async move {
            let entry = caller.entry(&app, AuditEvent::UserCreated).within(domain);
            let entry = entry.about(app.subjects().user(account, domain, &user.user_id));
            let ports = Audited::writing(&app, KeyKind::User, entry);
            let created = app.engine.create_user(&ports, account, domain, &user).await;
            let created = created.map_err(|error| fields::problem(&app, &error))?;
            Ok(reply(&app, &request.domain, &user.user_id, user.parameters, created))
        }
    };
    once.answer(app, account, "user", created).await
}

/// Open a new enrolment
///
/// For a device that was lost or replaced. The old secret works until the new one
/// is confirmed, or ends at once with `revoke`.
#[utoipa::path(post, path = "/identity/otp/user/{domain}/{user_id}/enrolment/", tag = "users",
    params(("domain" = String, Path, format = "uuid"), ("user_id" = String, Path)),
    request_body(content = Option<EnrolmentRequest>),
    responses((status = 200, body = UserReply),
        (status = 404, description = "No such domain or user", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn open_enrolment(
    State(app): State<App>,
    caller: Caller,
    PathParts((domain_text, user_id)): PathParts<(String, String)>,
    OptionalBody(request): OptionalBody<EnrolmentRequest>,
) -> Result<Json<UserReply>, Problem> {
    let domain = fields::domain(&domain_text)?;
    let new = NewEnrolment {
        account_name: request.account_name,
        revoke: request.revoke.0,
        ..NewEnrolment::new(fields::user_id(&app, &user_id)?)
    };
    let account = caller.account;
    let entry = caller.entry(&app, AuditEvent::EnrolmentOpened).within(domain);
    let entry = entry.about(app.subjects().user(account, domain, &new.user_id));
    let entry = entry.detail(if new.revoke { "old secret revoked" } else { "" });
    let ports = Audited::writing(&app, KeyKind::User, entry);
    let opened = app.engine.open_enrolment(&ports, account, domain, &new).await;
    let opened = opened.map_err(|error| fields::problem(&app, &error))?;
    let parameters = opened.parameters;
    let created = Created::Pending(opened);
    Ok(Json(reply(&app, &domain_text, &new.user_id, parameters, created)))
}

/// Show a user
#[utoipa::path(get, path = "/identity/otp/user/{domain}/{user_id}/", operation_id = "view_user", tag = "users",
    params(("domain" = String, Path, format = "uuid"), ("user_id" = String, Path)),
    responses((status = 200, body = UserStatusReply),
        (status = 404, description = "No such domain or user", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn view(
    State(app): State<App>,
    Account(account): Account,
    PathParts((domain_text, user_id)): PathParts<(String, String)>,
) -> Result<Json<UserStatusReply>, Problem> {
    let domain = fields::domain(&domain_text)?;
    let user = fields::user_id(&app, &user_id)?;
    let view = app.engine.view_user(&app, account, domain, &user).await;
    let view = view.map_err(|error| fields::problem(&app, &error))?;
    let blocked_until = match view.status {
        UserStatus::Blocked { until } => Some(fields::timestamp(until)),
        _ => None,
    };
    let TotpParameters { algorithm, digits, period } = view.parameters;
    Ok(Json(UserStatusReply {
        domain: domain.to_string(),
        user_id,
        status: view.status.code(),
        blocked_until,
        failures: view.failures,
        kind: "totp",
        interval: period.seconds(),
        algorithm: algorithm.name(),
        digits: digits.value(),
        created_at: fields::timestamp(view.created_at),
        enrolment_expires_at: view.enrolment_expires_at.map(fields::timestamp),
    }))
}

/// Delete a user
///
/// The secret is gone at once, and its codes are worth nothing. An answer that was kept for an
/// `Idempotency-Key` goes within 24 hours.
#[utoipa::path(delete, path = "/identity/otp/user/{domain}/{user_id}/", operation_id = "delete_user", tag = "users",
    params(("domain" = String, Path, format = "uuid"), ("user_id" = String, Path)),
    responses((status = 204, description = "Deleted"),
        (status = 404, description = "No such domain or user", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    PathParts((domain, user_id)): PathParts<(String, String)>,
) -> Result<StatusCode, Problem> {
    let domain = fields::domain(&domain)?;
    let user = fields::user_id(&app, &user_id)?;
    let entry = caller.entry(&app, AuditEvent::UserDeleted).within(domain);
    let entry = entry.about(app.subjects().user(caller.account, domain, &user));
    let ports = Audited::writing(&app, KeyKind::User, entry);
    let deleted = app.engine.delete_user(&ports, caller.account, domain, &user).await;
    deleted.map_err(|error| fields::problem(&app, &error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn new_user(app: &App, request: &UserRequest) -> Result<NewUser, Problem> {
    let mut user = NewUser::new(fields::user_id(app, &request.user_id)?);
    user.return_secret = request.return_secret.0;
    user.accept_short_secret = request.accept_short_secret.0;
    user.account_name.clone_from(&request.account_name);
    if let Some(text) = &request.set_secret {
        let secret = Secret::from_base32(text);
        user.secret = Some(secret.map_err(|error| fields::invalid_field("set_secret", error))?);
    }
    if let Some(name) = &request.algorithm {
        let algorithm: Result<Algorithm, ParameterError> = name.parse();
        user.parameters.algorithm =
            algorithm.map_err(|error| fields::invalid_field("algorithm", error))?;
    }
    if let Some(digits) = request.digits {
        let digits = Digits::new(digits);
        user.parameters.digits = digits.map_err(|error| fields::invalid_field("digits", error))?;
    }
    if let Some(seconds) = request.interval {
        let period = Period::new(seconds);
        user.parameters.period =
            period.map_err(|error| fields::invalid_field("interval", error))?;
    }
    Ok(user)
}

fn reply(
    app: &App,
    domain: &str,
    user_id: &UserId,
    parameters: TotpParameters,
    created: Created,
) -> UserReply {
    let mut reply = UserReply {
        domain: domain.to_ascii_lowercase(),
        user_id: user_id.as_str().to_owned(),
        secret: None,
        kind: "totp",
        interval: parameters.period.seconds(),
        algorithm: parameters.algorithm.name(),
        digits: parameters.digits.value(),
        otpauth_uri: None,
        enrolment_url: None,
        enrolment_expires_at: None,
    };
    match created {
        Created::Enrolled { secret, uri } => {
            reply.secret = Some(secret.expose_base32().to_string());
            reply.otpauth_uri = Some(uri.to_string());
        }
        Created::Pending(OpenEnrolment { ticket, expires_at, .. }) => {
            reply.enrolment_url = Some(format!("{}/enrol/{}", app.public_url, ticket.expose()));
            reply.enrolment_expires_at = Some(fields::timestamp(expires_at));
        }
    }
    reply
}
