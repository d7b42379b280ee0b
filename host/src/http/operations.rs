//! What operators and their machines ask: is it alive, is it ready, what has it done.

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{app::App, metrics::Present};

/// `GET /livez`: the process answers. Asks nothing of the store.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: a write reaches the disk, or did within the last half second. Says, too,
/// what is wrong with delivery and with the operator that tells of SIMs, which is no reason to send requests elsewhere.
pub(super) async fn ready(State(app): State<App>) -> Response {
    if app.is_stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match app.readiness().await {
        Ok(()) => {
            let now = app.clock.now();
            let operator = app.operator.as_ref().and_then(|operator| operator.trouble(now));
            let troubles = app.delivery.routes.troubles(now).into_iter().chain(operator);
            std::iter::once("ok".to_owned())
                .chain(troubles)
                .map(|line| line + "\n")
                .collect::<String>()
                .into_response()
        }
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

/// `GET /metrics`: counters in the Prometheus text format.
pub(super) async fn metrics(State(app): State<App>) -> Response {
    const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let body = app.metrics.encode(&Present {
        writes_waiting: app.store.stats().queue_depth,
        waiting: app.waiting().await.ok(),
        providers: app.delivery.routes.health(app.clock.now()),
    });
    ([(header::CONTENT_TYPE, TEXT)], body).into_response()
}
