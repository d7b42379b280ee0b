use std::time::Duration;

use keyfob::{UnixTime, service::AccountId};
use reqwest::header;
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook as Signer,
};
use tokio::task::JoinSet;

use super::{Endpoint, event::Waiting};
use crate::{
    app::App,
    delivery::{SendError, exchange, judge},
    storage::sqlite::EventRow,
};

/// How long a claimed event is left alone: longer than any exchange takes.
const LEASE: u64 = 30;

/// How many accounts are told something at once.
const AT_ONCE: usize = 32;

/// The pauses between attempts in seconds; the last one repeats.
const PAUSES: [u64; 7] = [5, 30, 120, 600, 1_800, 3_600, 7_200];

/// How often to look for events whose pause has ended; new ones are signalled.
const LOOK: Duration = Duration::from_secs(1);

/// Tells accounts what happened until `stop` is done. What is under way is finished; the rest
/// waits for the next start.
pub async fn tell(app: App, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let mut attempts = JoinSet::new();
    loop {
        let room = AT_ONCE - attempts.len();
        let claimed = if room > 0 { claim(&app, room).await } else { Vec::new() };
        let is_more = room > 0 && claimed.len() == room;
        for row in claimed {
            let app = app.clone();
            attempts.spawn(async move { attempt(&app, row).await });
        }
        tokio::select! {
            () = &mut stop => break,
            Some(_) = attempts.join_next() => while attempts.try_join_next().is_some() {},
            () = app.store.event_pushed(), if !is_more => {}
            () = tokio::time::sleep(LOOK), if !is_more => {}
        }
    }
    while attempts.join_next().await.is_some() {}
}

async fn claim(app: &App, most: usize) -> Vec<EventRow> {
    match app.store.event_claim(app.clock.now(), LEASE, most).await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::warn!(%error, "cannot read the events; trying again");
            Vec::new()
        }
    }
}

async fn attempt(app: &App, row: EventRow) {
    let now = app.clock.now();
    let Some(waiting) =
        Waiting::open(app, &row.account, &row.body).filter(|_| now < row.expires_at)
    else {
        return remove(app, &row).await;
    };
    let endpoint = match app.webhooks.endpoint(app, AccountId(row.account)).await {
        Ok(Some(endpoint)) => endpoint,
        Ok(None) => return remove(app, &row).await,
        Err(_) => return, // the store does not say: again after the lease
    };
    match post(app, &endpoint, &waiting, now).await {
        Ok(()) => {
            app.metrics.event("told");
            remove(app, &row).await;
        }
        Err(reason) => {
            tracing::warn!(%reason, "an account's webhook does not take events");
            app.metrics.event("retried");
            let at = now.saturating_add(pause(row.attempts));
            if let Err(error) = app.store.event_retry(&row, at).await {
                tracing::warn!(%error, "the lease of an event has to run out");
            }
        }
    }
}

/// Any answer of 2xx takes an event; everything else is tried again: an address that refuses
/// today may have been mended tomorrow.
async fn post(
    app: &App,
    endpoint: &Endpoint,
    waiting: &Waiting,
    now: UnixTime,
) -> Result<(), SendError> {
    let url = app.webhooks.networks().url(&endpoint.url); // what is admitted may have changed
    let url = url.map_err(|error| SendError::Denied(error.to_string()))?;
    let (Waiting { id, body }, at) = (waiting, now.cast_signed());
    let sign = |secret: &[u8; 32]| {
        let signer = Signer::from_bytes(secret.to_vec()).ok()?;
        signer.sign(id, at, body.as_bytes()).ok()
    };
    let signatures: Vec<_> = endpoint.secrets(now).filter_map(sign).collect();
    let request = app
        .webhooks
        .client
        .post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header(HEADER_WEBHOOK_ID, id)
        .header(HEADER_WEBHOOK_TIMESTAMP, at)
        .header(HEADER_WEBHOOK_SIGNATURE, signatures.join(" "))
        .body(body.clone());
    judge(exchange(request).await?.0)
}

fn pause(attempts: u32) -> u64 {
    let at = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    PAUSES[at.min(PAUSES.len() - 1)]
}

async fn remove(app: &App, row: &EventRow) {
    if let Err(error) = app.store.event_done(row.id).await {
        tracing::warn!(%error, "an event that is done could not be removed; it may be told twice");
    }
}
