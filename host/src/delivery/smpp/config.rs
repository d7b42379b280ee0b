use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use rusmpp::{
    pdus::BindTransceiver,
    types::COctetString,
    values::{InterfaceVersion, Npi, Ton},
};
use rustls::pki_types::ServerName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio_rustls::TlsConnector;

use super::{ReceiptIds, message::Source};
use crate::{
    config::Hidden,
    delivery::{ClientError, client},
};

/// Text messages through an SMSC, over SMPP 3.4.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SmppConfig {
    /// The SMSC's name or address.
    pub host: String,
    /// Its port.
    #[serde(default = "port")]
    #[schemars(range(min = 1))]
    pub port: u16,
    /// Whether to speak TLS. `false` sends the password and every code readable: only to
    /// this machine itself, through a tunnel or over a line of your own.
    #[serde(default = "tls")]
    pub tls: bool,
    /// Certificates (PEM) to trust for the SMSC besides the public ones.
    pub ca_file: Option<PathBuf>,
    /// The account there, of up to 15 characters.
    pub system_id: String,
    /// Its password, of up to 8 characters. Better in the environment than in the file.
    pub password: Hidden,
    /// The kind of account, if the SMSC asks for it, of up to 12 characters.
    #[serde(default)]
    pub system_type: String,
    /// The sender: a number with its plus, a short code of up to 8 digits, or a name of up
    /// to 11 characters.
    pub from: String,
    /// The type of number (TON) of `from`, if it is none of 1 (a number), 3 (a short code)
    /// and 5 (a name).
    pub from_ton: Option<u8>,
    /// The numbering plan (NPI) of `from`, if it is neither 1 (a number) nor 0 (the others).
    pub from_npi: Option<u8>,
    /// How many sessions are kept, 1 to 16.
    #[serde(default = "sessions")]
    #[schemars(range(min = 1, max = 16))]
    pub sessions: u8,
    /// How many messages may wait for an answer in each session, 1 to 1000; what the SMSC
    /// allows.
    #[serde(default = "window")]
    #[schemars(range(min = 1, max = 1000))]
    pub window: u16,
    /// After how many quiet seconds the SMSC is asked whether it is there, 1 to 3600.
    #[serde(default = "enquire_link")]
    #[schemars(range(min = 1, max = 3600))]
    pub enquire_link: u16,
    /// How the SMSC writes a message's id in delivery receipts, where that is not how it
    /// wrote it before: `hex-to-decimal` if receipts have hexadecimal digits and answers
    /// have decimal ones, `decimal-to-hex` if it is the other way round.
    #[serde(default)]
    pub receipt_ids: ReceiptIds,
}

fn port() -> u16 {
    2775
}

fn tls() -> bool {
    true
}

fn sessions() -> u8 {
    1
}

fn window() -> u16 {
    100
}

fn enquire_link() -> u16 {
    30
}

/// An account that can be used as it is configured. Holds a password.
pub(super) struct Account {
    /// The provider's name in the configuration.
    pub(super) name: String,
    pub(super) address: (String, u16),
    pub(super) tls: Option<(TlsConnector, ServerName<'static>)>,
    pub(super) bind: BindTransceiver,
    pub(super) source: Source,
    pub(super) sessions: usize,
    pub(super) window: usize,
    pub(super) enquire_link: Duration,
    pub(super) receipt_ids: ReceiptIds,
}

impl Account {
    pub(super) fn new(name: &str, config: &SmppConfig) -> Result<Self, SmppError> {
        if !(1..=16).contains(&config.sessions) {
            return Err(SmppError::Sessions);
        }
        if !(1..=1000).contains(&config.window) {
            return Err(SmppError::Window);
        }
        if !(1..=3600).contains(&config.enquire_link) {
            return Err(SmppError::EnquireLink);
        }
        if config.host.is_empty() || config.host.contains(['/', '@', ' ']) || config.port == 0 {
            return Err(SmppError::Host);
        }
        Ok(Self {
            name: name.to_owned(),
            address: (config.host.clone(), config.port),
            tls: config.tls.then(|| connector(config)).transpose()?,
            bind: bind(config)?,
            source: source(config)?,
            sessions: config.sessions.into(),
            window: config.window.into(),
            enquire_link: Duration::from_secs(config.enquire_link.into()),
            receipt_ids: config.receipt_ids,
        })
    }
}

fn connector(config: &SmppConfig) -> Result<(TlsConnector, ServerName<'static>), SmppError> {
    let tls = client::tls(config.ca_file.as_deref()).map_err(SmppError::Tls)?;
    let name = ServerName::try_from(config.host.clone()).map_err(|_| SmppError::Host)?;
    Ok((TlsConnector::from(Arc::new(tls)), name))
}

fn bind(config: &SmppConfig) -> Result<BindTransceiver, SmppError> {
    Ok(BindTransceiver {
        system_id: string(&config.system_id).ok_or(SmppError::SystemId)?,
        password: string(config.password.expose()).ok_or(SmppError::Password)?,
        system_type: string(&config.system_type).ok_or(SmppError::SystemType)?,
        interface_version: InterfaceVersion::Smpp3_4,
        ..BindTransceiver::default()
    })
}

fn source(config: &SmppConfig) -> Result<Source, SmppError> {
    let from = config.from.as_str();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = from.strip_prefix('+').filter(|rest| is_digits(rest) && rest.len() <= 15);
    let (ton, npi, address) = match number {
        Some(number) => (Ton::International, Npi::Isdn, number),
        None if is_digits(from) && from.len() <= 8 => (Ton::NetworkSpecific, Npi::Unknown, from),
        None if is_digits(from) || from.starts_with('+') => return Err(SmppError::From),
        None if (1..=11).contains(&from.len()) => (Ton::Alphanumeric, Npi::Unknown, from),
        None => return Err(SmppError::From),
    };
    Ok(Source {
        ton: config.from_ton.map_or(ton, Ton::from),
        npi: config.from_npi.map_or(npi, Npi::from),
        address: string(address).ok_or(SmppError::From)?,
    })
}

fn string<const MAX: usize>(text: &str) -> Option<COctetString<1, MAX>> {
    text.parse().ok()
}

/// Why an account cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmppError {
    /// The host or the port is none.
    Host,
    /// The account's name is too long.
    SystemId,
    /// The password is too long.
    Password,
    /// The kind of account is too long.
    SystemType,
    /// The sender is none.
    From,
    /// There are no sessions, or too many.
    Sessions,
    /// The window is closed, or too large.
    Window,
    /// Nobody would ask, or always.
    EnquireLink,
    /// There is no TLS, or its certificates cannot be used.
    Tls(ClientError),
}

impl fmt::Display for SmppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "write the name of the SMSC in `host`, like \"smsc.example\", and its number in `port`",
            Self::SystemId => "`system_id` has up to 15 characters of ASCII",
            Self::Password => "`password` has up to 8 characters of ASCII, as SMPP 3.4 has it",
            Self::SystemType => "`system_type` has up to 12 characters of ASCII",
            Self::From => "write in `from` a number with its +, in quotes, a short code of up to 8 digits, or a name of up to 11 characters",
            Self::Sessions => "`sessions` is a number from 1 to 16",
            Self::Window => "`window` is a number from 1 to 1000",
            Self::EnquireLink => "`enquire_link` is a number of seconds from 1 to 3600",
            Self::Tls(error) => return error.fmt(f),
        })
    }
}

impl std::error::Error for SmppError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> SmppConfig {
        toml::from_str(
            r#"
            host = "smsc.example"
            system_id = "bank"
            password = "canary"
            from = "BANK"
            "#,
        )
        .unwrap()
    }

    fn refusal(change: impl FnOnce(&mut SmppConfig)) -> Option<SmppError> {
        let mut config = config();
        change(&mut config);
        Account::new("smsc", &config).err()
    }

    #[test]
    fn codes_travel_unencrypted_only_where_somebody_wrote_that_they_shall() {
        let mut config = config();
        assert!(Account::new("smsc", &config).unwrap().tls.is_some());
        config.host = "127.0.0.1".to_owned();
        assert!(Account::new("smsc", &config).unwrap().tls.is_some());
        config.tls = false;
        assert!(Account::new("smsc", &config).unwrap().tls.is_none());
    }

    #[test]
    fn a_sender_has_the_type_of_its_kind_unless_another_is_given() {
        let source = |from: &str, ton, npi| {
            let mut config = config();
            (config.from, config.from_ton, config.from_npi) = (from.to_owned(), ton, npi);
            let source = Account::new("smsc", &config).map(|account| account.source);
            source.map(|it| (u8::from(it.ton), u8::from(it.npi), it.address.as_str().to_owned()))
        };
        assert_eq!(source("+15005550006", None, None), Ok((1, 1, "15005550006".to_owned())));
        assert_eq!(source("62442", None, None), Ok((3, 0, "62442".to_owned())));
        assert_eq!(source("BANK", None, None), Ok((5, 0, "BANK".to_owned())));
        assert_eq!(source("62442", Some(6), Some(9)), Ok((6, 9, "62442".to_owned())));
        for from in ["", "15005550006", "+1500555000612345", "+1 500", "A name of 12", "BÄNK"] {
            assert_eq!(source(from, None, None).err(), Some(SmppError::From), "{from}");
        }
    }

    #[test]
    fn what_smpp_has_no_room_for_is_refused_at_once() {
        assert_eq!(refusal(|_| {}), None);
        assert_eq!(refusal(|config| config.host = String::new()), Some(SmppError::Host));
        assert_eq!(refusal(|config| config.port = 0), Some(SmppError::Host));
        assert_eq!(refusal(|config| config.sessions = 0), Some(SmppError::Sessions));
        assert_eq!(refusal(|config| config.window = 1001), Some(SmppError::Window));
        assert_eq!(refusal(|config| config.enquire_link = 0), Some(SmppError::EnquireLink));
        assert_eq!(refusal(|config| config.system_id = "x".repeat(16)), Some(SmppError::SystemId));
        assert_eq!(
            refusal(|config| config.password = "123456789".into()),
            Some(SmppError::Password)
        );
        assert_eq!(
            refusal(|config| config.system_type = "x".repeat(13)),
            Some(SmppError::SystemType)
        );
        let certificate = Some(SmppError::Tls(ClientError::Certificate));
        assert_eq!(refusal(|config| config.ca_file = Some("/no/such/file".into())), certificate);
    }
}
