use std::{fmt, fs, path::PathBuf, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::client::{Certificate, Tls, TlsParameters},
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Letter, SendError};
use crate::config::Hidden;

/// Email through an SMTP relay.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// `smtps://user:password@host` (TLS from the start), or
    /// `smtp://user:password@host?tls=required` (STARTTLS). Without TLS only to this
    /// machine itself.
    pub url: Hidden,
    /// The sender, such as `Example Bank <codes@bank.example>`.
    pub from: String,
    /// A certificate (PEM) to trust for the relay besides the public ones.
    pub ca_file: Option<PathBuf>,
}

/// An SMTP relay.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    /// A relay with this configuration. Connects when there is something to send.
    pub fn new(config: &SmtpConfig) -> Result<Self, SmtpError> {
        let from = config.from.parse().map_err(|_| SmtpError::From)?;
        let host = host_of(config.url.expose()).ok_or(SmtpError::Url)?;
        let encryption = encryption_of(config.url.expose());
        if encryption.is_none() && !is_loopback(host) {
            return Err(SmtpError::Unencrypted);
        }
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(config.url.expose())
            .map_err(|_| SmtpError::Url)?
            .timeout(Some(Duration::from_secs(10)));
        if let (Some(path), Some(encryption)) = (&config.ca_file, encryption) {
            let pem = fs::read(path).map_err(|_| SmtpError::Certificate)?;
            let certificate = Certificate::from_pem(&pem).map_err(|_| SmtpError::Certificate)?;
            let parameters = TlsParameters::builder(host.to_owned())
                .add_root_certificate(certificate)
                .build()
                .map_err(|_| SmtpError::Certificate)?;
            builder = builder.tls(encryption(parameters));
        }
        Ok(Self { transport: builder.build(), from })
    }

    /// Hands a letter to the relay.
    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let refused = |reason: &str| SendError::Refused(reason.to_owned());
        let to = letter.recipient.as_str().parse().map_err(|_| refused("not an email address"))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .message_id(None) // made by the builder
            .subject(letter.subject.as_str())
            .raw_header(auto_submitted())
            .header(ContentType::TEXT_PLAIN)
            .body(letter.expose_text().to_owned())
            .map_err(|_| refused("the message cannot be written as an email"))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => Err(judge(&error)),
        }
    }

    /// Whether the relay answers and takes our credentials.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn check(&self) -> Result<(), SendError> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(SendError::Transient("the relay does not answer".to_owned())),
            Err(error) => Err(judge(&error)),
        }
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Smtp") // the transport holds a password
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmtpError {
    /// The URL is none.
    Url,
    /// The sender is no mailbox.
    From,
    /// Codes would travel readable.
    Unencrypted,
    /// The certificate cannot be used.
    Certificate,
}

impl fmt::Display for SmtpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "the SMTP URL cannot be used; write smtps://user:password@host or smtp://user:password@host:587?tls=required",
            Self::From => "the sender is no mailbox; write it like `Example Bank <codes@bank.example>`",
            Self::Unencrypted => "codes must not travel unencrypted to another machine; write smtps://… or add ?tls=required to the SMTP URL",
            Self::Certificate => "the certificate for the SMTP relay cannot be read; give a PEM file",
        })
    }
}

impl std::error::Error for SmtpError {}

/// RFC 3834: a machine wrote this, so no machine should answer it.
fn auto_submitted() -> lettre::message::header::HeaderValue {
    use lettre::message::header::{HeaderName, HeaderValue};
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    HeaderValue::new(name, "auto-generated".to_owned())
}

fn judge(error: &lettre::transport::smtp::Error) -> SendError {
    let status = error.status().map(|status| status.to_string());
    let is_about_us = status.is_some_and(|status| NOT_US.contains(&status.as_str()));
    match describe(error) {
        reason if is_about_us => SendError::Denied(reason),
        reason if error.is_permanent() => SendError::Refused(reason),
        reason => SendError::Transient(reason),
    }
}

/// Replies that refuse whoever we are (RFC 4954 §6): no authentication, too weak a one,
/// or a wrong one.
const NOT_US: [&str; 4] = ["530", "534", "535", "538"];

/// The relay's words may repeat the recipient, so only their number is kept.
fn describe(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(status) => format!("the relay answered {status}"),
        None if error.is_timeout() => "the relay did not answer in time".to_owned(),
        None if error.is_tls() => "no TLS connection to the relay".to_owned(),
        None => "no connection to the relay, or it was lost".to_owned(),
    }
}

fn encryption_of(url: &str) -> Option<fn(TlsParameters) -> Tls> {
    if url.starts_with("smtps:") {
        return Some(Tls::Wrapper);
    }
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| pair == "tls=required").then_some(Tls::Required)
}

fn host_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[') {
        Some(address) => address.split(']').next()?,
        None => host.split(':').next()?,
    };
    (!host.is_empty()).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> Option<SmtpError> {
        let from = "Example Bank <codes@bank.example>".to_owned();
        let config = SmtpConfig { url: url.into(), from, ca_file: None };
        Smtp::new(&config).err()
    }

    #[tokio::test] // the transport wants a runtime
    async fn codes_never_travel_unencrypted_to_another_machine() {
        assert_eq!(refusal("smtp://relay.example"), Some(SmtpError::Unencrypted));
        assert_eq!(
            refusal("smtp://u:p@relay.example?tls=opportunistic"),
            Some(SmtpError::Unencrypted)
        );
        assert_eq!(refusal("smtp://localhost@relay.example"), Some(SmtpError::Unencrypted));
        assert_eq!(refusal("smtp://127.0.0.1:2525"), None);
        assert_eq!(refusal("smtp://u:p@relay.example:587?tls=required"), None);
        assert_eq!(refusal("smtps://u:p@relay.example"), None);
        assert_eq!(refusal("relay.example"), Some(SmtpError::Url));
    }
}
