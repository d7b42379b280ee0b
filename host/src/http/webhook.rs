//! `webhook/`: where the account is told what happened.

use axum::{Json, extract::State, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Problem, auth::Account, body::Body, fields, openapi::Refusals};
use crate::{
    app::App,
    webhooks::{Endpoint, EndpointError, EventKind},
};
use keyfob::service::{PortError, ServiceError};

/// Where to tell.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookRequest {
    /// An `https` address that is public.
    #[schema(format = "uri", example = "https://bank.example/keyfob")]
    url: String,
    /// What to tell; everything if left out.
    #[serde(default)]
    events: Vec<EventKind>,
    /// Make another key. The one before goes on signing, beside it, for a day.
    #[serde(default)]
    new_secret: bool,
}

/// Where the account is told.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"url": "https://bank.example/keyfob", "events": ["otp.failed"], "secret": "whsec_…"}))]
pub(super) struct WebhookReply {
    /// The address.
    url: String,
    /// What is told; everything if empty.
    events: Vec<EventKind>,
    /// The key that signs, if it is new: shown only now.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Set where the account is told what happened
///
/// Events are posted there as Standard Webhooks, signed, until they are answered with 2xx or a
/// day is over. An event can come twice, with the same `webhook-id`, and events can overtake
/// each other. None holds a code or a recipient.
#[utoipa::path(put, path = "/identity/otp/webhook/", operation_id = "set_webhook", tag = "webhooks", request_body = WebhookRequest,
    responses((status = 200, body = WebhookReply), Refusals))]
pub(super) async fn set(
    State(app): State<App>,
    Account(account): Account,
    Body(request): Body<WebhookRequest>,
) -> Result<Json<WebhookReply>, Problem> {
    let WebhookRequest { url, events, new_secret } = request;
    match Endpoint::set(&app, account, &url, events.clone(), new_secret).await {
        Ok(secret) => {
            let secret = secret.map(|secret| secret.to_string());
            Ok(Json(WebhookReply { url, events, secret }))
        }
        Err(EndpointError::Address(error)) => {
            Err(fields::invalid("url", "invalid-webhook-url", error.to_string()))
        }
        Err(EndpointError::Port(error)) => Err(failed(&app, error)),
    }
}

/// Show where the account is told what happened
#[utoipa::path(get, path = "/identity/otp/webhook/", operation_id = "view_webhook", tag = "webhooks",
    responses((status = 200, body = WebhookReply, example = json!({"url": "https://bank.example/keyfob", "events": []})),
        (status = 404, description = "The account has no webhook", body = Problem, content_type = "application/problem+json"), Refusals))]
pub(super) async fn view(
    State(app): State<App>,
    Account(account): Account,
) -> Result<Json<WebhookReply>, Problem> {
    let endpoint = Endpoint::load(&app, account).await.map_err(|error| failed(&app, error))?;
    let none = || {
        let detail = "the account has no webhook; PUT one here";
        Problem::new(StatusCode::NOT_FOUND, "webhook-not-found", detail)
    };
    let Endpoint { url, events, .. } = endpoint.ok_or_else(none)?;
    Ok(Json(WebhookReply { url, events, secret: None }))
}

/// Tell the account nothing any more
///
/// What it was still to be told is forgotten.
#[utoipa::path(delete, path = "/identity/otp/webhook/", operation_id = "delete_webhook", tag = "webhooks",
    responses((status = 204, description = "Removed, or there was none"), Refusals))]
pub(super) async fn remove(
    State(app): State<App>,
    Account(account): Account,
) -> Result<StatusCode, Problem> {
    Endpoint::remove(&app, account).await.map_err(|error| failed(&app, error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn failed(app: &App, error: PortError) -> Problem {
    Problem::from_service(&ServiceError::Port(error), app.clock.now())
}
