//! CAMARA SIM Swap 2.1 (<https://github.com/camaraproject/SimSwap>).

use std::fmt;

use keyfob::{
    UnixTime,
    service::{Phone, SimSwap},
};
use reqwest::{Client, RequestBuilder, Url};
use serde::Serialize;
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

use super::{
    SimSwapConfig, SimSwapError, SimSwapMethod, answer,
    token::{Token, Tokens},
};
use crate::delivery::{Unreachable, client};

/// An operator's API.
pub struct Camara {
    client: Client,
    url: Url,
    method: SimSwapMethod,
    tokens: Tokens,
}

impl Camara {
    /// The API of this configuration. Connects when there is something to ask.
    ///
    /// # Errors
    /// [`SimSwapError`] when it cannot work, whatever the network is like.
    pub fn new(config: &SimSwapConfig) -> Result<Self, SimSwapError> {
        config.check()?;
        let path = match config.method {
            SimSwapMethod::Check => "check",
            SimSwapMethod::RetrieveDate => "retrieve-date",
        };
        let base = config.base_url.expose().trim_end_matches('/');
        let url = client::url(&format!("{base}/{path}")).map_err(SimSwapError::BaseUrl)?;
        let token_url = client::url(config.token_url.expose()).map_err(SimSwapError::TokenUrl)?;
        let client = client::client(config.ca_file.as_deref()).map_err(SimSwapError::Client)?;
        let credentials = (config.client_id.as_str(), &config.client_secret);
        let tokens = Tokens::new(client.clone(), token_url, credentials, &config.scope);
        Ok(Self { client, url, method: config.method, tokens })
    }

    /// Whether the SIM changed within the last `max_age_hours`, by `deadline`. A token that
    /// is not taken is renewed once.
    ///
    /// # Errors
    /// [`Fault`] when the operator does not work, or not for us. That it does not know is
    /// an answer.
    pub async fn ask(
        &self,
        phone: &Phone,
        max_age_hours: u16,
        now: UnixTime,
        correlator: Uuid,
        deadline: Instant,
    ) -> Result<Told, Fault> {
        let token = self.tokens.get(None, deadline).await?;
        let question = Question { phone, max_age_hours, correlator };
        let (mut status, mut body) = self.put(&question, &token, deadline).await?;
        if status == 401 {
            let token = self.tokens.get(Some(&token), deadline).await?;
            (status, body) = self.put(&question, &token, deadline).await?;
        }
        let malformed = Fault::Malformed;
        let sim_swap = match (status, self.method) {
            (200, SimSwapMethod::Check) => answer::of_check(&body).ok_or(malformed),
            (200, SimSwapMethod::RetrieveDate) => {
                answer::of_retrieve_date(&body, max_age_hours, now).ok_or(malformed)
            }
            _ if answer::is_about_the_number(status, &body) => Ok(SimSwap::Unknown),
            (500..=599 | 408 | 425 | 429, _) => Err(Fault::Failed(status)),
            _ => Err(Fault::Refused(status)),
        };
        sim_swap.map(|sim_swap| Told { sim_swap, status })
    }

    /// Whether a token is to be had. Asks about no number.
    ///
    /// # Errors
    /// [`Fault`].
    pub async fn check(&self, deadline: Instant) -> Result<(), Fault> {
        self.tokens.get(None, deadline).await.map(drop)
    }

    async fn put(
        &self,
        question: &Question<'_>,
        token: &Token,
        deadline: Instant,
    ) -> Result<(u16, Vec<u8>), Fault> {
        let body = Body {
            phone_number: question.phone.as_str(),
            max_age: (self.method == SimSwapMethod::Check).then_some(question.max_age_hours),
        };
        let request = self.client.post(self.url.clone());
        let request = request.bearer_auth(token.expose()).json(&body);
        let request = request.header("x-correlator", question.correlator.to_string());
        timeout_at(deadline, exchange(request)).await.unwrap_or(Err(Fault::Late))
    }
}

impl fmt::Debug for Camara {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Camara") // its URLs may hold a password, its tokens are keys
    }
}

/// What the operator answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// What it says of the SIM.
    pub sim_swap: SimSwap,
    /// The status of its answer.
    pub status: u16,
}

struct Question<'a> {
    phone: &'a Phone,
    max_age_hours: u16,
    correlator: Uuid,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    phone_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<u16>,
}

/// Why the operator gave no answer. Nothing in it comes from the operator's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nobody answers there.
    Unreachable(Unreachable),
    /// The answer was cut short.
    Cut,
    /// There was no answer in time.
    Late,
    /// The answer is none.
    Malformed,
    /// The operator fails, with this status.
    Failed(u16),
    /// The operator refuses us, with this status.
    Refused(u16),
    /// Nobody answers where tokens are to be had.
    TokenUnreachable(Unreachable),
    /// What came is no token.
    TokenMalformed,
    /// Whoever has the tokens fails, with this status.
    TokenFailed(u16),
    /// Our credentials are not taken, with this status.
    TokenRefused(u16),
}

impl Fault {
    pub(super) fn of_token(self) -> Self {
        match self {
            Self::Unreachable(why) => Self::TokenUnreachable(why),
            Self::Cut => Self::TokenUnreachable(Unreachable::Closed),
            Self::Malformed => Self::TokenMalformed,
            other => other,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(why) => write!(f, "no connection to the operator: {why}"),
            Self::Cut => f.write_str("the operator's answer was cut short"),
            Self::Late => f.write_str("no answer from the operator in time"),
            Self::Malformed => f.write_str("the operator's answer is none that SIM Swap 2.1 has"),
            Self::Failed(status) => write!(f, "the operator answered {status}"),
            Self::Refused(status) => write!(
                f,
                "the operator answered {status}; see whether base_url, scope and what the credentials allow are right"
            ),
            Self::TokenUnreachable(why) => write!(f, "no connection to token_url: {why}"),
            Self::TokenMalformed => f.write_str("what token_url answered is no bearer token"),
            Self::TokenFailed(status) => write!(f, "token_url answered {status}"),
            Self::TokenRefused(status) => write!(
                f,
                "token_url answered {status}; see whether client_id, client_secret and scope are right"
            ),
        }
    }
}

impl std::error::Error for Fault {}

/// How much of an answer is read.
const LONGEST_ANSWER: usize = 16 * 1024;

/// Sends, and returns the whole answer: half of one may say the opposite.
pub(super) async fn exchange(request: RequestBuilder) -> Result<(u16, Vec<u8>), Fault> {
    let failed = |error: reqwest::Error| match () {
        () if error.is_timeout() => Fault::Late,
        () => Fault::Unreachable(client::unreachable(&error)),
    };
    let mut answer = request.send().await.map_err(failed)?;
    let (status, mut body) = (answer.status().as_u16(), Vec::new());
    while let Some(part) = answer.chunk().await.map_err(|_| Fault::Cut)? {
        body.extend_from_slice(&part);
        if body.len() > LONGEST_ANSWER {
            return Err(Fault::Malformed);
        }
    }
    Ok((status, body))
}
