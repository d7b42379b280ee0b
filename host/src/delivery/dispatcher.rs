use std::time::Duration;

use keyfob::service::{AccountId, DeliveryState, OtpId, PortError, ServiceError, Wanted, Way};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::{
    Handed, Letter, Parcel, SendError, announce::announce_failure, message_span, places::Places,
    receipts,
};
use crate::{
    app::App,
    counts::{Lane, MessageState, NOBODY},
    engine::FlowError,
    storage::sqlite::{CallRow, ClaimedRow, ReceiptRow},
};

/// How long a claimed message is left alone: longer than any attempt to send takes.
const LEASE: u64 = 30;

/// The longest pause between two attempts, in seconds.
const LONGEST_PAUSE: u64 = 30;

/// The pause after a provider did not say whether it has a message, in seconds: each attempt
/// may be another message to the person.
const UNANSWERED_PAUSE: u64 = 30;

/// How long after its code's end a message may still be reported on, in seconds.
const AFTERMATH: u64 = 3_600;

/// How often to look for messages whose pause has ended; new ones are signalled.
const LOOK: Duration = Duration::from_secs(1);

/// Sends what is in the outbox until `stop` is done. Attempts under way are finished;
/// what is left waits for the next start. A message that is slow holds its own place only.
pub async fn dispatch(app: App, stop: impl Future<Output = ()>) {
    let mut stop = std::pin::pin!(stop);
    let (places, mut attempts) = (Places::default(), JoinSet::new());
    loop {
        let claimed = claim(&app, &places).await;
        let is_more = !claimed.is_empty();
        for row in claimed {
            let Some(place) = places.take(&row) else { continue }; // the clock has jumped over its lease
            let app = app.clone();
            attempts.spawn(async move {
                attempt(&app, row).await;
                drop(place);
            });
        }
        tokio::select! {
            () = &mut stop => break,
            Some(_) = attempts.join_next() => while attempts.try_join_next().is_some() {},
            () = app.store.outbox_pushed(), if !is_more => {}
            () = tokio::time::sleep(LOOK), if !is_more => {}
            () = std::future::ready(()), if is_more => {}
        }
    }
    while attempts.join_next().await.is_some() {}
}

async fn claim(app: &App, places: &Places) -> Vec<ClaimedRow> {
    let turns = places.turns();
    if turns.is_empty() {
        return Vec::new();
    }
    match app.store.outbox_claim(app.clock.now(), LEASE, turns).await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::warn!(%error, "cannot read the outbox; trying again");
            Vec::new()
        }
    }
}

async fn attempt(app: &App, row: ClaimedRow) {
    let parcel = Parcel::open(app, &row.account, &row.otp_id, &row.body);
    let Some(parcel) = parcel.filter(|parcel| row.way < parcel.letters.len()) else {
        let (otp_id, channel) = (OtpId(row.otp_id), row.channel.name());
        tracing::error!(%otp_id, channel, "a message in the outbox does not open; it is dropped");
        return remove(app, &row).await;
    };
    let span = message_span(&row.otp_id, &parcel.letters[row.way].id(), row.channel);
    bring(app, &row, &parcel).instrument(span).await;
}

async fn bring(app: &App, row: &ClaimedRow, parcel: &Parcel) {
    if app.clock.now() >= row.expires_at {
        return expire(app, row, parcel).await;
    }
    let (account, otp_id) = (AccountId(row.account), OtpId(row.otp_id));
    match app.engine.wanted(app, account, otp_id, parcel.message).await {
        Ok(Wanted::Yes) => {}
        Ok(Wanted::Replaced) => return wait(app, row, pause(row.attempts)).await,
        Ok(Wanted::No) => {
            app.message(&lane(row, parcel), NOBODY, MessageState::Dropped);
            return remove(app, row).await;
        }
        Err(_) => return, // the store does not say: again after the lease
    }
    if row.is_handed {
        return turn(app, row, parcel).await;
    }
    if let Some(handed) = app.delivery.unsettled.of(row.id, row.way) {
        return settle(app, row, parcel, handed).await; // it went out; the store did not note it
    }
    match app.delivery.send(app, &parcel.letters[row.way]).await {
        Ok(handed) => {
            let lane = lane(row, parcel);
            app.message(&lane, &handed.provider, MessageState::Sent);
            let took = app.journeys().handed(OtpId(row.otp_id), row.channel, &handed.provider);
            if let Some(took) = took {
                app.metrics.sent_after(lane.channel.name(), &handed.provider, took);
            }
            tracing::info!(provider = handed.provider, "a message was taken");
            app.delivery.unsettled.note(row.id, row.way, &handed);
            settle(app, row, parcel, handed).await;
        }
        Err(error) => give_up_or_retry(app, row, parcel, &error).await,
    }
}

/// Nobody may get it any more. If it went out, its state is what providers say of it.
async fn expire(app: &App, row: &ClaimedRow, parcel: &Parcel) {
    if !row.is_handed {
        tracing::warn!("a message expired before any provider took it");
        app.message(&lane(row, parcel), NOBODY, MessageState::Expired);
        report(app, row, parcel, DeliveryState::Expired).await;
        announce_failure(app, &row.account, &row.otp_id, row.channel).await;
    }
    remove(app, row).await;
}

async fn give_up_or_retry(app: &App, row: &ClaimedRow, parcel: &Parcel, error: &SendError) {
    let began_ago = app.clock.now().saturating_sub(row.began_at);
    let has_other_ways = row.way + 1 < parcel.letters.len();
    let left = has_other_ways.then(|| parcel.patience().saturating_sub(began_ago));
    if let Some(pause) = pause_before_retry(error, row.attempts, left) {
        tracing::warn!(reason = %error, "a message did not go out yet");
        app.message(&lane(row, parcel), NOBODY, MessageState::Retried);
        return wait(app, row, pause).await;
    }
    tracing::warn!(reason = %error, "a message was not taken by its channel");
    app.message(&lane(row, parcel), NOBODY, MessageState::Failed);
    report(app, row, parcel, DeliveryState::Failed).await;
    turn(app, row, parcel).await;
}

/// Puts a message on its next way, or ends it if there is none.
async fn turn(app: &App, row: &ClaimedRow, parcel: &Parcel) {
    let (account, otp_id) = (AccountId(row.account), OtpId(row.otp_id));
    for (way, Letter { channel, recipient, .. }) in
        parcel.letters.iter().enumerate().skip(row.way + 1)
    {
        if !app.delivery.reaches(*channel) {
            continue;
        }
        match app.engine.fall_back(app, account, otp_id, parcel.message, *channel).await {
            Ok(Way::Open) => {
                app.message(&Lane::new(account, *channel, recipient), NOBODY, MessageState::Queued);
                tracing::info!(next = channel.name(), "a message goes its next way");
                let turned =
                    app.store.outbox_turn(row.claim(), way, *channel, app.clock.now()).await;
                if let Err(error) = turned {
                    tracing::warn!(%error, "a message goes its next way after its lease");
                }
                return;
            }
            Ok(Way::Closed(reason)) => {
                tracing::warn!(next = channel.name(), %reason, "a limit closes the next way");
            }
            Ok(Way::Taken) => {}
            Ok(Way::Replaced) => return wait(app, row, pause(row.attempts)).await,
            Ok(Way::Arrived) | Err(FlowError::Service(ServiceError::ChallengeNotFound)) => {
                return remove(app, row).await;
            }
            Err(error) => return tracing::warn!(%error, "the lease of a message has to run out"),
        }
    }
    announce_failure(app, &row.account, &row.otp_id, row.channel).await;
    remove(app, row).await;
}

fn lane(row: &ClaimedRow, parcel: &Parcel) -> Lane {
    Lane::new(AccountId(row.account), row.channel, &parcel.letters[row.way].recipient)
}

/// Notes that a provider has a message: in the outbox, where a crash before it sends again, and
/// with the challenge at the same time, to keep that moment short.
async fn settle(app: &App, row: &ClaimedRow, parcel: &Parcel, handed: Handed) {
    let has_other_ways = row.way + 1 < parcel.letters.len();
    let waits = parcel.fallback_after.map(|seconds| app.clock.now().saturating_add(seconds));
    let until = has_other_ways.then(|| waits.unwrap_or(row.expires_at));
    let receipt = handed.reference.as_ref().map(|reference| ReceiptRow {
        name: receipts::name(app, &handed.provider, reference),
        account: row.account,
        otp_id: row.otp_id,
        message: parcel.message.0,
        letter: parcel.letters[row.way].id(),
        channel: row.channel,
        way: row.way,
        outbox_id: row.id,
        expires_at: row.expires_at.saturating_add(AFTERMATH),
    });
    let name = receipt.as_ref().map(|receipt| receipt.name);
    let call = name.filter(|_| handed.is_waiting_call);
    let Ok(call) = call.map(|name| waiting_call(app, row, parcel, name)).transpose() else {
        let provider = &handed.provider;
        return tracing::warn!(provider, "what a call is to say is noted after its lease");
    };
    let noted = app.store.outbox_handed(row.claim(), until, receipt, call);
    let (noted, ()) = tokio::join!(noted, report(app, row, parcel, DeliveryState::Sent));
    if let Err(error) = noted {
        let provider = &handed.provider;
        return tracing::warn!(%error, provider, "a message that went out is noted after its lease");
    }
    app.delivery.unsettled.forget(row.id);
    if let Some(name) = name {
        receipts::settle_early(app, &handed.provider, name).await;
    }
}

/// The provider asks for what the call is to say once somebody has pressed a key, wherever
/// the message has gone meanwhile.
fn waiting_call(
    app: &App,
    row: &ClaimedRow,
    parcel: &Parcel,
    name: [u8; 16],
) -> Result<CallRow, PortError> {
    Ok(CallRow {
        name,
        account: row.account,
        otp_id: row.otp_id,
        message: parcel.message.0,
        expires_at: row.expires_at,
        body: parcel.letters[row.way].seal(app)?,
    })
}

async fn report(app: &App, row: &ClaimedRow, parcel: &Parcel, state: DeliveryState) {
    let (account, otp_id) = (AccountId(row.account), OtpId(row.otp_id));
    let (message, channel) = (parcel.message, row.channel);
    let report = app.engine.delivery_report(app, account, otp_id, message, channel, state);
    if let Err(error) = report.await {
        tracing::debug!(%error, "nobody waits for this report any more");
    }
}

/// Gives a message back for some seconds.
async fn wait(app: &App, row: &ClaimedRow, seconds: u64) {
    let ready_at = app.clock.now().saturating_add(seconds);
    if let Err(error) = app.store.outbox_retry(row.claim(), ready_at).await {
        tracing::warn!(%error, "the lease of a message has to run out"); // then it is claimed again
    }
}

async fn remove(app: &App, row: &ClaimedRow) {
    app.delivery.unsettled.forget(row.id);
    if let Err(error) = app.store.outbox_drop(row.claim()).await {
        tracing::warn!(%error, "a message that is done is removed after its lease");
    }
}

/// How many seconds later the same channel is tried again, which has only those that are `left`
/// if there is another one; `None` if the message goes there now.
fn pause_before_retry(error: &SendError, attempts: u32, left: Option<u64>) -> Option<u64> {
    match (error, left) {
        (SendError::Unanswered(_), Some(left)) => {
            (UNANSWERED_PAUSE <= left).then_some(UNANSWERED_PAUSE)
        }
        (SendError::Unanswered(_), None) => Some(UNANSWERED_PAUSE),
        (SendError::Refused(_), _) | (SendError::Denied(_), Some(_)) | (_, Some(0)) => None,
        (_, left) => Some(pause(attempts).min(left.unwrap_or(LONGEST_PAUSE))),
    }
}

/// Twice as long each time: 1, 2, 4 … seconds.
fn pause(attempts: u32) -> u64 {
    1u64.checked_shl(attempts.saturating_sub(1)).map_or(LONGEST_PAUSE, |s| s.min(LONGEST_PAUSE))
}

#[cfg(test)]
mod tests {
    use super::{SendError, pause, pause_before_retry};

    #[test]
    fn a_channel_is_tried_until_it_gives_way_and_not_soon_where_it_may_have_the_message() {
        let unanswered = |left| pause_before_retry(&SendError::Unanswered(String::new()), 1, left);
        assert_eq!([None, Some(30), Some(29)].map(unanswered), [Some(30), Some(30), None]);
        let later = |left| pause_before_retry(&SendError::Later(String::new()), 5, left);
        assert_eq!([None, Some(5), Some(0)].map(later), [Some(16), Some(5), None]);
        let refused = |left| pause_before_retry(&SendError::Refused(String::new()), 1, left);
        assert_eq!([None, Some(20)].map(refused), [None, None]);
        let denied = |left| pause_before_retry(&SendError::Denied(String::new()), 1, left);
        assert_eq!([None, Some(20)].map(denied), [Some(1), None], "a key may be mended in time");
    }

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        let pauses: Vec<u64> = (1..=8).map(pause).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(pause(u32::MAX), 30);
    }
}
