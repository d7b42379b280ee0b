//! OAuth 2 client credentials (RFC 6749, section 4.4): a token is used until shortly
//! before its end, and of many who need one, one fetches it.

use std::time::Duration;

use reqwest::{Client, Url};
use serde::Deserialize;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout_at},
};
use zeroize::Zeroizing;

use super::{
    answer,
    camara::{self, Fault},
};
use crate::config::Hidden;

/// Where tokens come from, and the last one.
pub(super) struct Tokens {
    client: Client,
    url: Url,
    credentials: (String, Zeroizing<String>),
    scope: String,
    last: Mutex<Last>,
}

/// What is sent with a question. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token(Hidden);

#[derive(Default)]
struct Last {
    token: Option<(Token, Instant)>,
    fault: Option<(Fault, Instant)>,
}

/// How long those who waited for a token that could not be had do without asking
/// themselves.
const FAULT_LIFE: Duration = Duration::from_secs(1);

/// How long before its end a token is renewed, and how long one lives that says nothing.
const MARGIN: Duration = Duration::from_secs(30);
const UNSAID_LIFE: u64 = 300;

/// A year; what is longer is no length of time that anybody means.
const LONGEST_LIFE: u64 = 31_536_000;

impl Tokens {
    pub(super) fn new(
        client: Client,
        url: Url,
        (id, secret): (&str, &Hidden),
        scope: &str,
    ) -> Self {
        let credentials = (encode(id).to_string(), encode(secret.expose()));
        Self { client, url, credentials, scope: scope.to_owned(), last: Mutex::default() }
    }

    /// A token that is good for a while, other than `refused`, which the operator did not
    /// take.
    pub(super) async fn get(
        &self,
        refused: Option<&Token>,
        deadline: Instant,
    ) -> Result<Token, Fault> {
        let mut last = timeout_at(deadline, self.last.lock()).await.map_err(|_| Fault::Late)?;
        let now = Instant::now();
        if let Some((token, good_until)) = &last.token
            && now < *good_until
            && Some(token) != refused
        {
            return Ok(token.clone());
        }
        if let Some((fault, at)) = &last.fault
            && now.duration_since(*at) < FAULT_LIFE
        {
            return Err(*fault);
        }
        let fetched = timeout_at(deadline, self.fetch()).await.unwrap_or(Err(Fault::Late));
        let now = Instant::now();
        *last = match &fetched {
            Ok((token, life)) => Last { token: Some((token.clone(), now + *life)), fault: None },
            Err(fault) => Last { token: None, fault: Some((*fault, now)) },
        };
        Ok(fetched?.0)
    }

    async fn fetch(&self) -> Result<(Token, Duration), Fault> {
        let (id, secret) = &self.credentials;
        let form = [("grant_type", "client_credentials"), ("scope", &self.scope)];
        let request = self.client.post(self.url.clone());
        let request = request.basic_auth(id, Some(secret.as_str())).form(&form);
        let (status, body) = camara::exchange(request).await.map_err(Fault::of_token)?;
        match status {
            200 => read(&body).ok_or(Fault::TokenMalformed),
            500..=599 | 429 => Err(Fault::TokenFailed(status)),
            _ => Err(Fault::TokenRefused(status)),
        }
    }
}

impl Token {
    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }
}

fn read(body: &[u8]) -> Option<(Token, Duration)> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: Hidden,
        token_type: String,
        expires_in: Option<u64>,
    }
    let answer: Answer = answer::object(body)?;
    let is_token = |byte: u8| matches!(byte, b'!'..=b'~');
    let token = answer.access_token.expose();
    if token.is_empty()
        || !token.bytes().all(is_token)
        || !answer.token_type.eq_ignore_ascii_case("bearer")
    {
        return None;
    }
    let life = Duration::from_secs(answer.expires_in.unwrap_or(UNSAID_LIFE).min(LONGEST_LIFE));
    Some((Token(answer.access_token), life.saturating_sub(MARGIN.min(life / 4))))
}

fn encode(text: &str) -> Zeroizing<String> {
    Zeroizing::new(form_urlencoded::byte_serialize(text.as_bytes()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_renewed_before_its_end() {
        let life = |rest: &str| {
            let body = format!(r#"{{"access_token": "t", "token_type": "Bearer"{rest}}}"#);
            read(body.as_bytes()).map(|(_, life)| life.as_secs())
        };
        assert_eq!(life(r#", "expires_in": 3600"#), Some(3_570));
        assert_eq!(life(r#", "expires_in": 40"#), Some(30));
        assert_eq!(life(r#", "expires_in": 0"#), Some(0));
        assert_eq!(life(""), Some(270));
        assert!(life(&format!(r#", "expires_in": {}"#, u64::MAX)).is_some());
        assert_eq!(life(r#", "expires_in": -1"#), None);
    }

    #[test]
    fn what_is_no_bearer_token_is_none() {
        for body in [
            r#"{"access_token": "", "token_type": "Bearer"}"#,
            r#"{"access_token": "a b", "token_type": "Bearer"}"#,
            r#"{"access_token": "a\r\nx: y", "token_type": "Bearer"}"#,
            r#"{"access_token": "a", "token_type": "mac"}"#,
            r#"{"access_token": "a"}"#,
            r#"{"token_type": "Bearer"}"#,
            r#"["a", "Bearer", 60]"#,
            "",
        ] {
            assert!(read(body.as_bytes()).is_none(), "{body}");
        }
    }
}
