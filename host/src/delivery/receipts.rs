//! What providers say later of messages that they took.

use std::time::Duration;

use axum::http::HeaderMap;
use keyfob::{
    UnixTime,
    service::{AccountId, Channel, DeliveryState, MessageId, OtpId, PortError, ServiceError},
};
use serde::Deserialize;
use tokio::{sync::mpsc, task::JoinSet};
use tracing::Instrument as _;

use super::{
    announce::{announce, announce_failure},
    calls, message_span,
};
use crate::{
    app::App, counts::MessageState, engine::FlowError, storage::sqlite::ReceiptRow,
    webhooks::EventKind,
};

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

/// Why a callback is not listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallbackError {
    /// No provider that reports has signed it.
    Unsigned,
    /// Its provider signed it, and reports nothing, says the configuration.
    Unexpected,
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
    /// room. Returns whether it was taken: not when the service is on its way out, and the
    /// provider has to report again.
    #[must_use]
    pub async fn report(&self, receipt: DeliveryReceipt) -> bool {
        self.0.send(receipt).await.is_ok()
    }

    /// As [`report`](Self::report), without waiting: `false` when there is no room, or
    /// nobody listens any more, so that the provider reports again.
    pub fn try_report(&self, receipt: DeliveryReceipt) -> bool {
        self.0.try_send(receipt).is_ok()
    }
}

/// Notes what providers report until `stop` is done; then no more is taken, and what was taken
/// is noted.
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
        let span = tracing::error_span!("receipt", provider = receipt.provider);
        notes.spawn(async move { take(&app, receipt).await }.instrument(span));
    }
    receipts.close();
    while let Some(receipt) = receipts.recv().await {
        if notes.len() >= AT_ONCE {
            notes.join_next().await;
        }
        let app = app.clone();
        let span = tracing::error_span!("receipt", provider = receipt.provider);
        notes.spawn(async move { take(&app, receipt).await }.instrument(span));
    }
    while notes.join_next().await.is_some() {}
}

/// How many reports are noted at once.
const AT_ONCE: usize = 64;

/// What a message is known by that a provider calls `reference`. Says nothing about it.
pub(super) fn name(app: &App, provider: &str, reference: &str) -> [u8; 16] {
    let key = app.engine.keys().mac_key("delivery receipts");
    let mac = key.mac(&[provider.as_bytes(), reference.as_bytes()]);
    let mut name = [0; 16];
    name.copy_from_slice(&mac[..16]);
    name
}

async fn take(app: &App, receipt: DeliveryReceipt) {
    let name = name(app, &receipt.provider, &receipt.reference);
    match find(app, name).await {
        Some(Some(row)) => return note(app, &row, &receipt.provider, receipt.fate).await,
        Some(None) => {}
        None => return,
    }
    app.delivery.early_receipts.keep(name, receipt.fate, app.clock.now());
    settle_early(app, &receipt.provider, name).await; // it may have got its name just now
}

/// A message has got its name: notes what was reported of it before.
pub(super) async fn settle_early(app: &App, provider: &str, name: [u8; 16]) {
    let Some(Some(row)) = find(app, name).await else { return };
    if let Some(fate) = app.delivery.early_receipts.take(name, app.clock.now()) {
        note(app, &row, provider, fate).await;
    }
}

/// `None` if the store does not say.
async fn find(app: &App, name: [u8; 16]) -> Option<Option<ReceiptRow>> {
    patiently(app, || app.store.receipt_find(name, app.clock.now())).await
}

async fn note(app: &App, row: &ReceiptRow, provider: &str, fate: Fate) {
    let span = message_span(&row.otp_id, &row.letter, row.channel);
    note_in_span(app, row, provider, fate).instrument(span).await;
}

/// Reports change how far a message got, and whether it goes another way; nothing about codes.
async fn note_in_span(app: &App, row: &ReceiptRow, provider: &str, fate: Fate) {
    if row.channel == Channel::Voice && fate == Fate::Failed {
        calls::over(app, row.name).await; // or it was heard before: nothing is left to say
    }
    match report(app, row, fate.state()).await {
        Some(true) => count(app, row, provider, fate).await,
        Some(false) => return tracing::debug!(provider, "a report says nothing new"),
        None => return,
    }
    match (fate, move_on(app, row, fate).await) {
        (Fate::Delivered, _) => {
            announce(app, &row.account, &row.otp_id, row.channel, EventKind::Delivered).await;
        }
        (Fate::Failed, Some(false)) => {
            announce_failure(app, &row.account, &row.otp_id, row.channel).await;
        }
        (Fate::Failed, _) => {} // it goes another way, or says itself that there is none
    }
}

/// Whether a report was news; `None` if the store does not say.
async fn report(app: &App, row: &ReceiptRow, state: DeliveryState) -> Option<bool> {
    let (account, otp_id, message) =
        (AccountId(row.account), OtpId(row.otp_id), MessageId(row.message));
    let report = async || {
        let report = app.engine.delivery_report(app, account, otp_id, message, row.channel, state);
        match report.await {
            Err(FlowError::Service(ServiceError::Port(error))) => Err(error),
            Err(FlowError::Failed) => Err(PortError::Unavailable), // it may do the next time
            report => Ok(report.unwrap_or(false)), // nobody waits for this receipt any more
        }
    };
    patiently(app, report).await
}

/// Ends the message in the outbox, or lets it go its next way. Returns whether it is still there;
/// `None` if the store does not say.
async fn move_on(app: &App, row: &ReceiptRow, fate: Fate) -> Option<bool> {
    let (now, id) = (app.clock.now(), row.outbox_id);
    let moved = async || match fate {
        Fate::Delivered => app.store.outbox_done(id).await.map(|()| false),
        Fate::Failed => app.store.outbox_failed(id, row.way, now).await,
    };
    patiently(app, moved).await
}

async fn count(app: &App, row: &ReceiptRow, provider: &str, fate: Fate) {
    match fate {
        Fate::Delivered => tracing::info!(provider, "a message was delivered"),
        Fate::Failed => tracing::warn!(provider, "a message was not delivered, its provider says"),
    }
    let otp_id = OtpId(row.otp_id);
    if let Ok(lane) = app.lane(AccountId(row.account), otp_id, Some(row.channel)).await {
        let state = match fate {
            Fate::Delivered => MessageState::Delivered,
            Fate::Failed => MessageState::Failed,
        };
        app.message(&lane, provider, state);
    }
    if fate == Fate::Delivered
        && let Some(leg) = app.journeys().arrived(otp_id, row.channel)
    {
        app.metrics.received_after(leg.channel.name(), &leg.provider, leg.took);
    }
}

/// Asks a store that does not answer again, for half a minute: a provider that was told that its
/// report is taken does not repeat it. `None` if it never answers.
async fn patiently<T, F>(app: &App, ask: impl Fn() -> F) -> Option<T>
where
    F: Future<Output = Result<T, PortError>>,
{
    for _ in 0..TRIES {
        if let Ok(answer) = ask().await {
            return Some(answer);
        }
        if app.is_stopping() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    tracing::warn!("a receipt is lost: the store did not answer for long");
    None
}

const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);
