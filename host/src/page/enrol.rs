//! `/enrol/{ticket}`: a person adds an account to an authenticator app and confirms
//! it with the first code.

use std::time::Duration;

use axum::{
    Form,
    extract::{FromRequest, Path, Request, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use keyfob::service::{EnrolmentView, Outcome, Ticket};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::enrol_view::{EnrolmentPage, FormError, MessagePage};
use crate::{
    app::App,
    audit::{AuditEvent, Audited, actor},
    engine::FlowError,
    http::Problem,
    storage::sqlite::AuditEntry,
};

/// The largest form that is read, in bytes.
pub(super) const MAXIMUM_FORM: usize = 1024;

/// How long a browser may take to send the form.
const FORM_TIME: Duration = Duration::from_secs(10);

/// `GET /enrol/{ticket}`. Changes nothing, for mail scanners open links too.
pub(super) async fn show(
    State(app): State<App>,
    ticket: Result<Path<String>, PathRejection>,
) -> Response {
    match open(&app, ticket).await {
        Ok((_, view)) => form(&app, &view, StatusCode::OK, None),
        Err(error) => refusal(&app, &error),
    }
}

/// `POST /enrol/{ticket}` with the field `code`.
pub(super) async fn confirm(
    State(app): State<App>,
    ticket: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let (ticket, view) = match open(&app, ticket).await {
        Ok(open) => open,
        Err(error) => return refusal(&app, &error),
    };
    let code = match read_code(request).await {
        Ok(code) => code,
        Err(status) => return MessagePage::unreadable(status).respond(),
    };
    let subject = app.subjects().user(view.account, view.domain, &view.user_id);
    let entry = AuditEntry::new(app.clock.now(), AuditEvent::EnrolmentConfirmed)
        .of(view.account)
        .by(actor::PERSON)
        .within(view.domain)
        .about(subject);
    let ports = Audited::judging(&app, Some(entry));
    let outcome = app.engine.confirm_enrolment(&ports, &ticket, &code).await;
    let outcome = match outcome {
        Ok(Outcome::Malformed) => {
            let error = FormError::malformed(view.parameters.digits);
            return form(&app, &view, StatusCode::UNPROCESSABLE_ENTITY, Some(error));
        }
        Ok(outcome) => ports.finish(outcome.code()).await.map_err(Into::into).map(|()| outcome),
        Err(error) => Err(error),
    };
    match outcome {
        Ok(outcome) => answer(&app, &ticket, &view, outcome).await,
        Err(error) => refusal(&app, &error),
    }
}

async fn open(
    app: &App,
    ticket: Result<Path<String>, PathRejection>,
) -> Result<(Ticket, EnrolmentView), FlowError> {
    let ticket = ticket.ok().map(|Path(text)| Zeroizing::new(text));
    let ticket = Ticket::parse(&ticket.unwrap_or_default())?;
    let view = app.engine.view_enrolment(app, &ticket).await?;
    Ok((ticket, view))
}

#[derive(Deserialize)]
struct CodeForm {
    #[serde(default)]
    code: String,
}

/// What was typed, without spaces: apps show codes in groups and people type them
/// so. Nothing else is removed, here or later. A form of another kind has no code.
async fn read_code(request: Request) -> Result<Zeroizing<String>, StatusCode> {
    let reading = Form::<CodeForm>::from_request(request, &());
    let form = tokio::time::timeout(FORM_TIME, reading).await;
    let typed = match form.map_err(|_| StatusCode::REQUEST_TIMEOUT)? {
        Ok(Form(form)) => Zeroizing::new(form.code),
        Err(rejection) => match rejection.into_response().status() {
            status @ StatusCode::PAYLOAD_TOO_LARGE => return Err(status),
            _ => Zeroizing::default(),
        },
    };
    Ok(Zeroizing::new(typed.replace(' ', "")))
}

async fn answer(app: &App, ticket: &Ticket, view: &EnrolmentView, outcome: Outcome) -> Response {
    app.metrics.outcome("enrolment", outcome.code());
    match outcome {
        Outcome::Accepted => MessagePage::done(&view.issuer).respond(),
        Outcome::Mismatch { attempts_left } => {
            let error = match attempts_left {
                0 => FormError::paused(pause(app, ticket).await),
                left => FormError::mismatch(left),
            };
            form(app, view, StatusCode::UNPROCESSABLE_ENTITY, Some(error))
        }
        Outcome::Blocked { until } => {
            let seconds = until.saturating_sub(app.clock.now()).max(1);
            MessagePage::blocked(&view.issuer, seconds).respond()
        }
        Outcome::Disabled => MessagePage::closed(&view.issuer).respond(),
        _ => {
            tracing::info!(outcome = outcome.code(), "a first code was refused");
            form(app, view, StatusCode::UNPROCESSABLE_ENTITY, Some(FormError::refused()))
        }
    }
}

/// How many seconds no code is checked, which the enrolment says after a wrong one.
async fn pause(app: &App, ticket: &Ticket) -> Option<u64> {
    let view = app.engine.view_enrolment(app, ticket).await.ok()?;
    view.blocked_until.map(|until| until.saturating_sub(app.clock.now()))
}

fn form(app: &App, view: &EnrolmentView, status: StatusCode, error: Option<FormError>) -> Response {
    EnrolmentPage::new(view, app.clock.now(), error).respond(status)
}

/// An error as a page. Which status an error has is decided in one place, for the
/// pages as for the API.
fn refusal(app: &App, error: &FlowError) -> Response {
    match Problem::from_flow(error, app.clock.now()).status() {
        StatusCode::NOT_FOUND => MessagePage::gone().respond(),
        StatusCode::SERVICE_UNAVAILABLE => {
            tracing::warn!(%error, "an enrolment gave up");
            MessagePage::unavailable().respond()
        }
        _ => {
            tracing::error!(%error, "an enrolment failed");
            MessagePage::failed().respond()
        }
    }
}
