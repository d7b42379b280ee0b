use keyfob::{
    Entropy as _, UnixTime,
    service::{AccountId, PortError},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{app::App, delivery::rfc3339, entropy::SystemEntropy};

/// What can have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
pub enum EventKind {
    /// A provider reports that a message was received.
    #[serde(rename = "otp.delivered")]
    Delivered,
    /// A message reached nobody, by any of its ways.
    #[serde(rename = "otp.failed")]
    Failed,
    /// A code that was sent was accepted.
    #[serde(rename = "otp.verified")]
    Verified,
    /// A challenge or its recipient saw too many wrong codes.
    #[serde(rename = "otp.blocked")]
    Blocked,
    /// The code of a device was accepted.
    #[serde(rename = "user.verified")]
    UserVerified,
    /// A user put forward too many wrong codes.
    #[serde(rename = "user.blocked")]
    UserBlocked,
}

/// How long an account is told, in seconds.
const LIFETIME: u64 = 86_400;

/// An event as it waits, sealed.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Waiting {
    /// Names the event however often it is told.
    pub(super) id: String,
    /// The body as it is signed and posted.
    pub(super) body: String,
}

impl Waiting {
    /// What happened to what: `about` has names that the account has from us or gave to us,
    /// and neither code nor recipient.
    pub(super) fn new(kind: EventKind, about: &Value, now: UnixTime) -> Result<Self, PortError> {
        let body = json!({"type": kind, "timestamp": rfc3339(now), "data": about}).to_string();
        Ok(Self { id: id()?, body })
    }

    pub(super) async fn queue(&self, app: &App, account: AccountId) -> Result<(), PortError> {
        let now = app.clock.now();
        let plain = serde_json::to_vec(self).map_err(|_| PortError::Unavailable)?;
        let body = app.service.keys().seal(&context(&account.0), &plain, &mut SystemEntropy)?;
        app.store.event_push(account.0, now, now.saturating_add(LIFETIME), body).await
    }

    pub(super) fn open(app: &App, account: &[u8; 16], body: &[u8]) -> Option<Self> {
        let plain = app.service.keys().open(&context(account), body)?;
        serde_json::from_slice(&plain).ok()
    }
}

fn id() -> Result<String, PortError> {
    let mut random = [0; 16];
    SystemEntropy.fill(&mut random)?;
    Ok(format!("evt_{:032x}", u128::from_be_bytes(random)))
}

/// The place that it is sealed for.
pub(crate) fn context(account: &[u8; 16]) -> Vec<u8> {
    [&b"event"[..], account].concat()
}
