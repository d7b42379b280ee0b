//! Getting messages to people. A message is sealed and durable in the outbox before
//! the request that caused it is answered; a dispatcher sends it while its code
//! lives, and an expired one is dropped, never sent late.

mod breaker;
mod client;
mod dispatcher;
mod inbox;
mod letter;
mod provider;
mod receipts;
mod route;
mod smtp;
mod twilio;
mod webhook;

use std::sync::Arc;

use keyfob::service::{Channel, Message, PortError, Receipt};

pub use breaker::Breaker;
pub use client::ClientError;
pub use dispatcher::dispatch;
pub use inbox::{Inbox, InboxMessage};
pub use letter::Letter;
pub use provider::{Provider, ProviderError, SendError};
pub use receipts::{DeliveryReceipt, Fate, Receipts};
pub use route::{Gateway, Handed, Routes};
pub use smtp::{Smtp, SmtpConfig, SmtpError};
pub use twilio::{TwilioMessages, TwilioMessagesConfig};
pub use webhook::{Webhook, WebhookConfig};

use crate::{app::App, storage::sqlite::OutboxRow};

/// The ways to reach people.
#[derive(Debug, Default)]
pub struct Delivery {
    /// The providers of each channel.
    pub routes: Routes,
    /// Where every message goes with `--dev`, and only then.
    pub inbox: Option<Arc<Inbox>>,
}

impl Delivery {
    /// Whether anything can be sent this way.
    pub fn reaches(&self, channel: Channel) -> bool {
        self.inbox.is_some() || self.routes.reaches(channel)
    }

    /// Puts a message into the outbox. It is durable when this returns.
    pub async fn accept(&self, app: &App, message: Message) -> Result<Receipt, PortError> {
        if !self.reaches(message.channel) {
            return Err(PortError::NotConfigured);
        }
        let channel = message.channel.name();
        let (account, otp_id) = (message.account.0, message.otp_id.0);
        let expires_at = message.expires_at;
        let body = Letter::new(message)?.seal(app)?;
        let ready_at = app.clock.now();
        let row = OutboxRow { account, otp_id, ready_at, expires_at, body };
        app.store.outbox_push(row).await?;
        app.metrics.message(channel, "queued");
        Ok(Receipt::Queued)
    }

    async fn send(&self, app: &App, letter: &Letter) -> Result<(), SendError> {
        match &self.inbox {
            Some(inbox) => {
                inbox.receive(letter, app.clock.now());
                Ok(())
            }
            None => self.routes.send(letter, &*app.clock, &app.metrics).await.map(drop),
        }
    }
}
