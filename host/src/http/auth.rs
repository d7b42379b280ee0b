//! Who is asking: the account of the `x-api-key` header, and of nothing else.

use axum::{
    extract::FromRequestParts,
    http::{StatusCode, request::Parts},
};
use keyfob::service::{AccountId, ServiceError};

use super::Problem;
use crate::{api_key::PresentedKey, app::App, audit::AuditEvent, storage::sqlite::AuditEntry};

/// The account on whose behalf a request is made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account(pub AccountId);

/// Who makes a request that is audited.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// The account on whose behalf.
    pub(super) account: AccountId,
    /// The public part of the API key.
    pub(super) key_id: String,
}

impl Caller {
    /// What the audit trail is to say of this caller.
    pub(super) fn entry(&self, app: &App, event: AuditEvent) -> AuditEntry {
        AuditEntry::new(app.clock.now(), event).of(self.account).by(self.key_id.clone())
    }
}

impl FromRequestParts<App> for Account {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        Caller::from_request_parts(parts, app).await.map(|caller| Self(caller.account))
    }
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
        let key = key.to_str().unwrap_or_default();
        let account = app
            .account_of(key)
            .map_err(|error| Problem::from_service(&ServiceError::Port(error), app.clock.now()))?;
        let id = PresentedKey::parse(key).map(|key| key.id.to_owned());
        let Some((account, key_id)) = account.zip(id) else {
            app.refused_key();
            let detail = "this API key is mistyped, expired or revoked; `keyfob key list` shows which there are";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, "api-key-invalid", detail));
        };
        Ok(Self { account, key_id })
    }
}
