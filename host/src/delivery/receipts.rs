//! What providers say later of messages that they took.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::http::HeaderMap;
use keyfob::{
    UnixTime,
    service::{AccountId, Channel, DeliveryState, MessageId, OtpId},
};
use serde::Deserialize;
use serde_json::json;
use tokio::{sync::mpsc, task::JoinSet};

use super::calls;
use crate::{app::App, storage::sqlite::ReceiptRow, webhooks::EventKind};

/// How many reports may wait to be noted. A provider that says more waits.
const WAITING: usize = 1_024;

/// A report of a provider: what became of a message that it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryReceipt {
    /// The provider's name in the configuration.
    pub provider: String,
    /// What the provider called the message when it took it.
    pub reference: String,
    /// What became of it.
    pub fate: Fate,
}

/// What somebody says to be a provider's report.
#[derive(Debug, Clone, Copy)]
pub struct Callback<'a> {
    /// The path of the request below the provider's: empty for a report.
    pub path: &'a str,
    /// The headers of the request.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: &'a [u8],
    /// When it came.
    pub now: UnixTime,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fate {
    /// The recipient's device has it.
    Delivered,
    /// It will not arrive.
    Failed,
}

impl Fate {
    fn state(self) -> DeliveryState {
        match self {
            Self::Delivered => DeliveryState::Delivered,
            Self::Failed => DeliveryState::Failed,
        }
    }
}

/// Where providers report. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Receipts(mpsc::Sender<DeliveryReceipt>);

impl Receipts {
    /// A place to report, and where the reports come out.
    pub fn channel() -> (Self, mpsc::Receiver<DeliveryReceipt>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), receiver)
    }

    /// Takes a report. One that comes again, or late, does no harm. Waits while there is no
    /// room; reports nothing when the service is on its way out.
    pub async fn report(&self, receipt: DeliveryReceipt) {
        let _ = self.0.send(receipt).await; // nobody listens any more: the service has ended
    }

    /// As [`report`](Self::report), without waiting: `false` when there is no room, or
    /// nobody listens any more, so that the provider reports again.
    pub fn try_report(&self, receipt: DeliveryReceipt) -> bool {
        self.0.try_send(receipt).is_ok()
    }
}

/// Notes what providers report until nobody is left who could.
pub async fn receive(
    app: App,
    mut receipts: mpsc::Receiver<DeliveryReceipt>,
    stop: impl Future<Output = ()>,
) {
    let mut stop = std::pin::pin!(stop);
    let mut notes = JoinSet::new();
    loop {
        let receipt = tokio::select! {
            () = &mut stop => break,
            Some(receipt) = receipts.recv(), if notes.len() < AT_ONCE => receipt,
            Some(_) = notes.join_next() => continue,
        };
        let app = app.clone();
        notes.spawn(async move { take(&app, receipt).await });
    }
    while notes.join_next().await.is_some() {}
}

/// How many reports are noted at once.
const AT_ONCE: usize = 64;

/// What a message is known by that a provider calls `reference`. Says nothing about it.
pub(super) fn name(app: &App, provider: &str, reference: &str) -> [u8; 16] {
    let key = app.service.keys().mac_key("delivery receipts");
    let mac = key.mac(&[provider.as_bytes(), reference.as_bytes()]);
    let mut name = [0; 16];
    name.copy_from_slice(&mac[..16]);
    name
}

/// A report may overtake the provider's answer: then it waits here for the message's name.
#[derive(Debug, Default)]
pub(super) struct EarlyReceipts(Mutex<HashMap<[u8; 16], (Fate, UnixTime)>>);

/// How many early reports are kept, and for how many seconds: an answer takes no longer.
const EARLY: usize = 10_000;
const EARLY_FOR: u64 = 60;

impl EarlyReceipts {
    fn keep(&self, name: [u8; 16], fate: Fate, now: UnixTime) {
        let mut early = self.lock();
        if early.len() >= EARLY {
            early.retain(|_, (_, at)| now < at.saturating_add(EARLY_FOR));
        }
        if early.len() < EARLY {
            early.insert(name, (fate, now));
        }
    }

    fn take(&self, name: [u8; 16]) -> Option<Fate> {
        self.lock().remove(&name).map(|(fate, _)| fate)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 16], (Fate, UnixTime)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn take(app: &App, receipt: DeliveryReceipt) {
    let name = name(app, &receipt.provider, &receipt.reference);
    if let Some(row) = find(app, name).await {
        return note(app, &row, receipt.fate).await;
    }
    app.delivery.early_receipts.keep(name, receipt.fate, app.clock.now());
    settle_early(app, name).await; // it may have got its name just now
}

/// A message has got its name: notes what was reported of it before.
pub(super) async fn settle_early(app: &App, name: [u8; 16]) {
    let Some(row) = find(app, name).await else { return };
    if let Some(fate) = app.delivery.early_receipts.take(name) {
        note(app, &row, fate).await;
    }
}

async fn find(app: &App, name: [u8; 16]) -> Option<ReceiptRow> {
    match app.store.receipt_find(name, app.clock.now()).await {
        Ok(row) => row,
        Err(error) => {
            tracing::warn!(%error, "a receipt could not be matched");
            None
        }
    }
}

/// Reports change how far a message got, and whether it goes another way; nothing about codes.
async fn note(app: &App, row: &ReceiptRow, fate: Fate) {
    if row.channel == Channel::Voice && fate == Fate::Failed {
        calls::over(app, row.name).await; // or it was heard before: nothing is left to say
    }
    let (account, otp_id, message) =
        (AccountId(row.account), OtpId(row.otp_id), MessageId(row.message));
    let (channel, state) = (row.channel, fate.state());
    let report = app.service.delivery_report(app, account, otp_id, message, channel, state);
    match report.await {
        Ok(true) => app.metrics.message(channel.name(), state.code()),
        Ok(false) => return,
        Err(error) => return tracing::debug!(%error, "nobody waits for this receipt any more"),
    }
    let (now, id) = (app.clock.now(), row.outbox_id);
    let event = match fate {
        Fate::Delivered => app.store.outbox_done(id).await.map(|()| Some(EventKind::Delivered)),
        Fate::Failed => {
            let goes_on = app.store.outbox_failed(id, row.way, now).await;
            goes_on.map(|goes_on| (!goes_on).then_some(EventKind::Failed))
        }
    };
    match event {
        Ok(Some(event)) => announce(app, &row.account, &row.otp_id, channel, event).await,
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "a receipt reached its message late"),
    }
}

/// Tells the account what became of a message.
pub(super) async fn announce(
    app: &App,
    account: &[u8; 16],
    otp_id: &[u8; 16],
    channel: Channel,
    event: EventKind,
) {
    let about = || json!({"otp_id": OtpId(*otp_id).to_string(), "channel": channel.name()});
    app.webhooks.announce(app, AccountId(*account), event, about).await;
}
