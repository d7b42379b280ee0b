//! What is counted, in the Prometheus text format. Labels come from our own words
//! only: never a user, a recipient or a code.

use std::time::Duration;

use keyfob::service::SimSwapCheck;
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
    sim_swaps: Family<SimSwapLabels, Counter>,
    sim_swap_seconds: Histogram,
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

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SimSwapLabels {
    answer: &'static str,
    source: &'static str,
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
        let sim_swaps = Family::default();
        let sim_swap_seconds = Histogram::new([0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0]);
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
        registry.register(
            "sim_swap_checks",
            "SIMs asked about, by answer and by who gave it (operator, cache, not-asked)",
            sim_swaps.clone(),
        );
        registry.register(
            "sim_swap_seconds",
            "Time the operator took to tell of a SIM, or not to",
            sim_swap_seconds.clone(),
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
            sim_swaps,
            sim_swap_seconds,
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

    /// It was found out about a SIM, or not.
    pub fn sim_swap(&self, check: &SimSwapCheck) {
        let (answer, source) = (check.answer.code(), check.source.code());
        self.sim_swaps.get_or_create(&SimSwapLabels { answer, source }).inc();
    }

    /// An operator was asked.
    pub fn sim_swap_took(&self, took: Duration) {
        self.sim_swap_seconds.observe(took.as_secs_f64());
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
