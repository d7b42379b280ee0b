//! `callbacks/`: where providers report, and ask. They have no API key: each signs what it says.

use axum::{
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
};

use keyfob::service::{PortError, ServiceError};

use super::{Problem, body};
use crate::{
    app::App,
    delivery::{self, Callback, CallbackError},
};

/// Takes a provider's report. What is not signed by it is refused; what is, changes how far a
/// message got and nothing else.
pub(super) async fn take(
    State(app): State<App>,
    Path(provider): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let (headers, body) = read(&app, &provider, request).await?;
    let callback = Callback { path: "", headers: &headers, body: &body, now: app.clock.now() };
    let receipts = app.delivery.routes.receipts_in(&provider, &callback);
    for receipt in receipts.map_err(|error| refused(&provider, error))? {
        if !app.delivery.reports.report(receipt).await {
            return Err(Problem::from_service(&ServiceError::Port(PortError::Unavailable), 0));
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A key was pressed in a call: says what the call goes on with, as `TwiML`.
pub(super) async fn key(
    State(app): State<App>,
    Path((provider, language)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (headers, body) = read(&app, &provider, request).await?;
    let (path, now) = (format!("/key/{language}"), app.clock.now());
    let callback = Callback { path: &path, headers: &headers, body: &body, now };
    let spoken = delivery::answer(&app, &provider, &callback).await;
    let spoken = spoken.map_err(|error| Problem::from_flow(&error, now))?;
    let spoken = Bytes::from_owner(spoken.ok_or_else(unsigned)?); // wiped once it is sent
    Ok(([(header::CONTENT_TYPE, "text/xml; charset=utf-8")], spoken).into_response())
}

/// Anybody may ask, so that nobody's body is read whom there is no reason to listen to, nor
/// more or for longer than that of any request.
async fn read(app: &App, provider: &str, request: Request) -> Result<(HeaderMap, Bytes), Problem> {
    if app.delivery.routes.gateways().iter().all(|gateway| gateway.name != provider) {
        return Err(unsigned());
    }
    let headers = request.headers().clone();
    Ok((headers, body::read(request).await?))
}

fn refused(provider: &str, error: CallbackError) -> Problem {
    match error {
        CallbackError::Unsigned => unsigned(),
        CallbackError::Unexpected => {
            tracing::warn!(
                provider,
                "a provider reports what became of a message and is not listened to; set `receipts = true` in [providers.{provider}]"
            );
            let detail = format!(
                "the signature is right, and reports of this provider are not listened to; whoever runs this service sets `receipts = true` in [providers.{provider}]"
            );
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "receipts-not-configured", detail)
        }
    }
}

fn unsigned() -> Problem {
    let detail = "this is not signed by a provider that reports here; check its key and its `callback_url` in the configuration, and its clock";
    Problem::new(StatusCode::UNAUTHORIZED, "callback-unsigned", detail)
}
