//! Pages for people, drawn here: they need no script and ask nothing of any other
//! host.

mod console;
mod enrol;
mod enrol_view;
mod inbox;
mod landing;
pub(crate) mod style;
mod words;

use askama::Template;
use axum::{
    Router,
    body::Bytes,
    extract::DefaultBodyLimit,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use zeroize::Zeroizing;

pub use console::Console;

use crate::app::App;
use style::Style;

/// The routes of all pages.
pub(crate) fn routes(app: &App) -> Router<App> {
    let enrolment =
        get(enrol::show).post(enrol::confirm).layer(DefaultBodyLimit::max(enrol::MAXIMUM_FORM));
    let router = Router::new()
        .route("/", get(landing::show))
        .route("/enrol/{ticket}", enrolment.clone())
        .route("/enrol/{ticket}/", enrolment)
        .merge(console::routes());
    if app.delivery.inbox.is_none() {
        return router;
    }
    router.route("/dev/inbox", get(inbox::show))
}

/// Draws a page into `room` bytes. Pages that hold a secret must never outgrow it:
/// the text is wiped once sent, but a piece that was left behind would not be.
pub(crate) fn render(
    page: &impl Template,
    style: &Style,
    status: StatusCode,
    room: usize,
) -> Response {
    let mut text = Zeroizing::new(String::with_capacity(room));
    match page.render_into(&mut *text) {
        Ok(()) => {
            debug_assert!(text.len() <= room, "a page outgrew its room");
            style.respond(status, Bytes::from_owner(text)) // wiped once it is sent
        }
        Err(error) => {
            tracing::error!(%error, "a page could not be drawn"); // never: a String takes all
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
