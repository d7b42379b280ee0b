//! Accounts hear what became of messages.

use keyfob::service::{AccountId, Channel, OtpId};

use crate::{
    app::App,
    webhooks::{About, EventKind, MessageData},
};

/// Tells the account what became of a message.
pub(super) async fn announce(
    app: &App,
    account: &[u8; 16],
    otp_id: &[u8; 16],
    channel: Channel,
    event: EventKind,
) {
    let about = || {
        let otp_id = OtpId(*otp_id).to_string();
        About::Message(MessageData { otp_id, channel: channel.name() })
    };
    app.webhooks.announce(app, AccountId(*account), event, about).await;
}

/// Tells the account that a message reached nobody, if that is so: it may have arrived by
/// another way, or its code may have been used or replaced.
pub(super) async fn announce_failure(
    app: &App,
    account: &[u8; 16],
    otp_id: &[u8; 16],
    channel: Channel,
) {
    let view = app.engine.view_challenge(app, AccountId(*account), OtpId(*otp_id)).await;
    if view.is_ok_and(|view| view.has_reached_nobody()) {
        announce(app, account, otp_id, channel, EventKind::Failed).await;
    }
}
