use std::{fmt, time::Duration};

use keyfob::{UnixTime, service::Channel};

use super::{
    Callback, CallbackError, Fate, Letter, Receipts, Smpp, SmppError, Smtp, SmtpError, TwilioCalls,
    TwilioMessages, Webhook, client::ClientError,
};
use crate::config::ProviderConfig;

/// Something that carries messages. Each kind is a file beside this one.
#[derive(Debug)]
pub enum Provider {
    /// An SMTP relay.
    Smtp(Smtp),
    /// An SMSC.
    Smpp(Smpp),
    /// A gateway that takes signed webhooks.
    Webhook(Webhook),
    /// Twilio's Messages API.
    TwilioMessages(TwilioMessages),
    /// Twilio's Calls API.
    TwilioCalls(TwilioCalls),
}

impl Provider {
    /// A provider of this name with these settings, which reports to `receipts` if it ever
    /// does. Connects when there is something to send.
    ///
    /// # Errors
    /// [`ProviderError`] when they cannot work, whatever the network is like.
    pub fn new(
        name: &str,
        config: &ProviderConfig,
        receipts: &Receipts,
    ) -> Result<Self, ProviderError> {
        Ok(match config {
            ProviderConfig::Smtp(config) => Self::Smtp(Smtp::new(config)?),
            ProviderConfig::Smpp(config) => Self::Smpp(Smpp::new(name, config, receipts)?),
            ProviderConfig::Webhook(config) => Self::Webhook(Webhook::new(config)?),
            ProviderConfig::TwilioMessages(config) => {
                Self::TwilioMessages(TwilioMessages::new(name, config)?)
            }
            ProviderConfig::TwilioCalls(config) => {
                Self::TwilioCalls(TwilioCalls::new(name, config)?)
            }
        })
    }

    /// Whether it carries messages of this channel.
    pub fn carries(&self, channel: Channel) -> bool {
        match self {
            Self::Smtp(_) => channel == Channel::Email,
            Self::Webhook(_) => true,
            Self::Smpp(_) | Self::TwilioMessages(_) => channel == Channel::Sms,
            Self::TwilioCalls(_) => channel == Channel::Voice,
        }
    }

    /// Makes the connections that it keeps, if it keeps any, and keeps them up. Without it
    /// that begins with the first message. Wants a runtime.
    pub fn start(&self) {
        if let Self::Smpp(smpp) = self {
            smpp.start();
        }
    }

    /// Ends the connections that it keeps, and makes none again.
    pub async fn stop(&self) {
        if let Self::Smpp(smpp) = self {
            smpp.stop().await;
        }
    }

    /// What is wrong with the connections that it keeps. For anybody to read.
    pub fn trouble(&self) -> Option<String> {
        match self {
            Self::Smpp(smpp) => smpp.trouble(),
            Self::Smtp(_) | Self::Webhook(_) | Self::TwilioMessages(_) | Self::TwilioCalls(_) => {
                None
            }
        }
    }

    /// How many of the connections that it keeps are up, and how many there are to be.
    pub fn sessions(&self) -> Option<(usize, usize)> {
        match self {
            Self::Smpp(smpp) => Some(smpp.sessions_up()),
            Self::Smtp(_) | Self::Webhook(_) | Self::TwilioMessages(_) | Self::TwilioCalls(_) => {
                None
            }
        }
    }

    /// Hands a message over, within this time. Gives what the provider calls it, where it
    /// reports by that name later.
    ///
    /// # Errors
    /// [`SendError`]; [`SendError::Unanswered`] also when the time is over.
    pub async fn send(
        &self,
        letter: &Letter,
        now: UnixTime,
        within: Duration,
    ) -> Result<Option<String>, SendError> {
        let sending = async {
            match self {
                Self::Smtp(smtp) => smtp.send(letter).await.map(|()| None),
                Self::Smpp(smpp) => smpp.send(letter, now).await,
                Self::Webhook(webhook) => webhook.send(letter, now).await,
                Self::TwilioMessages(twilio) => twilio.send(letter, now).await,
                Self::TwilioCalls(twilio) => twilio.send(letter, now).await,
            }
        };
        let late = |_| SendError::Unanswered("no answer in time".to_owned());
        tokio::time::timeout(within, sending).await.map_err(late)?
    }

    /// What it reports in a callback: what it calls each message, and what became of it.
    ///
    /// # Errors
    /// [`CallbackError`].
    pub fn reports_in(
        &self,
        callback: &Callback<'_>,
    ) -> Result<Vec<(String, Fate)>, CallbackError> {
        let reports = match self {
            Self::Webhook(webhook) => return webhook.reports_in(callback),
            Self::TwilioMessages(twilio) => twilio.reports_in(callback),
            Self::TwilioCalls(twilio) => twilio.reports_in(callback),
            Self::Smtp(_) | Self::Smpp(_) => None,
        };
        reports.ok_or(CallbackError::Unsigned)
    }

    /// Why nobody hears from it what became of a message, and what to do about that; `None` if
    /// it reports.
    pub fn silence(&self) -> Option<&'static str> {
        match self {
            Self::Smtp(_) => Some("name email last in requests"),
            Self::Webhook(webhook) if !webhook.has_receipts() => {
                Some("set `receipts = true` if the gateway can report")
            }
            Self::TwilioMessages(twilio) if !twilio.has_receipts() => Some("give `callback_url`"),
            Self::Smpp(_) | Self::Webhook(_) | Self::TwilioMessages(_) | Self::TwilioCalls(_) => {
                None
            }
        }
    }

    /// Where its calls ask what to say, if they wait for a key.
    pub fn calls(&self) -> Option<&TwilioCalls> {
        match self {
            Self::TwilioCalls(twilio) => Some(twilio),
            Self::Smtp(_) | Self::Smpp(_) | Self::Webhook(_) | Self::TwilioMessages(_) => None,
        }
    }

    /// Whether it can be reached and, where that can be asked, takes our credentials.
    /// Sends nothing.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn check(&self) -> Result<(), SendError> {
        match self {
            Self::Smtp(smtp) => smtp.check().await,
            Self::Smpp(smpp) => smpp.check().await,
            Self::Webhook(webhook) => webhook.check().await,
            Self::TwilioMessages(twilio) => twilio.check().await,
            Self::TwilioCalls(twilio) => twilio.check().await,
        }
    }
}

/// Why a message did not go out. The text goes to the log: never the recipient, never
/// the provider's own words, which may repeat it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// The provider cannot be reached or fails: worth trying again, or another one.
    Transient(String),
    /// The provider did not say whether it has the message: it may have gone out. Worth trying
    /// another one, and the same one not soon.
    Unanswered(String),
    /// The provider works and does not take this message now, as of a full mailbox: worth
    /// trying again, or another one.
    Later(String),
    /// The provider refuses everything of ours, as with a key that was changed there: another
    /// one may not, and the same one no longer once an operator has been here.
    Denied(String),
    /// The provider refuses this message.
    Refused(String),
}

impl SendError {
    /// Whether the same provider may take the same message later.
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Refused(_))
    }

    /// Whether the provider is at fault, and not the message.
    pub fn is_fault(&self) -> bool {
        matches!(self, Self::Transient(_) | Self::Unanswered(_) | Self::Denied(_))
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Transient(reason)
        | Self::Unanswered(reason)
        | Self::Later(reason)
        | Self::Denied(reason)
        | Self::Refused(reason)) = self;
        f.write_str(reason)
    }
}

/// Why settings cannot work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderError {
    /// Those of a relay.
    Smtp(SmtpError),
    /// Those of an SMSC.
    Smpp(SmppError),
    /// Those of what is reached over HTTP.
    Client(ClientError),
    /// A key of a webhook that is none.
    WebhookSecret,
    /// Neither a sender's number nor a messaging service, or both.
    TwilioSender,
    /// A sender's number without its plus.
    TwilioNumber,
    /// A place for callbacks that Twilio cannot call, or that has more than a place.
    TwilioCallbackUrl,
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Smtp(error) => error.fmt(f),
            Self::Smpp(error) => error.fmt(f),
            Self::Client(error) => error.fmt(f),
            Self::WebhookSecret => f.write_str(
                "`secret` is no key; write whsec_ and 24 to 64 bytes in base64, as from `openssl rand -base64 32`",
            ),
            Self::TwilioSender => {
                f.write_str("give `from` or `messaging_service_sid`, one of them")
            }
            Self::TwilioCallbackUrl => f.write_str(
                "`callback_url` cannot be used; write the https:// address at which Twilio reaches this service, without user, query or fragment",
            ),
            Self::TwilioNumber => {
                f.write_str("write the number in `from` in quotes, with its +, like \"+15005550006\"")
            }
        }
    }
}

impl std::error::Error for ProviderError {}

impl From<SmtpError> for ProviderError {
    fn from(error: SmtpError) -> Self {
        Self::Smtp(error)
    }
}

impl From<SmppError> for ProviderError {
    fn from(error: SmppError) -> Self {
        Self::Smpp(error)
    }
}

impl From<ClientError> for ProviderError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}
