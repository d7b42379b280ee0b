//! `erase/`: a number or address starts anew.

use axum::{extract::State, http::StatusCode};
use keyfob::service::{KeyKind, Recipient};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Problem, auth::Caller, body::Body, fields, openapi::Refusals};
use crate::{
    app::App,
    audit::{AuditEvent, Audited},
    phone_numbers,
};

/// A recipient to erase.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EraseRequest {
    /// The domain.
    #[schema(format = "uuid")]
    domain: String,
    /// The phone number in E.164 form, or the address.
    #[schema(example = "+447700900123")]
    to: String,
}

/// Erase a recipient
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
    let recipient = Recipient::parse_any(&request.to);
    let located = recipient.and_then(phone_numbers::locate);
    let (recipient, _) = located.map_err(|error| fields::invalid_field("to", error))?;
    let entry = caller.entry(&app, AuditEvent::RecipientErased).within(domain);
    let entry = entry.about(app.subjects().recipient(caller.account, domain, &recipient));
    let ports = Audited::writing(&app, KeyKind::Recipient, entry);
    let erased = app.service.erase_recipient(&ports, caller.account, domain, &recipient).await;
    erased.map_err(|error| fields::problem(&app, &error))?;
    Ok(StatusCode::NO_CONTENT)
}
