//! `totp/`: verifying the codes of devices.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use keyfob::service::Outcome;

use super::{Problem, auth::Caller, body::Body, fields, openapi::Refusals};
use crate::{
    app::App,
    audit::{AuditEvent, Audited},
    engine::FlowError,
    webhooks::{About, EventKind, UserData},
};

/// A code that a user's device made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TotpRequest {
    /// The domain.
    #[schema(format = "uuid")]
    domain: String,
    /// The user.
    user_id: String,
    /// What the user typed: the digits, nothing else.
    #[schema(example = "704471")]
    code: String,
}

/// Whether a code was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"verified": false, "outcome": "mismatch", "attempts_left": 4}))]
pub(super) struct VerifyReply {
    /// True if the code was right; it is used up then.
    verified: bool,
    /// Why not: `mismatch`, `replayed` (right, but used already), `expired`,
    /// `cancelled`, `exhausted`, `context-mismatch` or `not-enrolled`. For you, not
    /// for the person who typed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<&'static str>,
    /// Wrong codes left before a block.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts_left: Option<u16>,
}

/// Verify a code of a device
///
/// A code is accepted once. Five wrong codes in a row block the user for a growing
/// time, in which nothing is evaluated; a hundred disable the user until enrolled
/// anew. A used code sent again is refused as `replayed` and counts as no attempt.
#[utoipa::path(post, path = "/identity/otp/totp/", operation_id = "verify_totp", tag = "codes", request_body = TotpRequest,
    responses((status = 200, body = VerifyReply),
        (status = 403, description = "Disabled after too many wrong codes", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such domain or user", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "Blocked after wrong codes", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn verify(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<TotpRequest>,
) -> Result<Json<VerifyReply>, Problem> {
    let domain = fields::domain(&request.domain)?;
    let user = fields::user_id(&app, &request.user_id)?;
    let account = caller.account;
    let entry = app.audit.verifications.then(|| {
        let entry = caller.entry(&app, AuditEvent::DeviceCodeVerified).within(domain);
        entry.about(app.subjects().user(account, domain, &user))
    });
    let ports = Audited::judging(&app, entry);
    let outcome = app.engine.verify_totp(&ports, account, domain, &user, &request.code).await;
    let outcome = judged(&app, outcome)?;
    finish(&app, &ports, &outcome).await?;
    if let Some(kind) = event(&outcome, EventKind::UserVerified, EventKind::UserBlocked) {
        let (domain, user_id) = (domain.to_string(), user.as_str().to_owned());
        let about = || About::User(UserData { domain, user_id });
        app.webhooks.announce(&app, account, kind, about).await;
    }
    reply(&app, "totp", outcome).map(Json)
}

/// The outcome of a code, if it can be one. Over HTTP any other is a fault of the request: no
/// code was put forward, which neither the audit trail nor the metrics hear of.
pub(super) fn judged(app: &App, outcome: Result<Outcome, FlowError>) -> Result<Outcome, Problem> {
    let outcome = outcome.map_err(|error| fields::problem(app, &error))?;
    if outcome == Outcome::Malformed
        && let Some(problem) = Problem::from_outcome(&outcome, app.clock.now())
    {
        return Err(problem);
    }
    Ok(outcome)
}

/// Has the audit trail say what came of a code before the caller knows.
pub(super) async fn finish(
    app: &App,
    ports: &Audited<'_, App>,
    outcome: &Outcome,
) -> Result<(), Problem> {
    let finished = ports.finish(outcome.code()).await;
    finished.map_err(|error| fields::problem(app, &error.into()))
}

/// What an outcome is to who wants to be told. A block is told when it begins.
pub(super) fn event<T>(outcome: &Outcome, verified: T, blocked: T) -> Option<T> {
    match outcome {
        Outcome::Accepted => Some(verified),
        Outcome::Mismatch { attempts_left: 0 } | Outcome::ContextMismatch => Some(blocked),
        _ => None,
    }
}

/// An outcome as an answer, counted and logged.
pub(super) fn reply(
    app: &App,
    kind: &'static str,
    outcome: Outcome,
) -> Result<VerifyReply, Problem> {
    app.metrics.outcome(kind, outcome.code());
    match outcome {
        Outcome::Accepted | Outcome::Mismatch { .. } => {}
        _ => tracing::info!(kind, outcome = outcome.code(), "a code was refused"),
    }
    if let Some(problem) = Problem::from_outcome(&outcome, app.clock.now()) {
        return Err(problem);
    }
    Ok(VerifyReply {
        verified: outcome.is_accepted(),
        outcome: (!outcome.is_accepted()).then(|| outcome.code()),
        attempts_left: match outcome {
            Outcome::Mismatch { attempts_left } => Some(attempts_left),
            _ => None,
        },
    })
}
