//! Getting messages to people. A message is sealed and durable in the outbox before
//! the request that caused it is answered; a dispatcher sends it while its code
//! lives, and an expired one is dropped, never sent late.

mod dispatcher;
mod inbox;
mod letter;
mod smtp;

use std::{fmt, sync::Arc};

use keyfob::service::{Channel, Message, PortError, Receipt};

pub use dispatcher::dispatch;
pub use inbox::{Inbox, InboxMessage};
pub use letter::Letter;
pub use smtp::{Smtp, SmtpConfig, SmtpError};

use crate::{app::App, storage::sqlite::OutboxRow};

/// The ways to reach people.
#[derive(Debug, Default)]
pub struct Delivery {
    /// Email, if a relay is configured.
    pub smtp: Option<Smtp>,
    /// Where every message goes with `--dev`, and only then.
    pub inbox: Option<Arc<Inbox>>,
}

impl Delivery {
    /// Whether anything can be sent this way.
    pub fn reaches(&self, channel: Channel) -> bool {
        self.inbox.is_some() || (channel == Channel::Email && self.smtp.is_some())
    }

    /// Puts a message into the outbox. It is durable when this returns.
    pub async fn accept(&self, app: &App, message: Message) -> Result<Receipt, PortError> {
        if !self.reaches(message.channel) {
            return Err(PortError::NotConfigured);
        }
        let channel = message.channel.name();
        let (account, otp_id) = (message.account.0, message.otp_id.0);
        let expires_at = message.expires_at;
        let body = Letter::from(message).seal(app)?;
        let ready_at = app.clock.now();
        let row = OutboxRow { account, otp_id, ready_at, expires_at, body };
        app.store.outbox_push(row).await?;
        app.metrics.message(channel, "queued");
        Ok(Receipt::Queued)
    }

    async fn send(&self, letter: &Letter, now: keyfob::UnixTime) -> Result<(), SendError> {
        if let Some(inbox) = &self.inbox {
            inbox.receive(letter, now);
            return Ok(());
        }
        match &self.smtp {
            Some(smtp) if letter.channel == Channel::Email => smtp.send(letter).await,
            _ => Err(SendError::Permanent("no provider is configured for this channel".into())),
        }
    }
}

/// Why a message did not go out.
#[derive(Debug)]
pub enum SendError {
    /// Worth trying again.
    Transient(String),
    /// Refused for good.
    Permanent(String),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transient(reason) | Self::Permanent(reason) => f.write_str(reason),
        }
    }
}
