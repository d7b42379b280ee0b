//! What the application gives: where records are kept, how people are reached, what time it is.
//!
//! Each function may fail: with a `PortError`, or with anything else, which counts as not
//! available. Then nothing is accepted.

use std::{fmt, sync::Arc, time::SystemTime};

use async_trait::async_trait;
use keyfob::service as core;
use uniffi::UnexpectedUniFFICallbackError;

use super::words::{Channel, Receipt, SimSwap};
use crate::{
    SecretText,
    redacted::redacted,
    time::{Seconds, moment},
};

/// Why a function of the application could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Error)]
pub enum PortError {
    /// It did not take place, or it is not known whether it did.
    Unavailable {
        /// For your log; it ends up in the error that the service gives.
        reason: String,
    },
    /// There is no provider for this channel, or no operator to ask.
    NotConfigured,
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable { reason } => f.write_str(reason),
            Self::NotConfigured => f.write_str(
                "this service was given nothing that does it: a `delivery` for this channel, or an `operator` to ask about SIMs",
            ),
        }
    }
}

impl std::error::Error for PortError {}

impl From<UnexpectedUniFFICallbackError> for PortError {
    fn from(error: UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable { reason: error.reason }
    }
}

/// A record as it was found.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct StoredRecord {
    /// The version it was stored under.
    pub version: i64,
    /// The sealed body.
    pub data: Vec<u8>,
}

/// A record to be written.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WrittenRecord {
    /// What to store it under; only ever compared.
    pub version: i64,
    /// The sealed body.
    pub data: Vec<u8>,
    /// From when it counts as absent, to the second.
    pub expires_at: Option<SystemTime>,
}

/// Where the service keeps its records: keys of 33 bytes, sealed bodies, compare-and-swap and
/// expiry. A dictionary, a table of a database or a server can be one.
///
/// When `swap` or `add` has answered, the write must survive a crash: a store that answers
/// earlier lets a used code in a second time.
#[uniffi::export(foreign)]
pub trait Storage: Send + Sync {
    /// The record at `key`, if it is there and has not expired at `now`.
    fn load(&self, key: Vec<u8>, now: SystemTime) -> Result<Option<StoredRecord>, PortError>;

    /// Replaces the record at `key` if its version is `expected`, where none means that there is
    /// no record that has not expired at `now`; all in one atomic and durable step. Without a
    /// `record` it removes. Answers whether the record was as expected.
    fn swap(
        &self,
        key: Vec<u8>,
        expected: Option<i64>,
        record: Option<WrittenRecord>,
        now: SystemTime,
    ) -> Result<bool, PortError>;

    /// Adds `amount`, which may be negative or nothing, to a counter in one atomic step and
    /// answers with the sum. A counter that is absent, or expired at `now`, starts from 0. A sum
    /// stops at 0 and at the largest number that you can hold, and never wraps.
    fn add(
        &self,
        key: Vec<u8>,
        amount: i64,
        expires_at: SystemTime,
        now: SystemTime,
    ) -> Result<i64, PortError>;
}

/// `Storage` that waits without blocking.
#[uniffi::export(foreign)]
#[async_trait]
pub trait AsyncStorage: Send + Sync {
    /// As `Storage.load`.
    async fn load(&self, key: Vec<u8>, now: SystemTime) -> Result<Option<StoredRecord>, PortError>;

    /// As `Storage.swap`.
    async fn swap(
        &self,
        key: Vec<u8>,
        expected: Option<i64>,
        record: Option<WrittenRecord>,
        now: SystemTime,
    ) -> Result<bool, PortError>;

    /// As `Storage.add`.
    async fn add(
        &self,
        key: Vec<u8>,
        amount: i64,
        expires_at: SystemTime,
        now: SystemTime,
    ) -> Result<i64, PortError>;
}

/// How people are reached.
#[uniffi::export(foreign)]
pub trait Delivery: Send + Sync {
    /// Takes a message. Answering means that it waits in a durable queue or was handed over; the
    /// code in it must not be stored readable. Throw `PortError.NotConfigured` for a channel
    /// without a provider. What was tried counts towards the limits, whether it went out or not.
    fn deliver(&self, message: Arc<Message>) -> Result<Receipt, PortError>;
}

/// `Delivery` that waits without blocking.
#[uniffi::export(foreign)]
#[async_trait]
pub trait AsyncDelivery: Send + Sync {
    /// As `Delivery.deliver`.
    async fn deliver(&self, message: Arc<Message>) -> Result<Receipt, PortError>;
}

/// Who knows whether a SIM changed.
#[uniffi::export(foreign)]
pub trait SimSwapOperator: Send + Sync {
    /// Whether the SIM of a number changed within so many hours. Not known is an answer and no
    /// error.
    fn sim_swap(&self, phone: String, max_age_hours: i32) -> Result<SimSwap, PortError>;
}

/// `SimSwapOperator` that waits without blocking.
#[uniffi::export(foreign)]
#[async_trait]
pub trait AsyncSimSwapOperator: Send + Sync {
    /// As `SimSwapOperator.simSwap`.
    async fn sim_swap(&self, phone: String, max_age_hours: i32) -> Result<SimSwap, PortError>;
}

/// What time it is: the system's clock, unless one is given.
#[uniffi::export(foreign)]
pub trait TimeSource: Send + Sync {
    /// The time of the server. Never a client's, who could move every limit with it.
    fn now(&self) -> Result<SystemTime, PortError>;
}

/// A message for one person. It carries the code in clear and prints as redacted: store it
/// sealed or not at all.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct Message(core::Message);

#[uniffi::export]
impl Message {
    /// The challenge it belongs to, to report its delivery by.
    pub fn otp_id(&self) -> String {
        self.0.otp_id.to_string()
    }

    /// Which of the challenge's messages it is, to report its delivery by: 32 hexadecimal digits.
    pub fn id(&self) -> String {
        self.0.id.to_string()
    }

    /// The account on whose behalf it is sent.
    pub fn account(&self) -> String {
        self.0.account.to_string()
    }

    /// How it is to travel.
    pub fn channel(&self) -> Channel {
        self.0.channel.into()
    }

    /// To whom. Keep it out of logs.
    pub fn recipient(&self) -> String {
        self.0.recipient.as_str().to_owned()
    }

    /// The language of the text, as a tag such as `en`.
    pub fn language(&self) -> String {
        self.0.language.tag().to_owned()
    }

    /// The subject, for channels that have one.
    pub fn subject(&self) -> String {
        self.0.subject.clone()
    }

    /// The text as the person will read or hear it. It holds the code.
    pub fn expose_text(&self) -> String {
        self.0.text.to_string()
    }

    /// The code in the text.
    pub fn expose_code(&self) -> String {
        self.0.code.to_string()
    }

    /// From when it must no longer be sent.
    pub fn expires_at(&self) -> SystemTime {
        moment(self.0.expires_at)
    }

    /// Where it goes when it does not get through, in the order of preference. Ask
    /// `fallBack` each time.
    pub fn fallbacks(&self) -> Vec<Fallback> {
        let way = |it: &core::Fallback| Fallback {
            channel: it.channel.into(),
            recipient: it.recipient.as_str().to_owned(),
            text: SecretText::new(&it.text),
        };
        self.0.fallbacks.iter().map(way).collect()
    }

    /// How long to wait for a receipt before the next of `fallbacks`.
    pub fn fallback_after(&self) -> Option<Seconds> {
        self.0.fallback_after.map(Into::into)
    }
}

redacted!(Message, |this| format_args!("Message(redacted, {}, {})", this.0.otp_id, this.0.channel));

impl Message {
    pub(super) fn new(message: core::Message) -> Arc<Self> {
        Arc::new(Self(message))
    }
}

/// Another way for the same code.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Fallback {
    /// How it is to travel.
    pub channel: Channel,
    /// To whom. Keep it out of logs.
    pub recipient: String,
    /// The text. It holds the code.
    pub text: Arc<SecretText>,
}
