//! What is counted, in the Prometheus text format. Labels come from our own words
//! only: never a user, a recipient or a code.

use std::time::Duration;

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// The service's counters.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Histogram,
    outcomes: Family<OutcomeLabels, Counter>,
    messages: Family<MessageLabels, Counter>,
    attempts: Family<AttemptLabels, Counter>,
    events: Family<EventLabels, Counter>,
    send_refusals: Family<RefusalLabels, Counter>,
    writer_queue: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EventLabels {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MessageLabels {
    channel: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AttemptLabels {
    provider: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RefusalLabels {
    reason: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("keyfob");
        let requests = Family::default();
        let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0];
        let seconds = Histogram::new(buckets);
        let outcomes = Family::default();
        let messages = Family::default();
        let attempts = Family::default();
        let events = Family::default();
        let send_refusals = Family::default();
        let writer_queue = Gauge::default();
        registry.register("requests", "Requests answered, by route and status", requests.clone());
        registry.register("request_seconds", "Time to answer a request", seconds.clone());
        registry.register(
            "verifications",
            "Codes put forward, by kind (totp, sent, enrolment) and outcome",
            outcomes.clone(),
        );
        registry.register("messages", "Messages, by channel and state reached", messages.clone());
        registry.register(
            "provider_attempts",
            "Messages handed to a provider, by what came of it (sent, later, refused, fault)",
            attempts.clone(),
        );
        registry.register(
            "events",
            "Events that accounts' webhooks took (told) or did not yet (retried)",
            events.clone(),
        );
        registry.register(
            "send_refusals",
            "Messages that were not sent because of a limit or a rule, by which",
            send_refusals.clone(),
        );
        registry.register("writer_queue", "Writes that wait for the store", writer_queue.clone());
        Self {
            registry,
            requests,
            seconds,
            outcomes,
            messages,
            attempts,
            events,
            send_refusals,
            writer_queue,
        }
    }
}

impl Metrics {
    /// A request was answered.
    pub fn request(&self, route: String, status: u16, took: Duration) {
        self.requests.get_or_create(&RequestLabels { route, status }).inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// A code was judged.
    pub fn outcome(&self, kind: &'static str, outcome: &'static str) {
        self.outcomes.get_or_create(&OutcomeLabels { kind, outcome }).inc();
    }

    /// A message reached a state.
    pub fn message(&self, channel: &'static str, state: &'static str) {
        self.messages.get_or_create(&MessageLabels { channel, state }).inc();
    }

    /// A message was handed to a provider.
    pub fn attempt(&self, provider: &str, outcome: &'static str) {
        let provider = provider.to_owned();
        self.attempts.get_or_create(&AttemptLabels { provider, outcome }).inc();
    }

    /// An account was told something, or could not be.
    pub fn event(&self, state: &'static str) {
        self.events.get_or_create(&EventLabels { state }).inc();
    }

    /// A limit or a rule kept a message from being sent.
    pub fn send_refusal(&self, reason: &'static str) {
        self.send_refusals.get_or_create(&RefusalLabels { reason }).inc();
    }

    /// All of it as text, with the number of writes that wait.
    pub fn encode(&self, writes_waiting: u64) -> String {
        self.writer_queue.set(i64::try_from(writes_waiting).unwrap_or(i64::MAX));
        let mut text = String::new();
        let encoded = encode(&mut text, &self.registry);
        debug_assert!(encoded.is_ok(), "writing to a String cannot fail");
        text
    }
}
