//! `GET /docs`: the description of the API as a page, drawn from the description
//! that machines read.

mod event;
mod operation;
mod problems;
mod schema;

use std::sync::LazyLock;

use askama::Template;
use axum::{body::Bytes, extract::State, http::StatusCode, response::Response};
use serde_json::Value;

use self::{
    event::{Event, event_headers, events},
    operation::{Answer, Group},
    problems::{Explained, outcomes, problems},
    schema::Field,
};
use super::{BASE, openapi_document};
use crate::{
    app::App,
    page::style::{DOCS, Style},
};

/// The page.
pub(super) async fn page(State(app): State<App>) -> Response {
    let page = app.docs(|| draw(&app.public_url));
    DOCS.respond(StatusCode::OK, page)
}

fn draw(url: &str) -> Bytes {
    static CONTENT: LazyLock<Content> = LazyLock::new(Content::read);
    let page = DocsPage { style: &DOCS, content: &CONTENT, url, base: BASE };
    Bytes::from(page.render().unwrap_or_default()) // never fails: a String takes all
}

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    style: &'static Style,
    content: &'static Content,
    /// Where this service is reached; the rest is the same wherever it runs.
    url: &'a str,
    base: &'static str,
}

/// What the page says, read once.
struct Content {
    version: String,
    description: Prose,
    groups: Vec<Group>,
    events: Vec<Event>,
    /// What each event is signed with.
    event_headers: Vec<Field>,
    /// Answers that every operation may give.
    refusals: Vec<Answer>,
    problem: Vec<Field>,
    problems: Vec<Explained>,
    outcomes: Vec<Explained>,
}

impl Content {
    fn read() -> Self {
        // Plain data always serialises; of null, nothing would be drawn.
        let document = serde_json::to_value(openapi_document()).unwrap_or_default();
        let text = |pointer| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (groups, refusals) = operation::groups(&document);
        Self {
            version: text("/info/version").to_owned(),
            description: Prose::parse(text("/info/description")),
            groups,
            event_headers: event_headers(&document),
            events: events(&document),
            refusals,
            problem: schema::fields(&document, &document["components"]["schemas"]["Problem"]),
            problems: problems(),
            outcomes: outcomes(),
        }
    }
}

/// Text in which backticks mark code.
#[derive(Clone, PartialEq)]
struct Prose(Vec<Span>);

#[derive(Clone, PartialEq)]
struct Span {
    text: String,
    code: bool,
}

impl Prose {
    fn parse(text: &str) -> Self {
        let spans = text.split('`').enumerate();
        let spans = spans.map(|(place, text)| Span { text: text.to_owned(), code: place % 2 == 1 });
        Self(spans.filter(|span| !span.text.is_empty()).collect())
    }
}
