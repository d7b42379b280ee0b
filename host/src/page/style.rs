//! The look of the pages, and the headers that keep anything else out of them.

use std::sync::LazyLock;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

/// One style sheet, and the policy that allows it and nothing else.
#[derive(Debug)]
pub(crate) struct Style {
    /// What stands in the page's `<style>`.
    pub css: &'static str,
    policy: HeaderValue,
}

/// The enrolment page and its messages.
pub(crate) static ENROL: LazyLock<Style> =
    LazyLock::new(|| Style::new(concat!(include_base!(), include_css!("enrol"))));

/// The description of the API and the landing page.
pub(crate) static DOCS: LazyLock<Style> =
    LazyLock::new(|| Style::new(concat!(include_base!(), include_css!("docs"))));

/// The developer's inbox.
pub(crate) static INBOX: LazyLock<Style> =
    LazyLock::new(|| Style::new(concat!(include_base!(), include_css!("inbox"))));

/// The console.
pub(crate) static CONSOLE: LazyLock<Style> =
    LazyLock::new(|| Style::new(concat!(include_base!(), include_css!("console"))));

impl Style {
    fn new(css: &'static str) -> Self {
        let hash = Base64::encode_string(&Sha256::digest(css));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'"
        );
        // Base64 and the text around it are visible ASCII, so this never falls back;
        // if it did, the page would have no style rather than no policy.
        let policy =
            HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        Self { css, policy }
    }

    /// A page of this style.
    pub(crate) fn respond(&self, status: StatusCode, page: Bytes) -> Response {
        let mut response = Response::new(Body::from(page));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        for (name, value) in HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }
}

const HEADERS: [(&str, &str); 8] = [
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "no-store"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("x-robots-tag", "noindex"),
];

macro_rules! include_css {
    ($name:literal) => {
        include_str!(concat!("../../templates/", $name, ".css"))
    };
}
macro_rules! include_base {
    () => {
        include_css!("base")
    };
}
use {include_base, include_css};
