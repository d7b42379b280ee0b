use std::{fmt, time::Duration};

use keyfob::{UnixTime, service::Channel};

use super::{
    Callback, CallbackError, Fate, Letter, Receipts, Smpp, SmppError, Smtp, SmtpError, TwilioCalls,
    TwilioMessages, Webhook, client::ClientError,
};
use crate::config::{HIDDEN, HiddenUrl, ProviderConfig};

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
    /// Sends nothing. Gives what deserves a look in its answer, if anything does.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn check(&self) -> Result<Option<String>, SendError> {
        match self {
            Self::Smtp(smtp) => smtp.check().await.map(|()| None),
            Self::Smpp(smpp) => smpp.check().await.map(|()| None),
            Self::Webhook(webhook) => webhook.check().await,
            Self::TwilioMessages(twilio) => twilio.check().await.map(|()| None),
            Self::TwilioCalls(twilio) => twilio.check().await.map(|()| None),
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
    /// An account that is none.
    TwilioAccount,
    /// A messaging service that is none.
    TwilioService,
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
            Self::TwilioSender => f.write_str(
                "give `from`, like \"+447700900123\", or `messaging_service_sid`, like MG…, one of them",
            ),
            Self::TwilioAccount => f.write_str(
                "`account_sid` is no account; it begins with AC, as Twilio's console shows it, and not with SK, which is a key",
            ),
            Self::TwilioService => f.write_str(
                "`messaging_service_sid` is no messaging service; it begins with MG, as Twilio's console shows it",
            ),
            Self::TwilioCallbackUrl => f.write_str(
                "`callback_url` cannot be used; write the https:// address at which Twilio reaches this service, without user, query or fragment",
            ),
            Self::TwilioNumber => {
                f.write_str("write the number in `from` in quotes, with its +, like \"+447700900123\"")
            }
        }
    }
}

impl std::error::Error for ProviderError {}

impl ProviderError {
    /// The same behind the key that is at fault, and what stands there.
    pub(crate) fn with_value(&self, settings: &ProviderConfig) -> String {
        let written = serde_json::to_value(settings).unwrap_or_default();
        let value = self.keys().iter().find_map(|key| {
            let text = written.get(key)?.as_str()?;
            // It may hold a password, as text that is no URL may.
            let text =
                if text.contains("://") { HiddenUrl::from(text).shown() } else { text.to_owned() };
            (text != HIDDEN).then(|| format!("`{key}` is {text:?}: "))
        });
        format!("{}{self}", value.unwrap_or_default())
    }

    /// The keys of which one is at fault, if it can be said.
    fn keys(&self) -> &'static [&'static str] {
        match self {
            Self::Smtp(SmtpError::From) | Self::Smpp(SmppError::From) | Self::TwilioNumber => {
                &["from"]
            }
            Self::Smtp(SmtpError::BounceTo) => &["bounce_to"],
            Self::Smtp(SmtpError::Url | SmtpError::Unencrypted)
            | Self::Client(ClientError::Url | ClientError::Unencrypted) => &["url", "base_url"],
            Self::Smtp(SmtpError::Certificate)
            | Self::Client(ClientError::Certificate)
            | Self::Smpp(SmppError::Tls(ClientError::Certificate)) => &["ca_file"],
            Self::Smpp(SmppError::Host) => &["host"],
            Self::Smpp(SmppError::SystemId) => &["system_id"],
            Self::Smpp(SmppError::SystemType) => &["system_type"],
            Self::TwilioAccount => &["account_sid"],
            Self::TwilioService => &["messaging_service_sid"],
            Self::TwilioCallbackUrl => &["callback_url"],
            Self::Smpp(_) | Self::Client(_) | Self::WebhookSecret | Self::TwilioSender => &[],
        }
    }
}

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

#[cfg(test)]
mod tests {
    use crate::{
        config::{Config, RelayOptions},
        delivery::{Receipts, Routes},
    };

    fn problem(settings: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyfob.toml");
        std::fs::write(&file, format!("[providers.x]\n{settings}")).unwrap();
        let config = Config::read(Some(&file), []).unwrap().with_relay(RelayOptions::default());
        Routes::new(&config, &Receipts::channel().0).problems()[0].to_string()
    }

    #[tokio::test] // the transport wants a runtime
    async fn what_cannot_work_is_quoted_and_what_is_secret_is_not() {
        let smtp = |url: &str, more: &str| format!("kind = \"smtp\"\nurl = \"{url}\"\n{more}");
        let twilio = |sid: &str| {
            format!(
                "kind = \"twilio-messages\"\naccount_sid = \"{sid}\"\nauth_token = \"canary\"\nfrom = \"BANK\""
            )
        };
        let webhook = |secret: &str| {
            format!("kind = \"webhook\"\nurl = \"https://x.example\"\nsecret = \"{secret}\"")
        };
        let relay = "smtps://u:canary@relay.example";
        for (settings, quoted) in [
            (smtp(relay, "from = \"nobody\""), "`from` is \"nobody\": "),
            (
                smtp(relay, "from = \"a@bank.example\"\nbounce_to = \"bounces\""),
                "`bounce_to` is \"bounces\": ",
            ),
            (
                smtp(relay, "from = \"a@bank.example\"\nca_file = \"/none.pem\""),
                "`ca_file` is \"/none.pem\": ",
            ),
            (
                smtp("smtp://u:canary@relay.example", "from = \"a@bank.example\""),
                "`url` is \"smtp://(hidden)@relay.example\": ",
            ),
            (smtp("canary", "from = \"a@bank.example\""), "providers.x: the SMTP URL"),
            (twilio("SK12"), "`account_sid` is \"SK12\": "),
            (webhook("canary"), "providers.x: `secret` is no key"),
        ] {
            let said = problem(&settings);
            assert!(said.contains(quoted) && !said.contains("canary"), "{said}");
        }
    }
}
