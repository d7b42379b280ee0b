//! What people see of the console.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use keyfob::{UnixTime, service::AccountId};

use super::{
    super::{
        render,
        style::{CONSOLE, Style},
        words,
    },
    chart::{Chart, clock},
    figures::{Figures, Tally},
};
use crate::delivery::{BreakerState, ProviderHealth};

/// The form to log in.
#[derive(Template)]
#[template(path = "console_login.html")]
pub(super) struct LoginPage {
    style: &'static Style,
    error: Option<LoginError>,
}

/// Why the form is there again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LoginError {
    /// The key is none.
    Wrong,
    /// There were many like it.
    TooMany,
    /// The session is over.
    Over,
    /// The form did not come from here, as far as can be told.
    Foreign,
    /// The store does not answer.
    Unavailable,
}

impl LoginError {
    fn status(self) -> StatusCode {
        match self {
            Self::Wrong => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Over => StatusCode::OK,
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Wrong => "That key does not open anything",
            Self::TooMany => "Too many wrong keys",
            Self::Over => "You are logged out",
            Self::Foreign => "That did not come from this page",
            Self::Unavailable => "The figures cannot be read just now",
        }
    }

    fn next(self) -> &'static str {
        match self {
            Self::Wrong => {
                "It is mistyped, expired or revoked. Copy the whole key, from kf_ to its end; keyfob key list shows which keys there are, and keyfob key create makes another."
            }
            Self::TooMany => "Wait a few seconds, then try again. The right key is always taken.",
            Self::Over => {
                "The session was unused for 15 minutes, is eight hours old, or its key was revoked. Log in again."
            }
            Self::Foreign => {
                "Nothing was done. Log in here, over https or on the machine itself. If you did, your browser keeps back where forms come from: use another."
            }
            Self::Unavailable => "The store does not answer. Try again in a moment.",
        }
    }

    /// Whether the field is at fault.
    fn is_of_field(self) -> bool {
        self == Self::Wrong
    }
}

impl LoginPage {
    /// The form.
    pub(super) fn new(error: Option<LoginError>) -> Self {
        Self { style: &CONSOLE, error }
    }

    /// The page, with its status and when to come back.
    pub(super) fn respond(&self) -> Response {
        let status = self.error.map_or(StatusCode::OK, LoginError::status);
        let mut response = render(self, self.style, status, ROOM + self.style.css.len());
        if matches!(self.error, Some(LoginError::TooMany | LoginError::Unavailable)) {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// An account's last day.
#[derive(Template)]
#[template(path = "console.html")]
pub(super) struct ConsolePage<'a> {
    style: &'static Style,
    account: String,
    token: String,
    now: String,
    figures: &'a Figures,
    chart: Chart,
    countries: Vec<Row>,
    channels: Vec<Row>,
    blocks: Vec<(String, u64)>,
    waiting: u64,
    providers: Option<Vec<ProviderRow>>,
}

/// A row of a table of tallies.
struct Row {
    name: String,
    tally: Tally,
    share: Option<u64>,
}

struct ProviderRow {
    name: String,
    channels: String,
    state: &'static str,
    is_well: bool,
    taken: String,
    note: Option<String>,
}

/// Countries with a row of their own; the rest has one together.
const COUNTRIES: usize = 15;

/// What the templates take at most without providers, in bytes.
const ROOM: usize = 64 * 1024;

impl<'a> ConsolePage<'a> {
    /// The page as it stands at `now`; without `providers` for those who run none.
    pub(super) fn new(
        account: AccountId,
        figures: &'a Figures,
        providers: Option<Vec<ProviderHealth>>,
        token: String,
        now: UnixTime,
    ) -> Self {
        let channels = figures.channels.iter();
        let blocks = figures.hours.iter().rev().filter(|(_, tally)| tally.blocked > 0);
        let rows = |health: Vec<ProviderHealth>| {
            health.into_iter().map(|health| ProviderRow::new(health, now)).collect()
        };
        Self {
            style: &CONSOLE,
            account: account.to_string(),
            token,
            now: clock(now),
            figures,
            chart: Chart::new(&figures.hours),
            countries: countries(&figures.countries),
            channels: channels.map(|(channel, tally)| Row::new(channel.name(), *tally)).collect(),
            blocks: blocks.map(|(hour, tally)| (clock(*hour), tally.blocked)).collect(),
            waiting: figures.waiting.iter().map(|(_, count)| count).sum(),
            providers: providers.map(rows),
        }
    }

    /// The page.
    pub(super) fn respond(&self) -> Response {
        let providers = self.providers.iter().flatten();
        let rows: usize = providers
            .map(|row| 1024 + 8 * (row.name.len() + row.note.as_ref().map_or(0, String::len)))
            .sum();
        render(self, self.style, StatusCode::OK, ROOM + rows + self.style.css.len())
    }

    /// The latest first.
    fn hours(&self) -> impl Iterator<Item = (String, Tally)> {
        self.figures.hours.iter().rev().map(|(begins, tally)| (clock(*begins), *tally))
    }

    fn is_empty(&self) -> bool {
        self.figures.total == Tally::default()
    }
}

impl Row {
    fn new(name: impl Into<String>, tally: Tally) -> Self {
        Self { name: name.into(), tally, share: tally.conversion() }
    }
}

impl ProviderRow {
    fn new(health: ProviderHealth, now: UnixTime) -> Self {
        let channels: Vec<_> = health.channels.iter().map(|channel| channel.name()).collect();
        let state = match health.state {
            BreakerState::Resting => "resting after faults",
            BreakerState::Trying => "being tried again",
            BreakerState::Closed if health.trouble.is_some() => "in trouble",
            BreakerState::Closed if health.asked == 0 => "ready",
            BreakerState::Closed => "working",
        };
        let ago = |at| words::ago(now.saturating_sub(at));
        let fault = health.last_fault.map(|(fault, at)| format!("Last fault {}: {fault}", ago(at)));
        let prefix = format!("providers.{}: ", health.name);
        let trouble = health.trouble.map(|text| match text.strip_prefix(&prefix) {
            Some(rest) => rest.to_owned(),
            None => text,
        });
        let sessions = health.sessions.map(|(up, all)| format!("{up} of {all} sessions are up"));
        let notes: Vec<_> = [sessions, trouble.or(fault)].into_iter().flatten().collect();
        Self {
            channels: if channels.is_empty() { "none".to_owned() } else { channels.join(", ") },
            is_well: health.state == BreakerState::Closed && !matches!(state, "in trouble"),
            state,
            taken: match health.asked {
                0 => "none asked".to_owned(),
                asked => format!("{} % of {asked}", health.taken * 100 / asked),
            },
            note: (!notes.is_empty()).then(|| notes.join(". ")),
            name: health.name,
        }
    }
}

fn countries(all: &[(String, Tally)]) -> Vec<Row> {
    let (own, others) = all.split_at(all.len().min(COUNTRIES));
    let name =
        |code: &str| if code == "other" { "not assigned".to_owned() } else { code.to_owned() };
    let mut rows: Vec<_> = own.iter().map(|(code, tally)| Row::new(name(code), *tally)).collect();
    if !others.is_empty() {
        let sum = others.iter().fold(Tally::default(), |sum, (_, tally)| sum.plus(tally));
        rows.push(Row::new(format!("{} others", others.len()), sum));
    }
    rows
}
