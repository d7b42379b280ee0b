//! The providers of a channel, in the order of preference, and what is known of each.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use keyfob::{UnixTime, service::Channel};
use tokio::time::Instant;

use super::{
    Callback, CallbackError, DeliveryReceipt, Gateway, Handed, Letter, Provider, ProviderHealth,
    Receipts, SendError, TwilioCalls,
};
use crate::{
    clock::Clock,
    config::{Config, Problem},
    metrics::Metrics,
};

/// How long a provider has while another one could be asked, so that the next one sends
/// within five seconds, and how long the last one has.
const BEFORE_OTHERS: Duration = Duration::from_secs(4);
pub(super) const LAST: Duration = Duration::from_secs(10);

/// How long one message may take of its lease, over all providers.
const ALL: Duration = Duration::from_secs(20);

/// Which providers carry what.
#[derive(Debug, Default)]
pub struct Routes {
    by_channel: BTreeMap<Channel, Vec<Arc<Gateway>>>,
    gateways: Vec<Arc<Gateway>>,
    problems: Vec<Problem>,
}

impl Routes {
    /// The routes of a configuration, whose providers report to `receipts`. What cannot be
    /// used is left out, and a problem.
    pub fn new(config: &Config, receipts: &Receipts) -> Self {
        let mut routes = Self { problems: config.problems.clone(), ..Self::default() };
        for (name, settings) in &config.providers {
            match Provider::new(name, settings, receipts) {
                Ok(provider) => routes.gateways.push(Arc::new(Gateway::new(name, provider))),
                Err(error) => {
                    routes.problem(format!("providers.{name}"), error.with_value(settings));
                }
            }
        }
        for channel in Channel::ALL {
            for name in config.channels.of(channel) {
                routes.add(channel, name);
            }
        }
        routes.find_idle();
        routes
    }

    /// Has the providers make the connections that they keep.
    pub fn start(&self) {
        for gateway in &self.gateways {
            gateway.provider.start();
        }
    }

    /// Has them end these connections: nothing more will be sent.
    pub async fn stop(&self) {
        for gateway in &self.gateways {
            gateway.provider.stop().await;
        }
    }

    /// Whether anything can be sent this way.
    pub fn reaches(&self, channel: Channel) -> bool {
        self.by_channel.contains_key(&channel)
    }

    /// Where the configuration is wrong, and which providers rest. For anybody to read: what
    /// is wrong may quote the configuration, and is for operators.
    pub fn troubles(&self, now: UnixTime) -> Vec<String> {
        let places: BTreeSet<_> = self.problems.iter().map(|problem| &*problem.at).collect();
        let problems = places.into_iter().map(|at| format!("{at}: see `keyfob config check`"));
        let resting = self.gateways.iter().filter_map(|gateway| gateway.trouble(now));
        problems.chain(resting).collect()
    }

    /// What is wrong with the configuration.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The providers that can be used.
    pub fn gateways(&self) -> &[Arc<Gateway>] {
        &self.gateways
    }

    /// How each of the providers does.
    pub fn health(&self, now: UnixTime) -> Vec<ProviderHealth> {
        let carries = |channel: &Channel, gateway: &Gateway| {
            self.by_channel[channel].iter().any(|other| other.name == gateway.name)
        };
        let channels = |gateway: &Gateway| {
            self.by_channel.keys().copied().filter(|channel| carries(channel, gateway)).collect()
        };
        self.gateways.iter().map(|gateway| gateway.health_at(now, channels(gateway))).collect()
    }

    /// What is allowed and may surprise: providers that report nothing beside a channel that
    /// messages could go on to.
    pub fn remarks(&self) -> Vec<Problem> {
        let remark = |gateway: &Arc<Gateway>| {
            let advice = gateway.provider.silence()?;
            let text = format!(
                "it reports no receipts, so what it takes always goes on to the next channel of a request with `fallback_after`, unless the code was used by then; {advice}"
            );
            Some(Problem::new(format!("providers.{}", gateway.name), text))
        };
        let has_ways = self.by_channel.len() > 1;
        self.gateways.iter().filter(|_| has_ways).filter_map(remark).collect()
    }

    /// What the provider of this name reports in a callback.
    ///
    /// # Errors
    /// [`CallbackError`]; [`CallbackError::Unsigned`] also if there is no such provider.
    pub fn receipts_in(
        &self,
        provider: &str,
        callback: &Callback<'_>,
    ) -> Result<Vec<DeliveryReceipt>, CallbackError> {
        let gateway = self.gateways.iter().find(|gateway| gateway.name == provider);
        let gateway = gateway.ok_or(CallbackError::Unsigned)?;
        let reports = gateway.provider.reports_in(callback)?;
        let receipt = |(reference, fate)| {
            let provider = provider.to_owned();
            DeliveryReceipt { provider, reference, fate }
        };
        Ok(reports.into_iter().map(receipt).collect())
    }

    /// The provider of this name, if it makes calls that wait for a key.
    pub fn calls(&self, provider: &str) -> Option<&TwilioCalls> {
        let gateway = self.gateways.iter().find(|gateway| gateway.name == provider)?;
        gateway.provider.calls()
    }

    /// Hands a letter to the first provider that takes it.
    ///
    /// # Errors
    /// [`SendError::Unanswered`] if any of them may have it; else one that
    /// [is transient](SendError::is_transient) if any of them may take it later.
    pub async fn send(
        &self,
        letter: &Letter,
        clock: &dyn Clock,
        metrics: &Metrics,
    ) -> Result<Handed, SendError> {
        let began = Instant::now();
        let route = self.by_channel.get(&letter.channel).map_or(&[][..], Vec::as_slice);
        let (mut errors, mut resting) = (Errors::default(), Vec::new());
        let is_alone = route.len() == 1;
        for (at, gateway) in route.iter().enumerate() {
            let left = ALL.saturating_sub(began.elapsed());
            let is_last = at + 1 == route.len();
            let within = if is_last { LAST } else { BEFORE_OTHERS }.min(left);
            if letter.expires_at <= clock.now() || within.is_zero() {
                errors.note(SendError::Transient("there is no time left to ask others".to_owned()));
                break;
            }
            if !gateway.admits(clock.now()) {
                resting.push(gateway);
                continue;
            }
            match gateway.send(letter, clock, within, metrics, is_alone).await {
                Ok(handed) => return Ok(handed),
                Err(error) => errors.note(error),
            }
        }
        // A rest is a reason to ask others first, and none to ask nobody.
        match resting.first() {
            Some(gateway) if resting.len() == route.len() => {
                gateway.send(letter, clock, LAST, metrics, is_alone).await
            }
            Some(_) => {
                errors.note(SendError::Transient("a provider rests after faults".to_owned()));
                Err(errors.whole())
            }
            None => Err(errors.whole()),
        }
    }

    fn add(&mut self, channel: Channel, name: &str) {
        let at = format!("channels.{}", channel.name());
        let Some(gateway) = self.gateways.iter().find(|gateway| gateway.name == name) else {
            if !self.problems.iter().any(|problem| problem.at == format!("providers.{name}")) {
                self.problem(
                    at,
                    format!(
                        "there is no provider `{name}`; add [providers.{name}], or take it out"
                    ),
                );
            }
            return;
        };
        if !gateway.provider.carries(channel) {
            return self.problem(
                at,
                format!("the provider `{name}` carries no messages of this channel; take it out"),
            );
        }
        let route = self.by_channel.entry(channel).or_default();
        if route.iter().all(|other| other.name != name) {
            route.push(Arc::clone(gateway));
        }
    }

    /// A provider that nobody asks is most likely one that was forgotten.
    fn find_idle(&mut self) {
        let is_used = |gateway: &Gateway| {
            self.by_channel.values().flatten().any(|other| other.name == gateway.name)
        };
        let idle: Vec<_> = self
            .gateways
            .iter()
            .filter(|gateway| !is_used(gateway))
            .map(|gateway| gateway.name.clone())
            .collect();
        for name in idle {
            self.problem(
                format!("providers.{name}"),
                "no channel uses it; name it under [channels], or take it out".to_owned(),
            );
        }
    }

    fn problem(&mut self, at: String, text: String) {
        self.problems.push(Problem::new(at, text));
    }
}

/// What the providers of a route said.
#[derive(Default)]
struct Errors {
    most_hopeful: Option<SendError>,
}

impl Errors {
    fn note(&mut self, error: SendError) {
        let weight = |error: &SendError| match error {
            SendError::Unanswered(_) => 3, // of all that was said this matters most
            SendError::Transient(_) | SendError::Later(_) => 2,
            SendError::Denied(_) => 1,
            SendError::Refused(_) => 0,
        };
        if self.most_hopeful.as_ref().is_none_or(|known| weight(known) <= weight(&error)) {
            self.most_hopeful = Some(error);
        }
    }

    /// While one of them may take it later there is hope.
    fn whole(self) -> SendError {
        let nobody = || SendError::Refused("no provider is configured for this channel".to_owned());
        self.most_hopeful.unwrap_or_else(nobody)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_one_may_have_the_message_matters_more_than_that_another_may_take_it() {
        let unanswered = SendError::Unanswered("silent".to_owned());
        let rests = SendError::Transient("rests".to_owned());
        let refused = SendError::Refused("refused".to_owned());
        let whole = |said: &[&SendError]| {
            let mut errors = Errors::default();
            for error in said {
                errors.note((*error).clone());
            }
            errors.whole()
        };
        assert_eq!(whole(&[&unanswered, &rests]), unanswered);
        assert_eq!(whole(&[&rests, &unanswered]), unanswered);
        assert_eq!(whole(&[&unanswered, &refused]), unanswered);
        assert_eq!(whole(&[&rests, &refused]), rests);
        let denied = SendError::Denied("a key was changed".to_owned());
        assert_eq!(whole(&[&denied, &rests]), rests);
        assert_eq!(whole(&[&rests, &denied]), rests);
        assert_eq!(whole(&[&denied, &refused]), denied, "it may be mended in time");
        assert_eq!(whole(&[&refused]), refused);
    }
}
