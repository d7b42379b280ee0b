//! `/dev/inbox`: what would have been sent. It exists with `--dev` only.

use askama::Template;
use axum::{extract::State, http::StatusCode, response::Response};

use super::{
    render,
    style::{INBOX, Style},
    words,
};
use crate::{app::App, delivery::InboxMessage, http::timestamp};

/// The page.
pub(super) async fn show(State(app): State<App>) -> Response {
    let now = app.clock.now();
    let messages = app.delivery.inbox.as_ref().map(|inbox| inbox.messages());
    let messages = messages.unwrap_or_default().into_iter().map(|message| Row {
        ago: words::ago(now.saturating_sub(message.at)),
        at: timestamp(message.at),
        message,
    });
    let page = InboxPage { style: &INBOX, messages: messages.collect() };
    render(&page, page.style, StatusCode::OK, 64 * 1024)
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    style: &'static Style,
    messages: Vec<Row>,
}

struct Row {
    message: InboxMessage,
    ago: String,
    at: String,
}
