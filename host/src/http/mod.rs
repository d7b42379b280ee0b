//! The REST API. Handlers translate: JSON in, a flow of the core, JSON out.

mod auth;
mod body;
mod callbacks;
mod challenge;
mod docs;
mod domain;
mod erase;
mod events;
mod fields;
mod idempotency;
mod local;
mod openapi;
mod operations;
mod patient;
mod problem;
mod schemas;
mod server;
mod sim_swap;
mod to;
mod totp;
mod user;
mod webhook;

use std::{any::Any, time::Instant};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::{MethodRouter, get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

pub use body::MAXIMUM_BODY;
pub(crate) use fields::timestamp;
pub use openapi::document as openapi_document;
pub use problem::Problem;
pub(crate) use schemas::ChannelName;
pub use server::{Server, bind};

use crate::{app::App, page};

/// Where the API lives.
pub const BASE: &str = "/identity/otp";

/// The whole service as a router.
pub fn router(app: App) -> Router {
    let api = [
        ("/domain", get(domain::create_by_get).post(domain::create)),
        ("/domain/{domain}", get(domain::view).patch(domain::change)),
        ("/user", post(user::create)),
        ("/user/{domain}/{user_id}", get(user::view).delete(user::delete)),
        ("/user/{domain}/{user_id}/enrolment", post(user::open_enrolment)),
        ("/totp", post(totp::verify)),
        ("/send", post(challenge::send)),
        ("/send/{otp_id}", get(challenge::view)),
        ("/verify", post(challenge::verify)),
        ("/resend", post(challenge::resend)),
        ("/cancel", post(challenge::cancel)),
        ("/erase", post(erase::erase)),
        ("/sim-swap", post(sim_swap::check)),
        ("/webhook", get(webhook::view).put(webhook::set).delete(webhook::remove)),
    ];
    let is_dev = app.delivery.inbox.is_some();
    let router = api.into_iter().fold(Router::new(), |router, (path, methods)| {
        with_and_without_slash(router, &format!("{BASE}{path}"), methods)
    });
    let router = router
        .merge(page::routes(&app))
        .route("/callbacks/{provider}", post(callbacks::take))
        .route("/callbacks/{provider}/key/{language}", post(callbacks::key))
        .route("/openapi.json", get(openapi::serve))
        .route("/docs", get(docs::page))
        .route("/livez", get(operations::live))
        .route("/readyz", get(operations::ready))
        .route("/metrics", get(operations::metrics))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed);
    let router = if is_dev { router.layer(middleware::from_fn(local::only)) } else { router };
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(app.clone(), observe))
        .with_state(app)
}

fn with_and_without_slash(
    router: Router<App>,
    path: &str,
    methods: MethodRouter<App>,
) -> Router<App> {
    router.route(path, methods.clone()).route(&format!("{path}/"), methods)
}

async fn not_found() -> Problem {
    let detail =
        format!("there is nothing here; the API begins at {BASE}/ and is described at /docs");
    Problem::new(StatusCode::NOT_FOUND, "not-found", detail)
}

async fn method_not_allowed(method: Method) -> Problem {
    let detail = format!("{method} is not possible here; see /docs for the method");
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
}

/// What panicked stays out of the answer and the log: it may hold what it was about.
#[allow(clippy::needless_pass_by_value)] // as the layer calls it
fn panicked(_: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked; standard error has its place");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal-error", PANICKED).into_response()
}

const PANICKED: &str = "a fault of this service; nothing is known of what came of the request. Tell whoever runs it, and look before you try again";

/// Counts and times every request, and keeps every answer out of caches.
async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let route = route.trim_end_matches('/').to_owned(); // one name for both spellings
    let mut response = next.run(request).await;
    response
        .headers_mut()
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    let took = began.elapsed();
    let status = response.status().as_u16();
    tracing::debug!(route, status, ?took, "answered");
    app.metrics.request(route, status, took);
    response
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_handler_that_panics_answers_and_says_nothing_of_what_it_was_about() {
        async fn broken() {
            panic!("canary")
        }
        let router: Router = Router::new().route("/", get(broken));
        let router = router.layer(CatchPanicLayer::custom(panicked));
        let answer = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/problem+json");
        let body = to_bytes(answer.into_body(), 1 << 16).await.unwrap();
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains("internal-error") && !body.contains("canary"), "{body}");
    }
}
