//! Who is asking: the account of the `x-api-key` header, and of nothing else.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use keyfob::service::{AccountId, ServiceError};

use super::Problem;
use crate::{api_key::PresentedKey, app::App};

/// The account on whose behalf a request is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account(pub AccountId);

impl FromRequestParts<App> for Account {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Caller::from_request_parts(parts, app).await.map(|caller| Self(caller.account))
    }
}

/// The account, and the key that reached it.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub account: AccountId,
    /// The public part of the key.
    pub key_id: String,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let mut keys = parts.headers.get_all("x-api-key").iter();
        let (Some(key), None) = (keys.next(), keys.next()) else {
            let detail =
                "send one API key in the header `x-api-key`; `keyfob key create` makes one";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "api-key-missing", detail));
        };
        let account = match key.to_str() {
            Ok(key) => app.account_of(key).map(|account| {
                let key = PresentedKey::parse(key)?;
                Some(Self { account: account?, key_id: key.id.to_owned() })
            }),
            Err(_) => Ok(None),
        };
        let account = account
            .map_err(|error| Problem::from_service(&ServiceError::Port(error), app.clock.now()))?;
        let detail =
            "this API key is mistyped, expired or revoked; `keyfob key list` shows which there are";
        let wrong = || Problem::new(StatusCode::UNAUTHORIZED, "api-key-invalid", detail);
        account.ok_or_else(wrong)
    }
}
