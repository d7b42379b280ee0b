//! `erase/`: nothing is left of a user, or of a number or address.

use axum::{extract::State, http::StatusCode};
use keyfob::service::{DomainId, KeyKind, Recipient};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Problem, auth::Caller, body::Body, fields, openapi::Refusals};
use crate::{
    app::App,
    audit::{AuditEvent, Audited},
    phone_numbers,
};

/// Whom to erase: a user or a recipient.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"domain": "0b4d1a52-6f3e-4c1b-9d7a-2f8e5c90a713", "to": "+447700900123"}))]
pub(super) struct EraseRequest {
    /// The domain.
    #[schema(format = "uuid")]
    domain: String,
    /// The phone number in E.164 form, or the address.
    #[schema(example = "+447700900123")]
    to: Option<String>,
    /// The user, in place of `to`.
    user_id: Option<String>,
}

/// Erase a user or a recipient
///
/// Of a user, the secret goes and what was being enrolled; that there is no such user is no error.
///
/// All that is stored of a number or address in this domain goes: wrong codes, blocks,
/// counts of messages, codes that were sent. A disabled recipient can be sent codes
/// again, so make sure of the person another way first.
#[utoipa::path(post, path = "/identity/otp/erase/", operation_id = "erase_recipient", tag = "codes", request_body = EraseRequest,
    responses((status = 204, description = "Erased, or nothing was stored"),
        (status = 404, description = "No such domain", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn erase(
    State(app): State<App>,
    caller: Caller,
    Body(request): Body<EraseRequest>,
) -> Result<StatusCode, Problem> {
    let domain = fields::domain(&request.domain)?;
    match (&request.to, &request.user_id) {
        (Some(to), None) => recipient(&app, &caller, domain, to).await,
        (None, Some(user_id)) => user(&app, &caller, domain, user_id).await,
        _ => {
            let detail = "send either `to` or `user_id`";
            Err(fields::invalid("to", "one-to-erase", detail))
        }
    }
}

async fn recipient(
    app: &App,
    caller: &Caller,
    domain: DomainId,
    to: &str,
) -> Result<StatusCode, Problem> {
    let located = Recipient::parse_any(to).and_then(phone_numbers::locate);
    let (recipient, _) = located.map_err(|error| fields::invalid_field("to", error))?;
    let entry = caller.entry(app, AuditEvent::RecipientErased).within(domain);
    let entry = entry.about(app.subjects().recipient(caller.account, domain, &recipient));
    let ports = Audited::writing(app, KeyKind::Recipient, entry);
    let erased = app.engine.erase_recipient(&ports, caller.account, domain, &recipient).await;
    erased.map_err(|error| fields::problem(app, &error))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn user(
    app: &App,
    caller: &Caller,
    domain: DomainId,
    user_id: &str,
) -> Result<StatusCode, Problem> {
    let user = fields::user_id(app, user_id)?;
    let entry = caller.entry(app, AuditEvent::UserErased).within(domain);
    let entry = entry.about(app.subjects().user(caller.account, domain, &user));
    let ports = Audited::writing(app, KeyKind::User, entry);
    let erased = app.engine.erase_user(&ports, caller.account, domain, &user).await;
    erased.map_err(|error| fields::problem(app, &error))?;
    Ok(StatusCode::NO_CONTENT)
}
