//! The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a request
//! that is sent again is not carried out again but answered the same.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use keyfob::service::{AccountId, Begun, Claim, IdempotencyKey, PortError, ServiceError};
use serde::{Serialize, de::DeserializeOwned};
use tokio::task::JoinError;
use utoipa::IntoParams;
use zeroize::Zeroizing;

use super::{Problem, body, fields};
use crate::app::App;

/// The header's name.
pub(super) const HEADER: &str = "Idempotency-Key";

/// Marks an answer that was given before.
const REPLAYED: &str = "idempotent-replayed";

/// The header, for the description.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)] // names a header for the description
pub(super) struct IdempotencyHeader {
    /// Your name for this request, best a UUID: 1 to 255 visible ASCII characters, with
    /// double quotes around them or without. Sent again within 24 hours, with the same
    /// body byte for byte, the request is not carried out again: the first answer
    /// comes back, with the header `Idempotent-Replayed: true`. Only successes are
    /// remembered; after a refusal the key is free. Keys belong to your account and to
    /// this path.
    #[param(
        rename = "Idempotency-Key", value_type = String, required = false,
        min_length = 1, max_length = 255, pattern = "^[!-~]+$",
        example = "8e03978e-40d5-43e8-bc93-6894a57f9324"
    )]
    key: Option<String>,
}

/// A JSON body that may have come with a key.
pub(super) struct Keyed<T>(pub T, pub Once);

/// What it takes to carry a request out once: its key, if it has one, and its body.
pub(super) struct Once {
    key: Option<IdempotencyKey>,
    body: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Keyed<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let key = key(request.headers())?;
        let (value, body) = body::json(request).await?;
        Ok(Self(value, Once { key, body }))
    }
}

impl Once {
    /// The answer of `work`, or the one that it gave before to the same key and body.
    ///
    /// All of it runs in a task of its own: a client that hangs up would otherwise take the
    /// work away half done.
    pub(super) async fn answer<T: Serialize + Send + 'static>(
        self,
        app: App,
        account: AccountId,
        route: &'static str,
        work: impl Future<Output = Result<T, Problem>> + Send + 'static,
    ) -> Result<Response, Problem> {
        let Self { key, body } = self;
        let Some(key) = key else {
            let answer = app.spawn(work).await.unwrap_or_else(|error| Err(died(error)))?;
            return Ok(respond(&encode(&answer)));
        };
        let carried_out = app.clone().spawn(async move {
            let begun = app.engine.begin_idempotent(&app, account, route, &key, &body).await;
            match begun.map_err(|error| fields::problem(&app, &error))? {
                Begun::Run(claim) => carry_out(&app, claim, work).await,
                Begun::Replay(answer) => Ok(replay(&answer)),
            }
        });
        carried_out.await.unwrap_or_else(|error| Err(died(error)))
    }
}

async fn carry_out<T: Serialize>(
    app: &App,
    claim: Claim,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<Response, Problem> {
    match work.await.map(|reply| encode(&reply)) {
        Ok(answer) => {
            remember(app, claim, &answer).await;
            Ok(respond(&answer))
        }
        Err(problem) if problem.status().is_client_error() => {
            release(app, claim).await;
            Err(problem)
        }
        Err(problem) => Err(problem), // nobody knows what came of it: the claim has to run out
    }
}

/// The answer goes out whether or not it can be remembered: it is true. If it cannot,
/// the claim keeps repetitions out until it lapses.
async fn remember(app: &App, claim: Claim, answer: &[u8]) {
    if let Err(error) = app.engine.finish_idempotent(app, claim, answer).await {
        tracing::warn!(%error, "an answer was not remembered; its request may run again in half a minute");
    }
}

async fn release(app: &App, claim: Claim) {
    if let Err(error) = app.engine.release_idempotent(app, claim).await {
        tracing::warn!(%error, "an idempotency key was not released; its claim has to run out");
    }
}

/// A panic goes on here as it would have without a task. A task that was cancelled
/// means that the service has ended under it.
pub(super) fn died(error: JoinError) -> Problem {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Problem::from_service(&ServiceError::Port(PortError::Unavailable), 0),
    }
}

fn key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let key = IdempotencyKey::parse(text.map(unquoted).unwrap_or_default());
    key.map(Some).map_err(|error| fields::invalid_field(HEADER, error))
}

/// The draft has the key in double quotes (a string of RFC 9651); many clients send none.
fn unquoted(text: &str) -> &str {
    let inner = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inner.unwrap_or(text)
}

fn encode(reply: &impl Serialize) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(reply).unwrap_or_default()) // plain data always serialises
}

fn respond(answer: &[u8]) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], Body::from(answer.to_vec())).into_response()
}

fn replay(answer: &[u8]) -> Response {
    let mut response = respond(answer);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pair_of_quotes_is_taken_off_and_no_more() {
        for (sent, key) in [
            ("abc", "abc"),
            ("\"abc\"", "abc"),
            ("\"\"abc\"\"", "\"abc\""),
            ("\"abc", "\"abc"),
            ("abc\"", "abc\""),
            ("\"\"", ""),
            ("\"", "\""),
        ] {
            assert_eq!(unquoted(sent), key, "{sent}");
        }
    }
}
