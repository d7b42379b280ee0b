//! Telling accounts what happened: signed webhooks to an address of theirs
//! (<https://www.standardwebhooks.com>). An event is durable before anybody is told, and is
//! told until the address has taken it or a day is over.

mod address;
mod dispatcher;
mod endpoint;
mod event;

use std::{collections::HashMap, sync::Mutex, time::Duration};

use keyfob::service::{AccountId, PortError};

pub use address::{AddressError, Networks};
pub use dispatcher::tell;
pub(crate) use endpoint::context as endpoint_context;
pub use endpoint::{Endpoint, EndpointError};
pub use event::EventKind;
pub(crate) use event::{About, CodeData, MessageData, UserData, context as event_context};

use event::Waiting;

use crate::{app::App, config::WebhookLimits, delivery::ClientError};

/// How accounts are told.
#[derive(Debug)]
pub struct Webhooks {
    client: reqwest::Client,
    networks: Networks,
    known: Mutex<HashMap<AccountId, (Option<Endpoint>, tokio::time::Instant)>>,
}

/// How long an account's settings are believed without being read again.
const BELIEVED: Duration = Duration::from_secs(1);

/// Accounts whose settings are kept in mind; beyond that all are forgotten.
const KNOWN: usize = 10_000;

impl Webhooks {
    /// Webhooks within these limits.
    ///
    /// # Errors
    /// [`ClientError`] when there is no TLS.
    pub fn new(limits: &WebhookLimits) -> Result<Self, ClientError> {
        let networks = Networks::parse(&limits.networks).unwrap_or_default(); // checked as it was read
        let client = address::client(networks.clone())?;
        Ok(Self { client, networks, known: Mutex::default() })
    }

    /// Where `account` is told, if anywhere.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn endpoint(
        &self,
        app: &App,
        account: AccountId,
    ) -> Result<Option<Endpoint>, PortError> {
        if let Some((endpoint, at)) = self.lock().get(&account)
            && at.elapsed() < BELIEVED
        {
            return Ok(endpoint.clone());
        }
        let endpoint = Endpoint::load(app, account).await?;
        let mut known = self.lock();
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(account, (endpoint.clone(), tokio::time::Instant::now()));
        Ok(endpoint)
    }

    /// Which addresses may be named.
    pub fn networks(&self) -> &Networks {
        &self.networks
    }

    /// The account's settings were changed.
    pub(crate) fn forget(&self, account: AccountId) {
        self.lock().remove(&account);
    }

    /// Queues an event for an account that wants it. What cannot be queued is lost: what
    /// happened has happened, and can be asked for.
    pub(crate) async fn announce(
        &self,
        app: &App,
        account: AccountId,
        kind: EventKind,
        about: impl FnOnce() -> About,
    ) {
        match self.endpoint(app, account).await {
            Ok(Some(endpoint)) if endpoint.wants(kind) => {}
            Ok(_) => return,
            Err(error) => return tracing::warn!(%error, ?kind, "an event is lost"),
        }
        let queued = match Waiting::new(kind, &about(), app.clock.now()) {
            Ok(waiting) => waiting.queue(app, account).await,
            Err(error) => Err(error),
        };
        if let Err(error) = queued {
            tracing::warn!(%error, ?kind, "an event is lost");
        }
    }

    fn lock(
        &self,
    ) -> std::sync::MutexGuard<'_, HashMap<AccountId, (Option<Endpoint>, tokio::time::Instant)>>
    {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
