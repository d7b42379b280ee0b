//! `GET /docs`: the description of the API as a page, drawn on the server.

use axum::response::Html;

/// The page.
pub(super) async fn page() -> Html<&'static str> {
    Html("")
}
