//! The running service: the core's rules over this host's store, clock, entropy
//! and deliveries.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use axum::body::Bytes;
use keyfob::{
    EntropyUnavailable, UnixTime,
    service::{AccountId, Message, Phone, PortError, Ports, Receipt, SimSwap, SimSwapCheck},
};
use tokio::{sync::Semaphore, task::JoinHandle};

use crate::{
    api_key::PresentedKey,
    audit::{AuditEvent, AuditedPorts, RefusedKeys, Subjects},
    clock::Clock,
    config::AuditConfig,
    counts::{Counts, Journeys},
    delivery::Delivery,
    engine::Engine,
    entropy::Randomness,
    key_cache::KeyCache,
    metrics::Metrics,
    page::Console,
    readiness::{LastWaiting, Readiness},
    sim_swap::Operator,
    storage::{
        Sqlite,
        sqlite::{AuditEntry, Waiting},
    },
    webhooks::Webhooks,
};

/// Everything a request needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct App(Arc<Running>);

#[derive(Debug)]
struct Running {
    parts: Parts,
    docs: OnceLock<Bytes>,
    readiness: Readiness,
    counts: Counts,
    journeys: Journeys,
    waiting: LastWaiting,
    at_work: Arc<Semaphore>,
    subjects: Subjects,
    refused_keys: RefusedKeys,
}

/// More than there will ever be at once.
const MOST_WORK: u32 = 1 << 24;

/// What an [`App`] is made of.
#[derive(Debug)]
pub struct Parts {
    /// Who runs the rules.
    pub engine: Engine,
    /// The records.
    pub store: Sqlite,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The random bytes of codes, ids and seals.
    pub entropy: Arc<dyn Randomness>,
    /// The ways to reach people.
    pub delivery: Delivery,
    /// How accounts are told what happened.
    pub webhooks: Webhooks,
    /// Who is asked about SIMs.
    pub operator: Option<Arc<Operator>>,
    /// What is counted.
    pub metrics: Metrics,
    /// Where people's browsers reach this service, without a slash at the end.
    pub public_url: String,
    /// Keys seen lately.
    pub keys: KeyCache,
    /// What the audit trail has.
    pub audit: AuditConfig,
    /// Who is logged in to the console.
    pub console: Console,
    /// Whether the service is on its way out.
    pub stopping: AtomicBool,
}

impl App {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        let (docs, readiness, counts, journeys, waiting) = Default::default();
        let at_work = Arc::new(Semaphore::new(MOST_WORK as usize));
        let (subjects, refused_keys) = (Subjects::new(parts.engine.keys()), RefusedKeys::default());
        Self(Arc::new(Running {
            parts,
            docs,
            readiness,
            counts,
            journeys,
            waiting,
            at_work,
            subjects,
            refused_keys,
        }))
    }

    /// How the audit trail names users and recipients.
    pub fn subjects(&self) -> &Subjects {
        &self.0.subjects
    }

    /// Notes that an API key was refused. Nobody waits for that.
    pub(crate) fn refused_key(&self) {
        let now = self.clock.now();
        let Some(more) = self.0.refused_keys.note(now) else { return };
        let entry = AuditEntry::new(now, AuditEvent::KeyRefused).outcome("refused");
        let entry = entry.detail(format!("unwritten_before={more}"));
        let store = self.store.clone();
        self.spawn(async move { store.audit(entry.by("unknown")).await });
    }

    /// Adds a row to the audit trail for what has been done already. That it cannot be added
    /// does not undo it.
    pub(crate) async fn audit(&self, entry: AuditEntry) {
        if let Err(error) = self.store.audit(entry).await {
            tracing::error!(%error, "a row could not be added to the audit trail");
        }
    }

    /// Carries out what must come to its end, whoever still waits for it.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let place = Arc::clone(&self.0.at_work).try_acquire_owned();
        tokio::spawn(async move {
            let done = work.await;
            drop(place);
            done
        })
    }

    /// Waits for the end of all that was spawned.
    pub async fn finished(&self) {
        let _ = self.0.at_work.acquire_many(MOST_WORK).await; // it is never closed
    }

    /// The account of an API key, or `None` if the key is wrong, revoked or expired.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the store does not answer.
    pub fn account_of(&self, text: &str) -> Result<Option<AccountId>, PortError> {
        let Some(key) = PresentedKey::parse(text) else { return Ok(None) };
        let now = self.clock.now();
        self.keys.account_of(&key, now, |id| self.store.api_key_find(id))
    }
}

impl App {
    /// Says that the service is on its way out: no longer ready for new requests.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the store takes writes, as of half a second ago at most.
    pub(crate) async fn readiness(&self) -> Result<(), PortError> {
        self.0.readiness.of(&self.store).await
    }

    /// What waits to go out, as of a second ago at most.
    pub(crate) async fn waiting(&self) -> Result<Waiting, PortError> {
        self.0.waiting.of(&self.store, self.clock.now()).await
    }

    /// What was counted since the store was told last.
    pub(crate) fn counts(&self) -> &Counts {
        &self.0.counts
    }

    /// The messages under way.
    pub(crate) fn journeys(&self) -> &Journeys {
        &self.0.journeys
    }

    /// The page `/docs`, drawn when it is first asked for: however many ask, and however
    /// slowly they read, it is in memory once.
    pub(crate) fn docs(&self, draw: impl FnOnce() -> Bytes) -> Bytes {
        self.0.docs.get_or_init(draw).clone()
    }

    /// Whether the service is on its way out.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}

impl std::ops::Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

impl Ports for App {
    type Storage = Sqlite;

    fn storage(&self) -> &Sqlite {
        &self.store
    }

    fn now(&self) -> UnixTime {
        self.clock.now()
    }

    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
        self.entropy.fill(bytes)
    }

    async fn deliver(&self, message: Message) -> Result<Receipt, PortError> {
        self.deliver_audited(message, None).await
    }

    async fn sim_swap(&self, phone: &Phone, max_age_hours: u16) -> Result<SimSwap, PortError> {
        let operator = self.operator.as_ref().ok_or(PortError::NotConfigured)?;
        Ok(operator.ask(phone, max_age_hours, self).await)
    }

    fn sim_swap_checked(&self, check: &SimSwapCheck) {
        self.metrics.sim_swap(check);
    }
}

impl AuditedPorts for App {
    async fn deliver_audited(
        &self,
        message: Message,
        entry: Option<AuditEntry>,
    ) -> Result<Receipt, PortError> {
        self.delivery.accept(self, message, entry).await
    }
}
