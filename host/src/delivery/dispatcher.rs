use std::time::Duration;

use keyfob::service::{AccountId, ChallengeStatus, DeliveryState, OtpId, ServiceError};
use tokio::task::JoinSet;

use super::Letter;
use crate::{app::App, storage::sqlite::ClaimedRow};

/// How long a claimed message is left alone: longer than any attempt to send takes.
const LEASE: u64 = 30;

/// How many messages are sent at once.
const AT_ONCE: usize = 64;

/// The longest pause between two attempts, in seconds.
const LONGEST_PAUSE: u64 = 30;

/// How often to look for messages whose pause has ended; new ones are signalled.
const LOOK: Duration = Duration::from_secs(1);

/// Sends what is in the outbox until `stop` is done. Attempts under way are finished;
/// what is left waits for the next start. A message that is slow holds its own place only;
/// when all places are held by slow ones the others wait.
pub async fn dispatch(app: App, stop: impl Future<Output = ()>) {
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
            () = app.store.outbox_pushed(), if !is_more => {}
            () = tokio::time::sleep(LOOK), if !is_more => {}
        }
    }
    while attempts.join_next().await.is_some() {}
}

async fn claim(app: &App, most: usize) -> Vec<ClaimedRow> {
    match app.store.outbox_claim(app.clock.now(), LEASE, most).await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::warn!(%error, "cannot read the outbox; trying again");
            Vec::new()
        }
    }
}

async fn attempt(app: &App, row: ClaimedRow) {
    let now = app.clock.now();
    let Some(body) = row.body.as_deref().filter(|_| now < row.expires_at) else {
        return finish(app, &row, DeliveryState::Expired).await;
    };
    let Some(letter) = Letter::open(app, &row.account, &row.otp_id, body) else {
        tracing::error!("a message in the outbox does not open; it is dropped");
        return finish(app, &row, DeliveryState::Failed).await;
    };
    let channel = letter.channel.name();
    match is_wanted(app, &row).await {
        Some(true) => {}
        Some(false) => {
            app.metrics.message(channel, "dropped");
            return remove(app, &row).await;
        }
        None => return, // the store does not say: again after the lease
    }
    match app.delivery.send(app, &letter).await {
        Ok(()) => {
            app.metrics.message(channel, "sent");
            finish(app, &row, DeliveryState::Sent).await;
        }
        Err(error) if error.is_transient() => {
            tracing::warn!(channel, reason = %error, "a message did not go out yet");
            app.metrics.message(channel, "retried");
            let retry_at = app.clock.now() + pause(row.attempts);
            if let Err(error) = app.store.outbox_retry(row.id, retry_at).await {
                tracing::warn!(%error, "the lease of a message has to run out"); // then it is claimed again
            }
        }
        Err(error) => {
            tracing::warn!(channel, reason = %error, "a message was refused");
            app.metrics.message(channel, "failed");
            finish(app, &row, DeliveryState::Failed).await;
        }
    }
}

/// Twice as long each time: 1, 2, 4 … seconds.
fn pause(attempts: u32) -> u64 {
    1u64.checked_shl(attempts.saturating_sub(1)).map_or(LONGEST_PAUSE, |s| s.min(LONGEST_PAUSE))
}

/// The row goes last: a crash before it reports again, which changes nothing.
async fn finish(app: &App, row: &ClaimedRow, state: DeliveryState) {
    let (account, otp_id) = (AccountId(row.account), OtpId(row.otp_id));
    if let Err(error) = app.service.delivery_report(app, account, otp_id, state).await {
        tracing::debug!(%error, "nobody waits for this report any more");
    }
    remove(app, row).await;
}

async fn remove(app: &App, row: &ClaimedRow) {
    if let Err(error) = app.store.outbox_done(row.id).await {
        tracing::warn!(%error, "a message that is done could not be removed; it may go out twice");
    }
}

/// Whether the code in a message could still be accepted: its challenge may have been
/// cancelled, used up or erased while the message waited. `None` if that is not known.
async fn is_wanted(app: &App, row: &ClaimedRow) -> Option<bool> {
    let (account, otp_id) = (AccountId(row.account), OtpId(row.otp_id));
    match app.service.view_challenge(app, account, otp_id).await {
        Ok(view) => Some(view.status == ChallengeStatus::Pending),
        Err(ServiceError::ChallengeNotFound) => Some(false),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::pause;

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        let pauses: Vec<u64> = (1..=8).map(pause).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(pause(u32::MAX), 30);
    }
}
