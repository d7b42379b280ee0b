//! The second half of a call that waits for a key: somebody is there, and hears the code.

use keyfob::service::{AccountId, MessageId, OtpId, PortError, Wanted};
use zeroize::Zeroizing;

use super::{Callback, DeliveryReceipt, Fate, Letter, message_span, receipts};
use crate::{app::App, engine::FlowError};

/// What a call goes on with, in the words of its provider. May hold a code.
pub type Spoken = Zeroizing<String>;

/// Answers a provider that says that a key was pressed: with the code, if it can still be
/// accepted, which counts as delivered; else that it cannot. The same question again has the
/// same answer until the call is over. `None` if the provider did not sign it, or makes no calls
/// that wait.
///
/// # Errors
/// [`FlowError`] when it is not known whether the code can be accepted.
pub async fn answer(
    app: &App,
    provider: &str,
    callback: &Callback<'_>,
) -> Result<Option<Spoken>, FlowError> {
    let Some(calls) = app.delivery.routes.calls(provider) else { return Ok(None) };
    let Some(press) = calls.key_press_in(callback) else { return Ok(None) };
    if !press.is_key {
        return Ok(Some(calls.says_nothing()));
    }
    let Some(letter) = wanted_letter(app, provider, &press.call).await? else {
        return Ok(Some(calls.says_void(press.language)));
    };
    let provider = provider.to_owned();
    let heard = DeliveryReceipt { provider, reference: press.call, fate: Fate::Delivered };
    let _ = app.delivery.reports.report(heard).await; // if not, the call's end says Failed: one more way
    let span = message_span(&letter.otp_id.0, &letter.id(), letter.channel);
    Ok(Some(span.in_scope(|| calls.says(&letter))))
}

/// A call is over: what it was to say is erased.
pub(super) async fn over(app: &App, name: [u8; 16]) {
    if let Err(error) = app.store.call_over(name).await {
        tracing::warn!(%error, "what a call was to say goes when its code expires");
    }
}

/// What a call is to say. A code that was used, cancelled or replaced is not said.
async fn wanted_letter(app: &App, provider: &str, call: &str) -> Result<Option<Letter>, FlowError> {
    app.delivery.unsettled.settled(provider, call).await;
    let name = receipts::name(app, provider, call);
    let Some(row) = app.store.call_find(name, app.clock.now()).await? else { return Ok(None) };
    let (account, otp_id) = (AccountId(row.account), OtpId(row.otp_id));
    let wanted = app.engine.wanted(app, account, otp_id, MessageId(row.message)).await?;
    if wanted != Wanted::Yes {
        return Ok(None);
    }
    let letter = Letter::open(app, &row.account, &row.otp_id, &row.body);
    letter.map(Some).ok_or(PortError::Unavailable.into())
}
