//! Pages for people: enrolment, and the inbox of a developer.

use axum::Router;

use crate::app::App;

/// The routes of all pages.
pub(crate) fn routes(_: &App) -> Router<App> {
    Router::new()
}
