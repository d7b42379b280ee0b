//! What a person sees of an enrolment.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use keyfob::{
    Digits, TotpParameters, UnixTime,
    enrolment::{ErrorCorrection, Qr, SvgOptions},
    service::EnrolmentView,
};
use zeroize::Zeroizing;

use super::{
    render,
    style::{ENROL, Style},
    words,
};

/// The page with the QR code and the form for the first code.
#[derive(Template)]
#[template(path = "enrol.html")]
pub(super) struct EnrolmentPage<'a> {
    style: &'static Style,
    issuer: &'a str,
    account_name: &'a str,
    uri: &'a Zeroizing<String>,
    key: Zeroizing<String>,
    qr: Option<Zeroizing<String>>,
    qr_is_dense: bool,
    algorithm: &'static str,
    digits: usize,
    period: String,
    open_for: String,
    error: Option<FormError>,
}

/// Why the form comes back.
pub(super) struct FormError {
    title: &'static str,
    /// What to do now.
    next: String,
    /// What was wrong, beside the field.
    field: String,
}

impl FormError {
    /// The code was wrong.
    pub(super) fn mismatch(attempts_left: u16) -> Self {
        let left = words::count(attempts_left.into(), "attempt");
        Self {
            title: "That code is not right",
            next: "Wait until your app shows a new code for this account, then enter it.".into(),
            field: format!("That code is not right. You have {left} left."),
        }
    }

    /// The code was wrong, and no other is checked for so many seconds.
    pub(super) fn paused(seconds: Option<u64>) -> Self {
        let when = seconds.map_or("later".to_owned(), |s| format!("in {}", words::wait(s)));
        Self {
            title: "Too many wrong codes",
            next: format!(
                "No code is checked for now, not even the right one. Try again {when}, with the code that your app shows then."
            ),
            field: format!("That code is not right. There is a pause now. Try again {when}."),
        }
    }

    /// What was typed cannot be a code.
    pub(super) fn malformed(digits: Digits) -> Self {
        let digits = digits.value();
        Self {
            title: "That is not a code",
            next: format!("Enter the {digits} digits that your app shows."),
            field: format!("A code is {digits} digits and nothing else."),
        }
    }

    /// The code cannot be taken, for a reason that is not the person's to mend.
    pub(super) fn refused() -> Self {
        Self {
            title: "That code cannot be used",
            next: "Wait until your app shows a new code, then enter it.".into(),
            field: "Enter the next code that your app shows.".into(),
        }
    }
}

impl<'a> EnrolmentPage<'a> {
    /// The page as it stands at `now`.
    pub(super) fn new(view: &'a EnrolmentView, now: UnixTime, error: Option<FormError>) -> Self {
        let TotpParameters { algorithm, digits, period } = view.parameters;
        let qr = qr(&view.uri);
        Self {
            style: &ENROL,
            issuer: &view.issuer,
            account_name: &view.account_name,
            uri: &view.uri,
            key: view.secret.expose_base32(),
            qr_is_dense: qr.as_ref().is_some_and(|qr| qr.size() > LARGEST_BESIDE_TEXT),
            qr: qr.map(|qr| qr.to_svg(SvgOptions { title: QR_TITLE, ..SvgOptions::default() })),
            algorithm: algorithm.name(),
            digits: digits.value().into(),
            period: words::count(period.seconds(), "second"),
            open_for: words::remaining(view.expires_at.saturating_sub(now)),
            error,
        }
    }

    /// The page with `status`.
    pub(super) fn respond(&self, status: StatusCode) -> Response {
        let names = self.issuer.len() + self.account_name.len() + self.uri.len();
        let picture = self.qr.as_ref().map_or(0, |qr| qr.len());
        let room = ROOM + self.style.css.len() + picture + 40 * names; // never regrown
        render(self, self.style, status, room)
    }

    fn key_groups(&self) -> impl Iterator<Item = &str> {
        // Base32 is ASCII, so that every group is text.
        self.key.as_bytes().chunks(4).filter_map(|group| str::from_utf8(group).ok())
    }
}

/// A page that says how things stand, and at most shows the way back.
#[derive(Template)]
#[template(path = "message.html")]
pub(super) struct MessagePage<'a> {
    style: &'static Style,
    status: StatusCode,
    title: &'static str,
    paragraphs: Vec<String>,
    issuer: Option<&'a str>,
    good: bool,
    may_return: bool,
    retry_after: Option<u64>,
}

impl<'a> MessagePage<'a> {
    /// The enrolment is complete.
    pub(super) fn done(issuer: &'a str) -> Self {
        // Isolated (U+2068, U+2069), for names are written in either direction.
        let next =
            format!("From now on \u{2068}{issuer}\u{2069} can ask you for a code from your app.");
        let page = Self::new(StatusCode::OK, "Your authenticator app is set up", [&*next, CLOSE]);
        Self { issuer: Some(issuer), good: true, ..page }
    }

    /// Used, replaced, expired or never made: one page, so that a stranger learns
    /// nothing from it.
    pub(super) fn gone() -> Self {
        let why = "It was used already, a newer link has replaced it, its time is over, or part of the address is missing.";
        let done = "If you have just set up your app, all is well: you can close this page.";
        let next = "Otherwise ask whoever sent you this link for a new one.";
        Self::new(StatusCode::NOT_FOUND, "This link cannot be used", [why, done, next])
    }

    /// Too many wrong codes, for now.
    pub(super) fn blocked(issuer: &'a str, seconds: u64) -> Self {
        let why = format!(
            "To protect your account, no code is checked for the next {}, not even the right one.",
            words::wait(seconds)
        );
        let next = "Your set-up is kept. Wait, then go back and enter the code that your app shows then. If codes keep failing, let your phone set its time by itself, and check that the account in your app is the one from this page.";
        let page = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many wrong codes", [&*why, next]);
        Self { issuer: Some(issuer), may_return: true, retry_after: Some(seconds), ..page }
    }

    /// Too many wrong codes, for good.
    pub(super) fn closed(issuer: &'a str) -> Self {
        let why = "There were too many wrong codes in a row, so this link was closed to protect your account.";
        let next = "Ask whoever sent you this link for a new one.";
        let page = Self::new(StatusCode::FORBIDDEN, "This link is closed", [why, next]);
        Self { issuer: Some(issuer), ..page }
    }

    /// The store did not answer.
    pub(super) fn unavailable() -> Self {
        let what = "Nothing was changed, and your link still works.";
        let next = "Wait a moment, then try again.";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let page = Self::new(status, "We cannot do this right now", [what, next]);
        Self { may_return: true, retry_after: Some(5), ..page }
    }

    /// The form was larger than any code, or did not arrive.
    pub(super) fn unreadable(status: StatusCode) -> Self {
        let next = "Go back and enter the digits that your app shows.";
        let what = "What was sent cannot be a code, so it was not read. Nothing was changed.";
        let page = Self::new(status, "That is not a code", [what, next]);
        Self { may_return: true, ..page }
    }

    /// Something is wrong on this side.
    pub(super) fn failed() -> Self {
        let next = "Try again later. If it stays so, tell whoever sent you this link.";
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "Something went wrong on our side", ["No code was accepted.", next])
    }

    /// The page with its status, and when to come back.
    pub(super) fn respond(&self) -> Response {
        let mut response = render(self, self.style, self.status, ROOM + self.style.css.len());
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    fn new<const N: usize>(status: StatusCode, title: &'static str, text: [&str; N]) -> Self {
        Self {
            style: &ENROL,
            status,
            title,
            paragraphs: text.map(str::to_owned).into(),
            issuer: None,
            good: false,
            may_return: false,
            retry_after: None,
        }
    }
}

const CLOSE: &str = "You can close this page.";
const QR_TITLE: &str = "QR code to scan with your authenticator app";

/// Modules to a side that a phone still reads in 15 rem, beside text.
const LARGEST_BESIDE_TEXT: usize = 65;

/// What the templates themselves take, in bytes, twice over.
const ROOM: usize = 16 * 1024;

/// Long names in scripts of many bytes may leave room for little correction, or in
/// theory for no code at all; the key by hand always works.
fn qr(uri: &str) -> Option<Qr> {
    let medium = Qr::encode(uri, ErrorCorrection::Medium);
    medium.or_else(|_| Qr::encode(uri, ErrorCorrection::Low)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_said_in_words_and_rounded_up() {
        let said = |seconds| FormError::paused(Some(seconds)).field;
        assert!(said(30).ends_with(" Try again in 30 seconds."), "{}", said(30));
        assert!(said(91).ends_with(" Try again in 2 minutes."), "{}", said(91));
        assert!(FormError::paused(Some(120)).next.contains("Try again in 2 minutes, "));
    }
}
