//! What is counted, in the Prometheus text format. Labels come from our own words
//! only: never a user, a recipient or a code.

use std::time::Duration;

use keyfob::service::SimSwapCheck;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry},
};

use crate::{delivery::ProviderHealth, storage::sqlite::Waiting};

/// The service's counters.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: RequestMetrics,
    messages: MessageMetrics,
    providers: ProviderMetrics,
    events: EventMetrics,
    sim_swaps: SimSwapMetrics,
    writer_queue: Gauge,
}

#[derive(Debug)]
struct RequestMetrics {
    answered: Family<RequestLabels, Counter>,
    seconds: Histogram,
    outcomes: Family<OutcomeLabels, Counter>,
}

#[derive(Debug)]
struct MessageMetrics {
    reached: Family<MessageLabels, Counter>,
    codes: Family<CodeLabels, Counter>,
    refusals: Family<RefusalLabels, Counter>,
    send_seconds: LegFamily,
    receipt_seconds: LegFamily,
    verify_seconds: LegFamily,
    outbox: Family<OutboxLabels, Gauge>,
}

#[derive(Debug)]
struct ProviderMetrics {
    attempts: Family<AttemptLabels, Counter>,
    state: Family<ProviderLabels, Gauge>,
    smpp_sessions: Family<SessionLabels, Gauge>,
}

#[derive(Debug)]
struct EventMetrics {
    told: Family<EventLabels, Counter>,
    waiting: Gauge,
}

#[derive(Debug)]
struct SimSwapMetrics {
    checks: Family<SimSwapLabels, Counter>,
    seconds: Histogram,
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
    provider: String,
    country: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CodeLabels {
    channel: &'static str,
    country: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LegLabels {
    channel: &'static str,
    provider: String,
}

/// Times of parts of messages' ways.
type LegFamily = Family<LegLabels, Histogram, fn() -> Histogram>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutboxLabels {
    channel: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ProviderLabels {
    provider: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SessionLabels {
    provider: String,
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
        let at = &mut registry;
        Self {
            requests: RequestMetrics::new(at),
            messages: MessageMetrics::new(at),
            providers: ProviderMetrics::new(at),
            events: EventMetrics::new(at),
            sim_swaps: SimSwapMetrics::new(at),
            writer_queue: new(at, "writer_queue", "Writes that wait for the store"),
            registry,
        }
    }
}

impl RequestMetrics {
    fn new(at: &mut Registry) -> Self {
        Self {
            answered: new(at, "requests", "Requests answered, by route and status"),
            seconds: registered(
                at,
                "request_seconds",
                "Time to answer a request",
                Histogram::new([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0]),
            ),
            outcomes: new(
                at,
                "verifications",
                "Codes put forward, by kind (totp, sent, enrolment) and outcome",
            ),
        }
    }
}

impl MessageMetrics {
    fn new(at: &mut Registry) -> Self {
        Self {
            reached: new(
                at,
                "messages",
                "Messages, by channel, by the provider that had them, by calling code, and by state reached",
            ),
            codes: new(
                at,
                "codes",
                "Codes that went out, were accepted, or blocked their recipient when wrong ones were put forward",
            ),
            refusals: new(
                at,
                "send_refusals",
                "Messages that were not sent because of a limit or a rule, by which",
            ),
            send_seconds: registered(
                at,
                "send_seconds",
                "Time from the request to the provider that took the message",
                leg_family(),
            ),
            receipt_seconds: registered(
                at,
                "receipt_seconds",
                "Time from the provider that took the message to its receipt",
                leg_family(),
            ),
            verify_seconds: registered(
                at,
                "verify_seconds",
                "Time from the provider that took the message to its code, accepted",
                leg_family(),
            ),
            outbox: new(
                at,
                "outbox_messages",
                "Messages that are ready to go out, or wait for a receipt or another attempt",
            ),
        }
    }
}

impl ProviderMetrics {
    fn new(at: &mut Registry) -> Self {
        Self {
            attempts: new(
                at,
                "provider_attempts",
                "Messages handed to a provider, by what came of it (sent, later, refused, fault)",
            ),
            state: new(
                at,
                "provider_state",
                "0: it is asked; 1: it rests after faults; 2: one message tries it",
            ),
            smpp_sessions: new(
                at,
                "smpp_sessions",
                "Sessions with an SMSC, by whether they are up",
            ),
        }
    }
}

impl EventMetrics {
    fn new(at: &mut Registry) -> Self {
        Self {
            told: new(
                at,
                "events",
                "Events that accounts' webhooks took (told) or did not yet (retried)",
            ),
            waiting: new(at, "events_waiting", "Events that accounts are still to be told"),
        }
    }
}

impl SimSwapMetrics {
    fn new(at: &mut Registry) -> Self {
        Self {
            checks: new(
                at,
                "sim_swap_checks",
                "SIMs asked about, by answer and by who gave it (operator, cache, not-asked)",
            ),
            seconds: registered(
                at,
                "sim_swap_seconds",
                "Time the operator took to tell of a SIM, or not to",
                Histogram::new([0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0]),
            ),
        }
    }
}

fn new<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    registered(registry, name, help, M::default())
}

fn registered<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

impl Metrics {
    /// A request was answered.
    pub fn request(&self, route: String, status: u16, took: Duration) {
        self.requests.answered.get_or_create(&RequestLabels { route, status }).inc();
        self.requests.seconds.observe(took.as_secs_f64());
    }

    /// A code was judged.
    pub fn outcome(&self, kind: &'static str, outcome: &'static str) {
        self.requests.outcomes.get_or_create(&OutcomeLabels { kind, outcome }).inc();
    }

    /// A message reached a state.
    pub(crate) fn message(
        &self,
        channel: &'static str,
        provider: &str,
        country: &'static str,
        state: &'static str,
    ) {
        let provider = provider.to_owned();
        let labels = MessageLabels { channel, provider, country, state };
        self.messages.reached.get_or_create(&labels).inc();
    }

    /// A code that was sent came to something.
    pub(crate) fn code(&self, channel: &'static str, country: &'static str, outcome: &'static str) {
        self.messages.codes.get_or_create(&CodeLabels { channel, country, outcome }).inc();
    }

    /// A provider took a message so long after it was asked for.
    pub(crate) fn sent_after(&self, channel: &'static str, provider: &str, took: Duration) {
        observe(&self.messages.send_seconds, channel, provider, took);
    }

    /// A receipt came so long after its provider took the message.
    pub(crate) fn received_after(&self, channel: &'static str, provider: &str, took: Duration) {
        observe(&self.messages.receipt_seconds, channel, provider, took);
    }

    /// A code was accepted so long after a provider took its message.
    pub(crate) fn verified_after(&self, channel: &'static str, provider: &str, took: Duration) {
        observe(&self.messages.verify_seconds, channel, provider, took);
    }

    /// A message was handed to a provider.
    pub fn attempt(&self, provider: &str, outcome: &'static str) {
        let provider = provider.to_owned();
        self.providers.attempts.get_or_create(&AttemptLabels { provider, outcome }).inc();
    }

    /// An account was told something, or could not be.
    pub fn event(&self, state: &'static str) {
        self.events.told.get_or_create(&EventLabels { state }).inc();
    }

    /// A limit or a rule kept a message from being sent.
    pub fn send_refusal(&self, reason: &'static str) {
        self.messages.refusals.get_or_create(&RefusalLabels { reason }).inc();
    }

    /// It was found out about a SIM, or not.
    pub fn sim_swap(&self, check: &SimSwapCheck) {
        let (answer, source) = (check.answer.code(), check.source.code());
        self.sim_swaps.checks.get_or_create(&SimSwapLabels { answer, source }).inc();
    }

    /// An operator was asked.
    pub fn sim_swap_took(&self, took: Duration) {
        self.sim_swaps.seconds.observe(took.as_secs_f64());
    }

    /// All of it as text, with how things are now.
    pub fn encode(&self, present: &Present) -> String {
        self.writer_queue.set(gauge(present.writes_waiting));
        self.show_waiting(present.waiting.as_ref());
        present.providers.iter().for_each(|provider| self.show_provider(provider));
        let mut text = String::new();
        let encoded = encode(&mut text, &self.registry);
        debug_assert!(encoded.is_ok(), "writing to a String cannot fail");
        text
    }

    /// A store that does not answer has no numbers, rather than old ones.
    fn show_waiting(&self, waiting: Option<&Waiting>) {
        let Some(waiting) = waiting else {
            self.messages.outbox.clear();
            return;
        };
        for (channel, ready, later) in &waiting.messages {
            for (state, count) in [("ready", *ready), ("waiting", *later)] {
                let labels = OutboxLabels { channel: channel.name(), state };
                self.messages.outbox.get_or_create(&labels).set(gauge(count));
            }
        }
        self.events.waiting.set(gauge(waiting.events));
    }

    fn show_provider(&self, health: &ProviderHealth) {
        let provider = || health.name.clone();
        let labels = ProviderLabels { provider: provider() };
        self.providers.state.get_or_create(&labels).set(health.state.number());
        let Some((up, all)) = health.sessions else { return };
        for (state, count) in [("up", up), ("down", all - up)] {
            let labels = SessionLabels { provider: provider(), state };
            self.providers.smpp_sessions.get_or_create(&labels).set(gauge(count as u64));
        }
    }
}

/// How things are when somebody asks.
#[derive(Debug)]
pub struct Present {
    /// Writes that wait for the store.
    pub writes_waiting: u64,
    /// What waits to go out, if the store says.
    pub waiting: Option<Waiting>,
    /// How providers do.
    pub providers: Vec<ProviderHealth>,
}

fn leg_family() -> LegFamily {
    Family::new_with_constructor(|| {
        Histogram::new([0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0])
    })
}

fn observe(family: &LegFamily, channel: &'static str, provider: &str, took: Duration) {
    let labels = LegLabels { channel, provider: provider.to_owned() };
    family.get_or_create(&labels).observe(took.as_secs_f64());
}

fn gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use keyfob::service::Channel;

    use super::*;
    use crate::delivery::BreakerState;

    /// Everything counted once: what is never counted is not shown.
    fn shown() -> String {
        let (metrics, took) = (Metrics::default(), Duration::from_millis(70));
        metrics.request("/livez".to_owned(), 200, took);
        metrics.outcome("sent", "accepted");
        metrics.message("sms", "smsc", "+44", "sent");
        metrics.code("sms", "+44", "sent");
        metrics.sent_after("sms", "smsc", took);
        metrics.received_after("sms", "smsc", took);
        metrics.verified_after("sms", "smsc", took);
        metrics.attempt("smsc", "sent");
        metrics.event("told");
        metrics.send_refusal("prefix");
        let labels = SimSwapLabels { answer: "unknown", source: "operator" };
        metrics.sim_swaps.checks.get_or_create(&labels).inc();
        metrics.sim_swap_took(took);
        let health = ProviderHealth {
            name: "smsc".to_owned(),
            channels: vec![Channel::Sms],
            state: BreakerState::Resting,
            trouble: None,
            last_fault: None,
            taken: 0,
            asked: 0,
            sessions: Some((1, 2)),
        };
        let waiting = Waiting { messages: vec![(Channel::Sms, 3, 4)], events: 5 };
        metrics.encode(&Present {
            writes_waiting: 6,
            waiting: Some(waiting),
            providers: vec![health],
        })
    }

    /// The words that begin with `keyfob_`.
    fn names(text: &str) -> BTreeSet<&str> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.filter(|word| word.starts_with("keyfob_")).collect()
    }

    #[test]
    fn the_dashboard_names_every_metric_that_there_is_and_no_other() {
        let shown = shown();
        let samples: Vec<_> = shown.lines().filter(|line| !line.starts_with('#')).collect();
        let text = samples.join("\n");
        let there = names(&text);
        let used = names(include_str!("../../docs/grafana.json"));
        let missing: Vec<_> = used.difference(&there).collect();
        assert!(missing.is_empty(), "no such metric: {missing:?}\n{shown}");
        let is_used = |name: &str| {
            let base = ["_bucket", "_count", "_sum"].iter().find_map(|end| name.strip_suffix(end));
            let bucket = base.map(|base| format!("{base}_bucket"));
            used.contains(name) || bucket.is_some_and(|name| used.contains(name.as_str()))
        };
        let unused: Vec<_> = there.iter().filter(|name| !is_used(name)).collect();
        assert!(unused.is_empty(), "not on the dashboard: {unused:?}");
    }

    #[test]
    fn states_of_providers_and_sessions_are_numbers_and_old_ones_do_not_stay() {
        let shown = shown();
        for line in [
            r#"keyfob_provider_state{provider="smsc"} 1"#,
            r#"keyfob_smpp_sessions{provider="smsc",state="up"} 1"#,
            r#"keyfob_smpp_sessions{provider="smsc",state="down"} 1"#,
            r#"keyfob_outbox_messages{channel="sms",state="ready"} 3"#,
            r#"keyfob_outbox_messages{channel="sms",state="waiting"} 4"#,
            "keyfob_events_waiting 5",
            "keyfob_writer_queue 6",
        ] {
            assert!(shown.contains(line), "{line}\n{shown}");
        }
        let metrics = Metrics::default();
        let waiting = Waiting { messages: vec![(Channel::Sms, 3, 4)], events: 5 };
        let present = |waiting| Present { writes_waiting: 0, waiting, providers: Vec::new() };
        metrics.encode(&present(Some(waiting)));
        assert!(!metrics.encode(&present(None)).contains("outbox_messages{"), "nobody knows");
    }
}
