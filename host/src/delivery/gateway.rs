//! A provider as it stands in the configuration: its name, and how it does.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use keyfob::{UnixTime, service::Channel};

use super::{Letter, Provider, ProviderHealth, SendError, health::Health, route::LAST};
use crate::{clock::Clock, metrics::Metrics};

/// What became of a letter that was handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// The provider that has it.
    pub provider: String,
    /// What the provider calls it, where it reports by that name later.
    pub reference: Option<String>,
    /// Whether it is a call whose provider asks for the words once somebody pressed a key.
    pub is_waiting_call: bool,
}

/// A provider, its name, and how it does.
#[derive(Debug)]
pub struct Gateway {
    /// Its name in the configuration.
    pub name: String,
    pub(super) provider: Provider,
    health: Mutex<Health>,
}

impl Gateway {
    pub(super) fn new(name: &str, provider: Provider) -> Self {
        Self { name: name.to_owned(), provider, health: Mutex::default() }
    }

    /// Whether it can be reached. Sends nothing. Gives what deserves a look in its answer, if
    /// anything does.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn check(&self) -> Result<Option<String>, SendError> {
        let late = |_| SendError::Transient("no answer in time".to_owned());
        tokio::time::timeout(LAST, self.provider.check()).await.map_err(late)?
    }

    /// Whether it is to be asked. If so, it must be.
    pub(super) fn admits(&self, now: UnixTime) -> bool {
        self.health().breaker.admits(now)
    }

    pub(super) async fn send(
        &self,
        letter: &Letter,
        clock: &dyn Clock,
        within: Duration,
        metrics: &Metrics,
        is_alone: bool,
    ) -> Result<Handed, SendError> {
        let sent = self.provider.send(letter, clock.now(), within).await;
        metrics.attempt(
            &self.name,
            match &sent {
                Ok(_) => "sent",
                Err(error) if error.is_fault() => "fault",
                Err(error) if error.is_transient() => "later",
                Err(_) => "refused",
            },
        );
        self.note(&sent, clock.now(), is_alone);
        Ok(Handed {
            provider: self.name.clone(),
            reference: sent?,
            is_waiting_call: self.provider.calls().is_some(),
        })
    }

    /// `is_alone` of its channel.
    fn note<T>(&self, sent: &Result<T, SendError>, now: UnixTime, is_alone: bool) {
        let mut health = self.health();
        let rested = health.breaker.rests_until().is_some();
        health.note(sent, now);
        let rests = health.breaker.rests_until().is_some();
        drop(health);
        let provider = &self.name;
        if let Err(reason) = sent {
            tracing::warn!(provider, %reason, "a provider did not take a message");
        }
        match (rests && !rested, is_alone) {
            (true, false) => {
                tracing::error!(provider, "a provider fails; messages go to others for a while");
            }
            (true, true) => tracing::error!(
                provider,
                "a provider fails and its channel has no other; messages are tried on it until their codes expire"
            ),
            (false, _) => {}
        }
        if rested && !rests {
            tracing::info!(provider, "a provider works again");
        }
    }

    pub(super) fn trouble(&self, now: UnixTime) -> Option<String> {
        if let Some(trouble) = self.provider.trouble() {
            return Some(format!("providers.{}: {trouble}", self.name));
        }
        let health = self.health();
        let until = health.breaker.rests_until();
        if until.is_none() && !health.is_denied {
            return None;
        }
        let fault = health.last_fault.as_ref().map_or("it failed", |(fault, _)| fault);
        let wait = until.unwrap_or_default().saturating_sub(now);
        let next = match wait {
            0 => "with the next message".to_owned(),
            wait => format!("in {wait} s"),
        };
        Some(format!("providers.{}: {fault}; it is tried again {next}", self.name))
    }

    pub(super) fn health_at(&self, now: UnixTime, channels: Vec<Channel>) -> ProviderHealth {
        let trouble = self.trouble(now);
        let health = self.health();
        let (taken, asked) = health.last_hour.counts(now);
        ProviderHealth {
            name: self.name.clone(),
            channels,
            state: health.breaker.state(now),
            trouble,
            last_fault: health.last_fault.clone(),
            taken,
            asked,
            sessions: self.provider.sessions(),
        }
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
