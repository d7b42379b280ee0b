use std::{collections::HashMap, time::Duration};

use keyfob::{UnixTime, service::AccountId};
use reqwest::header;
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook as Signer,
};
use tokio::task::{Id, JoinSet};

use super::{Endpoint, event::Waiting};
use crate::{
    app::App,
    delivery::{SendError, exchange, judge},
    storage::sqlite::{EventRow, EventTurn},
};

/// How long a claimed event is left alone: longer than any exchange takes.
const LEASE: u64 = 30;

/// How many events are told at once, and how many of one account: an address that is slow keeps
/// no other account waiting.
const AT_ONCE: usize = 64;
const OF_ONE: usize = 4;

/// How long an address rests after failures in a row, in seconds; the last one repeats.
const PAUSES: [u64; 7] = [5, 30, 120, 600, 1_800, 3_600, 7_200];

/// How often to look for events whose pause has ended; new ones are signalled.
const LOOK: Duration = Duration::from_secs(1);

/// Tells accounts what happened until `stop` is done. What is under way is finished; the rest
/// waits for the next start.
pub async fn tell(app: App, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let (mut attempts, mut held, mut after) = (JoinSet::new(), HashMap::new(), [0; 16]);
    loop {
        let claimed = claim(&app, &held, after).await;
        let is_more = !claimed.is_empty();
        for row in claimed {
            after = row.account;
            let app = app.clone();
            let task = attempts.spawn(async move { attempt(&app, row).await });
            held.insert(task.id(), after);
        }
        tokio::select! {
            () = &mut stop => break,
            Some(ended) = attempts.join_next_with_id() => {
                held.remove(&ended.map_or_else(|error| error.id(), |(id, ())| id));
            }
            () = app.store.event_pushed(), if !is_more => {}
            () = tokio::time::sleep(LOOK), if !is_more => {}
            () = std::future::ready(()), if is_more => {} // others may have become ready meanwhile
        }
    }
    while attempts.join_next().await.is_some() {}
}

async fn claim(app: &App, held: &HashMap<Id, [u8; 16]>, after: [u8; 16]) -> Vec<EventRow> {
    let room = AT_ONCE - held.len();
    if room == 0 {
        return Vec::new();
    }
    let turn =
        EventTurn { room, most_of_one: OF_ONE, held: held.values().copied().collect(), after };
    match app.store.event_claim(app.clock.now(), LEASE, turn).await {
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
            if let Err(error) = app.store.event_told(&row).await {
                tracing::warn!(%error, "an event that was told may be told twice");
            }
        }
        Err(reason) => {
            tracing::warn!(%reason, "an account's webhook does not take events");
            app.metrics.event("retried");
            let rest = move |failures| now.saturating_add(pause(failures));
            if let Err(error) = app.store.event_failed(&row, rest).await {
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

fn pause(failures: u32) -> u64 {
    let at = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX);
    PAUSES[at.min(PAUSES.len() - 1)]
}

async fn remove(app: &App, row: &EventRow) {
    if let Err(error) = app.store.event_done(row.id).await {
        tracing::warn!(%error, "an event that is done could not be removed; it may be told twice");
    }
}
