//! `domain/`: creating domains.

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Problem, auth::Account, body::OptionalBody, fields, openapi::Refusals};
use crate::app::App;

/// A domain to be created. May be left out altogether.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DomainRequest {
    /// What authenticator apps show as the issuer: 1 to 64 characters, no colon.
    /// Without a name apps show `keyfob`.
    #[schema(example = "Example Bank")]
    name: Option<String>,
}

/// A domain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({"domain": "0b4d1a52-6f3e-4c1b-9d7a-2f8e5c90a713", "name": "Example Bank"}))]
pub(super) struct DomainReply {
    /// The id to name it by.
    #[schema(format = "uuid")]
    domain: String,
    /// What authenticator apps show as the issuer.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Create a domain
///
/// A domain holds the users of one application. GET does the same, since clients
/// that send no body send GET.
#[utoipa::path(method(post), path = "/identity/otp/domain/", operation_id = "create_domain", tag = "domains",
    request_body(content = Option<DomainRequest>),
    responses((status = 200, body = DomainReply), Refusals))]
pub(super) async fn create(
    State(app): State<App>,
    Account(account): Account,
    OptionalBody(request): OptionalBody<DomainRequest>,
) -> Result<Json<DomainReply>, Problem> {
    let name = request.name.as_deref();
    let created = app.service.create_domain(&app, account, name).await;
    let domain = created.map_err(|error| fields::problem(&app, &error))?;
    Ok(Json(DomainReply { domain: domain.to_string(), name: request.name }))
}

/// Create a domain, for clients that send no body
///
/// The same as POST without a body.
#[utoipa::path(get, path = "/identity/otp/domain/", operation_id = "create_domain_by_get", tag = "domains",
    responses((status = 200, body = DomainReply, example = json!({"domain": "0b4d1a52-6f3e-4c1b-9d7a-2f8e5c90a713"})), Refusals))]
pub(super) async fn create_by_get(
    state: State<App>,
    account: Account,
    request: OptionalBody<DomainRequest>,
) -> Result<Json<DomainReply>, Problem> {
    create(state, account, request).await
}
