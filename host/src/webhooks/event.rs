use keyfob::{
    Entropy as _, UnixTime,
    service::{AccountId, PortError},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{app::App, delivery::rfc3339, entropy::SystemEntropy, http::ChannelName};

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

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Delivered,
        Self::Failed,
        Self::Verified,
        Self::Blocked,
        Self::UserVerified,
        Self::UserBlocked,
    ];
}

/// To what it happened: names that the account has from us or gave to us, and neither code nor
/// recipient.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum About {
    Message(MessageData),
    Code(CodeData),
    User(UserData),
}

/// A message of a challenge.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MessageData {
    /// The challenge, as `POST send/` answered it.
    #[schema(format = "uuid")]
    pub(crate) otp_id: String,
    /// How the message travelled: `sms`, `voice` or `email`. Of one that went several ways, the
    /// way that this is about: that on which it arrived, or the last one.
    #[schema(value_type = ChannelName)]
    pub(crate) channel: &'static str,
}

/// A code that was sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CodeData {
    /// The challenge, as `POST send/` answered it.
    #[schema(format = "uuid")]
    pub(crate) otp_id: String,
}

/// A user with a device.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserData {
    /// The domain.
    #[schema(format = "uuid")]
    pub(crate) domain: String,
    /// The user, as you named them.
    pub(crate) user_id: String,
}

/// The body that is posted.
#[derive(Serialize)]
struct Body<'a> {
    r#type: EventKind,
    timestamp: String,
    data: &'a About,
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
    pub(super) fn new(kind: EventKind, about: &About, now: UnixTime) -> Result<Self, PortError> {
        let body = Body { r#type: kind, timestamp: rfc3339(now), data: about };
        let body = serde_json::to_string(&body).map_err(|_| PortError::Unavailable)?;
        Ok(Self { id: id()?, body })
    }

    pub(super) async fn queue(&self, app: &App, account: AccountId) -> Result<(), PortError> {
        let now = app.clock.now();
        let plain = serde_json::to_vec(self).map_err(|_| PortError::Unavailable)?;
        let body = app.engine.keys().seal(&context(&account.0), &plain, &mut SystemEntropy)?;
        app.store.event_push(account.0, now, now.saturating_add(LIFETIME), body).await
    }

    pub(super) fn open(app: &App, account: &[u8; 16], body: &[u8]) -> Option<Self> {
        let plain = app.engine.keys().open(&context(account), body)?;
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
