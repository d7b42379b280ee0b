use std::fmt;

use base64ct::{Base64, Encoding as _};
use keyfob::{
    Entropy as _, UnixTime,
    service::{AccountId, PortError},
};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{AddressError, EventKind};
use crate::{app::App, entropy::SystemEntropy};

/// Where an account is told what happened.
#[derive(Clone, Serialize, Deserialize)]
pub struct Endpoint {
    /// The address.
    pub url: String,
    /// What it wants to be told; everything if none is named.
    pub events: Vec<EventKind>,
    secret: Secret,
    /// The key before, which signs too until then.
    previous: Option<(Secret, UnixTime)>,
}

/// How long the key before signs beside the new one, in seconds.
const OVERLAP: u64 = 86_400;

impl Endpoint {
    /// Reads the settings of an account.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], also when they do not open.
    pub async fn load(app: &App, account: AccountId) -> Result<Option<Self>, PortError> {
        let Some(body) = app.store.webhook_find(account.0).await? else { return Ok(None) };
        let plain = app.engine.keys().open(&context(account), &body);
        let plain = plain.ok_or(PortError::Unavailable)?;
        serde_json::from_slice(&plain).map(Some).map_err(|_| PortError::Unavailable)
    }

    /// Sets where an account is told. The key stays if there is one, unless another is asked
    /// for; then that before signs for one more day. Returns the key if it is new.
    ///
    /// # Errors
    /// [`EndpointError`].
    pub async fn set(
        app: &App,
        account: AccountId,
        url: &str,
        events: Vec<EventKind>,
        new_secret: bool,
    ) -> Result<Option<Zeroizing<String>>, EndpointError> {
        app.webhooks.networks().url(url).map_err(EndpointError::Address)?;
        let old = Self::load(app, account).await.map_err(EndpointError::Port)?;
        let (secret, previous, is_new) = match old {
            Some(old) if !new_secret => (old.secret.clone(), old.previous.clone(), false),
            old => {
                let until = app.clock.now().saturating_add(OVERLAP);
                let previous = old.map(|old| (old.secret.clone(), until));
                (Secret::generate().map_err(EndpointError::Port)?, previous, true)
            }
        };
        let shown = is_new.then(|| secret.shown());
        let endpoint = Self { url: url.to_owned(), events, secret, previous };
        endpoint.save(app, account).await.map_err(EndpointError::Port)?;
        Ok(shown)
    }

    /// The account is told nothing any more.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn remove(app: &App, account: AccountId) -> Result<(), PortError> {
        app.store.webhook_put(account.0, None).await?;
        app.webhooks.forget(account);
        Ok(())
    }

    /// Whether it is to be told of such events.
    pub fn wants(&self, kind: EventKind) -> bool {
        self.events.is_empty() || self.events.contains(&kind)
    }

    /// The keys that sign now.
    pub(super) fn secrets(&self, now: UnixTime) -> impl Iterator<Item = &[u8; 32]> {
        let previous = self.previous.as_ref().filter(|(_, until)| now < *until);
        std::iter::once(&self.secret.0).chain(previous.map(|(secret, _)| &secret.0))
    }

    async fn save(&self, app: &App, account: AccountId) -> Result<(), PortError> {
        let plain = serde_json::to_vec(self).map_err(|_| PortError::Unavailable)?;
        let plain = Zeroizing::new(plain);
        let body = app.engine.keys().seal(&context(account), &plain, &mut SystemEntropy)?;
        app.store.webhook_put(account.0, Some(body)).await?;
        app.webhooks.forget(account);
        Ok(())
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoint") // its address may hold a token
    }
}

/// Why an account cannot be told there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndpointError {
    /// The address cannot be used.
    Address(AddressError),
    /// It could not be stored.
    Port(PortError),
}

#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Secret([u8; 32]);

impl Secret {
    fn generate() -> Result<Self, PortError> {
        let mut bytes = [0; 32];
        SystemEntropy.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// As Standard Webhooks writes it.
    fn shown(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("whsec_{}", Base64::encode_string(&self.0)))
    }
}

/// The place that it is sealed for.
pub(crate) fn context(account: AccountId) -> Vec<u8> {
    [&b"webhook"[..], &account.0].concat()
}
