//! `callbacks/`: where providers report. They have no API key: each signs what it says.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
};

use super::Problem;
use crate::{app::App, delivery::Callback};

/// Takes a provider's report. What is not signed by it is refused; what is, changes how far a
/// message got and nothing else.
pub(super) async fn take(
    State(app): State<App>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let callback = Callback { headers: &headers, body: &body, now: app.clock.now() };
    let receipts = app.delivery.routes.receipts_in(&provider, &callback);
    let Some(receipts) = receipts else {
        let detail = "this is not signed by a provider that reports here; check its key in the configuration, and its clock";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, "callback-unsigned", detail));
    };
    for receipt in receipts {
        app.delivery.reports.report(receipt).await;
    }
    Ok(StatusCode::NO_CONTENT)
}
