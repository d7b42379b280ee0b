use std::{
    fmt, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::Mailbox,
    transport::smtp::{
        AsyncSmtpTransportBuilder,
        client::{Certificate, Tls, TlsParameters},
    },
};

use reqwest::Url;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Letter, SendError, Unreachable, client, email::email};
use crate::config::HiddenUrl;

/// Email through an SMTP relay.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    /// `smtps://user:password@host` (TLS from the start), or
    /// `smtp://user:password@host?tls=required` (STARTTLS). Without TLS only to this
    /// machine itself.
    pub url: HiddenUrl,
    /// The sender, such as `Example Bank <codes@bank.example>`.
    pub from: String,
    /// The address to which relays send back what cannot be delivered (the sender of the
    /// envelope, which becomes `Return-Path`). The one in `from` if not given.
    pub bounce_to: Option<String>,
    /// A certificate (PEM) to trust for the relay besides the public ones.
    pub ca_file: Option<PathBuf>,
}

impl SmtpConfig {
    /// Whether it can work, whatever the network is like.
    ///
    /// # Errors
    /// [`SmtpError`].
    pub fn check(&self) -> Result<(), SmtpError> {
        self.parts().map(drop)
    }

    /// What a relay is made of. The rest wants a runtime.
    fn parts(&self) -> Result<(AsyncSmtpTransportBuilder, Mailbox, Mailbox), SmtpError> {
        let from: Mailbox = self.from.parse().map_err(|_| SmtpError::From)?;
        let bounce_to = self.bounce_to.as_deref().map(str::parse).transpose();
        let bounce_to = bounce_to.map_err(|_| SmtpError::BounceTo)?.unwrap_or_else(|| from.clone());
        let (host, encryption) = secured(self.url.expose())?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(self.url.expose())
            .map_err(|_| SmtpError::Url)?
            .timeout(Some(Duration::from_secs(10)));
        if let Some(encryption) = encryption {
            builder = builder.tls(encryption(tls_parameters(host, self.ca_file.as_deref())?));
        }
        Ok((builder, from, bounce_to))
    }
}

/// An SMTP relay.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    bounce_to: Mailbox,
}

impl Smtp {
    /// A relay with this configuration. Connects when there is something to send.
    pub fn new(config: &SmtpConfig) -> Result<Self, SmtpError> {
        let (builder, from, bounce_to) = config.parts()?;
        Ok(Self { transport: builder.build(), from, bounce_to })
    }

    /// Hands a letter to the relay.
    ///
    /// # Errors
    /// [`SendError`]; [`SendError::Unanswered`] when the connection was lost or silent, which may
    /// have been after the relay had the letter.
    pub async fn send(&self, letter: &Letter) -> Result<(), SendError> {
        let message = email(letter, &self.from, &self.bounce_to);
        let refused = || SendError::Refused("the message cannot be written as an email".to_owned());
        let message = message.ok_or_else(refused)?;
        // In a task, which nobody cancels: a connection whose conversation was left midway
        // would go back to the pool, and the next message would get the answers to this one.
        let transport = self.transport.clone();
        match tokio::spawn(async move { transport.send(message).await }).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(judge(&error)),
            Err(_) => Err(SendError::Unanswered("the attempt broke off".to_owned())),
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
    /// The address for what comes back is none.
    BounceTo,
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
            Self::BounceTo => "`bounce_to` is no address; write it like bounces@bank.example",
            Self::Unencrypted => "codes must not travel unencrypted to another machine; write smtps://… or add ?tls=required to the SMTP URL",
            Self::Certificate => "the certificate for the SMTP relay cannot be read; give a PEM file",
        })
    }
}

impl std::error::Error for SmtpError {}

fn judge(error: &lettre::transport::smtp::Error) -> SendError {
    let reason = describe(error);
    let Some(status) = error.status().map(|status| status.to_string()) else {
        let before = error.is_tls() || error.is_client() || is_unconnected(error);
        return if before { SendError::Transient(reason) } else { SendError::Unanswered(reason) };
    };
    match status.as_str() {
        status if NOT_US.contains(&status) => SendError::Denied(reason),
        "421" | "454" => SendError::Transient(reason),
        status if status.starts_with('4') => SendError::Later(reason),
        _ => SendError::Refused(reason),
    }
}

/// Replies that refuse whoever we are (RFC 4954 §6): no authentication, too weak a one,
/// or a wrong one.
const NOT_US: [&str; 4] = ["530", "534", "535", "538"];

/// Whether there was no connection at all. The library tells that from one that was lost only in
/// its words, which a test holds it to.
fn is_unconnected(error: &lettre::transport::smtp::Error) -> bool {
    error.to_string().starts_with("Connection error")
}

/// The relay's words may repeat the recipient, so only their number is kept.
fn describe(error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(status) => format!("the relay answered {status}"),
        None if error.is_tls() => {
            format!("no TLS connection to the relay: {}", Unreachable::of(error))
        }
        None if error.is_client() => "the relay cannot be used as the URL says".to_owned(),
        None if is_unconnected(error) => {
            format!("no connection to the relay: {}", Unreachable::of(error))
        }
        None if error.is_timeout() => "the relay did not answer in time".to_owned(),
        None => "the connection to the relay was lost".to_owned(),
    }
}

type Encryption = fn(TlsParameters) -> Tls;

/// The relay's host, and how the connection is encrypted: not at all to this machine only.
/// Decided here and then set, so that nobody reads the URL in another way.
fn secured(text: &str) -> Result<(String, Option<Encryption>), SmtpError> {
    let url = Url::parse(text).map_err(|_| SmtpError::Url)?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SmtpError::Url)?;
    if url.fragment().is_some() {
        return Err(SmtpError::Url); // a # of a password, most likely, and then all behind it is lost
    }
    let tls: Vec<_> = url.query_pairs().filter(|(key, _)| key == "tls").collect();
    let is_required = tls.len() == 1 && tls[0].1 == "required";
    let encryption: Option<Encryption> = match url.scheme() {
        "smtps" => Some(Tls::Wrapper),
        "smtp" if is_required => Some(Tls::Required),
        "smtp" if client::is_loopback(host) => None,
        "smtp" => return Err(SmtpError::Unencrypted),
        _ => return Err(SmtpError::Url),
    };
    Ok((host.trim_matches(['[', ']']).to_owned(), encryption))
}

fn tls_parameters(host: String, ca_file: Option<&Path>) -> Result<TlsParameters, SmtpError> {
    let mut builder = TlsParameters::builder(host);
    if let Some(path) = ca_file {
        let pem = fs::read(path).map_err(|_| SmtpError::Certificate)?;
        let certificate = Certificate::from_pem(&pem).map_err(|_| SmtpError::Certificate)?;
        builder = builder.add_root_certificate(certificate);
    }
    builder.build().map_err(|_| SmtpError::Certificate)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    fn refusal(url: &str) -> Option<SmtpError> {
        let from = "Example Bank <codes@bank.example>".to_owned();
        let config = SmtpConfig { url: url.into(), from, bounce_to: None, ca_file: None };
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
        assert_eq!(refusal("smtp://relay.example#?tls=required"), Some(SmtpError::Url));
        let twice = "smtp://relay.example?tls=opportunistic&tls=required";
        assert_eq!(refusal(twice), Some(SmtpError::Unencrypted));
    }

    #[tokio::test]
    async fn without_a_connection_nothing_went_out_and_after_that_nobody_knows() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let from = "codes@bank.example".to_owned();
        let config = SmtpConfig { url: url.as_str().into(), from, bounce_to: None, ca_file: None };
        let smtp = Smtp::new(&config).unwrap();
        let hangs_up = tokio::spawn(async move { drop(listener.accept().await) });
        assert!(matches!(smtp.check().await, Err(SendError::Unanswered(_))));
        hangs_up.await.unwrap();
        let Err(SendError::Transient(reason)) = smtp.check().await else { panic!() };
        assert!(reason.contains("no connection") && reason.contains("refused"), "{reason}");
    }

    #[tokio::test]
    async fn a_relay_that_has_no_name_or_speaks_no_tls_is_told_from_one_that_is_not_there() {
        let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = plain.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = plain.accept().await {
                let _ = stream.write_all(b"220 relay.example ESMTP\r\n").await;
            }
        });
        for (url, word) in [
            ("smtps://u:canary@nobody.invalid".to_owned(), "name was not found"),
            (format!("smtps://u:canary@{address}"), "does not speak TLS"),
        ] {
            let from = "codes@bank.example".to_owned();
            let config =
                SmtpConfig { url: url.as_str().into(), from, bounce_to: None, ca_file: None };
            let said = Smtp::new(&config).unwrap().check().await.unwrap_err().to_string();
            assert!(said.contains(word) && !said.contains("canary"), "{said}");
        }
    }

    #[tokio::test]
    async fn what_comes_back_goes_to_an_address() {
        let refusal = |bounce_to: &str| {
            let (url, from) = ("smtps://relay.example".into(), "codes@bank.example".to_owned());
            let bounce_to = Some(bounce_to.to_owned());
            Smtp::new(&SmtpConfig { url, from, bounce_to, ca_file: None }).err()
        };
        assert_eq!(refusal("bounces@bank.example"), None);
        for none in ["", "bounces", "a@b@c", "a@bank.example\nb"] {
            assert_eq!(refusal(none), Some(SmtpError::BounceTo), "{none}");
        }
    }
}
