//! `/`: what is running here, and where to read on.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{
    render,
    style::{DOCS, Style},
};
use crate::http::BASE;

/// The page.
pub(super) async fn show() -> Response {
    let page = LandingPage { style: &DOCS, version: env!("CARGO_PKG_VERSION"), base: BASE };
    render(&page, page.style, StatusCode::OK, 16 * 1024)
}

#[derive(Template)]
#[template(path = "landing.html")]
struct LandingPage {
    style: &'static Style,
    version: &'static str,
    base: &'static str,
}
