//! Getting messages to people. A message is sealed and durable in the outbox before
//! the request that caused it is answered; a dispatcher sends it while its code
//! lives, and an expired one is dropped, never sent late.

mod announce;
mod breaker;
mod calls;
pub(crate) mod client;
mod dispatcher;
mod early;
mod email;
mod gateway;
mod health;
mod inbox;
mod letter;
mod places;
mod provider;
mod receipts;
mod route;
mod smpp;
mod smtp;
mod twilio;
mod twilio_account;
mod twilio_calls;
mod unreachable;
mod unsettled;
mod webhook;

use std::sync::Arc;

use keyfob::service::{Channel, Message, OtpId, PortError, Ports as _, Receipt};
use tracing::Span;

pub use breaker::{Breaker, BreakerState};
pub use calls::{Spoken, answer};
pub use client::ClientError;
pub(crate) use client::{client_builder, exchange, judge};
pub use dispatcher::dispatch;
pub use gateway::{Gateway, Handed};
pub use health::ProviderHealth;
pub use inbox::{Inbox, InboxMessage};
pub use letter::{Letter, Parcel};
pub(crate) use letter::{call_context, context as outbox_context};
pub use provider::{Provider, ProviderError, SendError};
pub use receipts::{Callback, CallbackError, DeliveryReceipt, Fate, Receipts, receive};
pub use route::Routes;
pub use smpp::{ReceiptIds, Smpp, SmppConfig, SmppError};
pub use smtp::{Smtp, SmtpConfig, SmtpError};
pub use twilio::{TwilioMessages, TwilioMessagesConfig};
pub use twilio_calls::{TwilioCalls, TwilioCallsConfig};
pub use unreachable::Unreachable;
pub(crate) use webhook::rfc3339;
pub use webhook::{Webhook, WebhookConfig};

use self::{early::EarlyReceipts, unsettled::Unsettled};
use crate::{
    app::App,
    counts::{Lane, MessageState, NOBODY},
    storage::sqlite::{AuditEntry, OutboxRow},
};

/// The ways to reach people.
#[derive(Debug)]
pub struct Delivery {
    /// The providers of each channel.
    pub routes: Routes,
    /// Where every message goes with `--dev`, and only then.
    pub inbox: Option<Arc<Inbox>>,
    /// Where its providers report.
    pub reports: Receipts,
    early_receipts: EarlyReceipts,
    unsettled: Unsettled,
}

impl Delivery {
    /// Delivery over these routes, whose providers report to `reports`; or with an inbox to
    /// that alone.
    pub fn new(routes: Routes, reports: Receipts, inbox: Option<Arc<Inbox>>) -> Self {
        let (early_receipts, unsettled) = Default::default();
        Self { routes, inbox, reports, early_receipts, unsettled }
    }

    /// Whether anything can be sent this way.
    pub fn reaches(&self, channel: Channel) -> bool {
        self.inbox.is_some() || self.routes.reaches(channel)
    }

    /// Puts a message into the outbox, and `entry` into the audit trail. Both are durable when
    /// this returns.
    pub async fn accept(
        &self,
        app: &App,
        message: Message,
        entry: Option<AuditEntry>,
    ) -> Result<Receipt, PortError> {
        if !self.reaches(message.channel) {
            return Err(PortError::NotConfigured);
        }
        let lane = Lane::new(message.account, message.channel, &message.recipient);
        app.journeys().asked(message.otp_id);
        let mut entropy = |bytes: &mut [u8]| app.fill_random(bytes);
        let row = OutboxRow {
            account: message.account.0,
            otp_id: message.otp_id.0,
            channel: message.channel,
            ready_at: app.clock.now(),
            expires_at: message.expires_at,
            body: Parcel::new(&message, &mut entropy)?.seal(app)?,
        };
        app.store.outbox_push_audited(row, entry).await?;
        app.message(&lane, NOBODY, MessageState::Queued);
        Ok(Receipt::Queued)
    }

    async fn send(&self, app: &App, letter: &Letter) -> Result<Handed, SendError> {
        match &self.inbox {
            Some(inbox) => {
                inbox.receive(letter, app.clock.now());
                Ok(Handed { provider: "inbox".to_owned(), reference: None, is_waiting_call: false })
            }
            None => self.routes.send(letter, &*app.clock, &app.metrics).await,
        }
    }
}

/// Whatever is logged within it names the message, so that an operator can follow one.
fn message_span(otp_id: &[u8; 16], message_id: &str, channel: Channel) -> Span {
    let otp_id = OtpId(*otp_id);
    // Of this level, so that no filter takes it from the lines in it.
    tracing::error_span!("message", %otp_id, message_id, channel = channel.name())
}
