use core::{error, fmt};

#[cfg(feature = "enrolment")]
use crate::enrolment::{MigrationError, QrError, UriError};
use crate::{EntropyUnavailable, SecretError};

/// Anything that can go wrong in the pure part of the crate.
///
/// Every variant is the caller's to mend: a malformed secret, a parameter out of
/// range, a URI that is none. What a *user* typed as a code is never an error of the
/// pure part; the service refuses a request whose code could not be one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A shared secret could not be read or is too short.
    Secret(SecretError),
    /// A parameter lies outside what the standards or this crate allow.
    Parameter(ParameterError),
    /// No random bytes could be had.
    Entropy(EntropyUnavailable),
    /// An enrolment URI could not be read or written.
    #[cfg(feature = "enrolment")]
    Uri(UriError),
    /// A migration URI could not be read or written.
    #[cfg(feature = "enrolment")]
    Migration(MigrationError),
    /// A QR code could not be drawn.
    #[cfg(feature = "enrolment")]
    Qr(QrError),
    /// A recipient that cannot be reached as written.
    #[cfg(feature = "service")]
    Recipient(crate::service::RecipientError),
    /// A template without what it needs.
    #[cfg(feature = "service")]
    Template(crate::service::TemplateError),
    /// A message that cannot be composed.
    #[cfg(feature = "service")]
    Message(crate::service::MessageError),
    /// A context of a transaction that cannot be bound.
    #[cfg(feature = "service")]
    Context(crate::service::ContextError),
    /// A last line that phones would not understand.
    #[cfg(feature = "service")]
    Ending(crate::service::EndingError),
}

impl Error {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {} else {
            Self::Secret(error) => error: SecretError,
            Self::Parameter(error) => error: ParameterError,
            Self::Entropy(error) => error: EntropyUnavailable,
            #[cfg(feature = "enrolment")]
            Self::Uri(error) => error: UriError,
            #[cfg(feature = "enrolment")]
            Self::Migration(error) => error: MigrationError,
            #[cfg(feature = "enrolment")]
            Self::Qr(error) => error: QrError,
            #[cfg(feature = "service")]
            Self::Recipient(error) => error: crate::service::RecipientError,
            #[cfg(feature = "service")]
            Self::Template(error) => error: crate::service::TemplateError,
            #[cfg(feature = "service")]
            Self::Message(error) => error: crate::service::MessageError,
            #[cfg(feature = "service")]
            Self::Context(error) => error: crate::service::ContextError,
            #[cfg(feature = "service")]
            Self::Ending(error) => error: crate::service::EndingError,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret(error) => error.fmt(f),
            Self::Parameter(error) => error.fmt(f),
            Self::Entropy(error) => error.fmt(f),
            #[cfg(feature = "enrolment")]
            Self::Uri(error) => error.fmt(f),
            #[cfg(feature = "enrolment")]
            Self::Migration(error) => error.fmt(f),
            #[cfg(feature = "enrolment")]
            Self::Qr(error) => error.fmt(f),
            #[cfg(feature = "service")]
            Self::Recipient(error) => error.fmt(f),
            #[cfg(feature = "service")]
            Self::Template(error) => error.fmt(f),
            #[cfg(feature = "service")]
            Self::Message(error) => error.fmt(f),
            #[cfg(feature = "service")]
            Self::Context(error) => error.fmt(f),
            #[cfg(feature = "service")]
            Self::Ending(error) => error.fmt(f),
        }
    }
}

impl error::Error for Error {}

impl From<SecretError> for Error {
    fn from(error: SecretError) -> Self {
        Self::Secret(error)
    }
}

impl From<ParameterError> for Error {
    fn from(error: ParameterError) -> Self {
        Self::Parameter(error)
    }
}

impl From<EntropyUnavailable> for Error {
    fn from(error: EntropyUnavailable) -> Self {
        Self::Entropy(error)
    }
}

#[cfg(feature = "service")]
macro_rules! from_service_error {
    ($($variant:ident($error:ident)),+) => {$(
        impl From<crate::service::$error> for Error {
            fn from(error: crate::service::$error) -> Self {
                Self::$variant(error)
            }
        }
    )+};
}

#[cfg(feature = "service")]
from_service_error!(
    Recipient(RecipientError),
    Template(TemplateError),
    Message(MessageError),
    Context(ContextError),
    Ending(EndingError)
);

#[cfg(feature = "enrolment")]
impl From<UriError> for Error {
    fn from(error: UriError) -> Self {
        Self::Uri(error)
    }
}

#[cfg(feature = "enrolment")]
impl From<MigrationError> for Error {
    fn from(error: MigrationError) -> Self {
        Self::Migration(error)
    }
}

#[cfg(feature = "enrolment")]
impl From<QrError> for Error {
    fn from(error: QrError) -> Self {
        Self::Qr(error)
    }
}

/// A parameter outside its range. The variant says which parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParameterError {
    /// The algorithm is none of SHA1, SHA256, SHA512.
    Algorithm,
    /// Digits outside 6 to 8 (RFC 4226 §5.3 asks for at least 6).
    Digits,
    /// A period outside 1 to 120 seconds.
    Period,
    /// A window, drift or look-ahead beyond its cap.
    Window,
    /// A random code shorter than 4 or longer than 12 characters.
    CodeLength,
    /// A name that is empty, too long, or has a colon, a control character or a space
    /// at an end.
    Name,
    /// A user id that is empty, too long, or has a control character or a space at
    /// an end.
    UserId,
    /// A code that could not have been made: the wrong length or characters.
    Code,
    /// A channel that does not reach the recipient, one named twice, or none at all.
    Channel,
    /// A lifetime outside 30 to 600 seconds.
    Lifetime,
    /// A time to wait for a receipt outside 10 to 300 seconds.
    FallbackAfter,
    /// A time to wait for a receipt, and no other channel to go on to then.
    FallbackChannel,
    /// A look-back outside 1 to 2400 hours.
    MaxAge,
    /// Messages that would be kept for less than 1 or more than 24 hours.
    Retention,
    /// Not the address of a client.
    ClientAddress,
    /// Neither a country nor the beginning of numbers.
    Place,
    /// More than 100 percent.
    Percent,
    /// Not how numbers begin.
    Prefix,
    /// A limit on wrong codes that would be none, or that exceeds what NIST allows.
    Attempts,
    /// The context of the transaction is missing.
    Context,
    /// Not the shape of a BCP 47 language tag.
    Language,
    /// A code policy below the floor of 13 bits of entropy.
    CodeEntropy,
    /// An idempotency key that is empty, longer than 255 characters, or holds others
    /// than visible ASCII characters.
    IdempotencyKey,
}

impl ParameterError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::Algorithm => "invalid-algorithm",
            Self::Digits => "invalid-digits",
            Self::Period => "invalid-period",
            Self::Window => "invalid-window",
            Self::CodeLength => "invalid-code-length",
            Self::CodeEntropy => "code-too-guessable",
            Self::Name => "invalid-name",
            Self::UserId => "invalid-user-id",
            Self::Code => "malformed-code",
            Self::Channel => "invalid-channel",
            Self::Lifetime => "invalid-expiry",
            Self::FallbackAfter => "invalid-fallback-after",
            Self::FallbackChannel => "fallback-without-channel",
            Self::MaxAge => "invalid-max-age",
            Self::Retention => "invalid-retention",
            Self::ClientAddress => "invalid-client-address",
            Self::Place => "invalid-place",
            Self::Percent => "invalid-percent",
            Self::Prefix => "invalid-prefix",
            Self::Attempts => "invalid-attempts",
            Self::Context => "context-required",
            Self::Language => "invalid-language",
            Self::IdempotencyKey => "invalid-idempotency-key",
        }
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "the algorithm must be SHA1, SHA256 or SHA512",
            Self::Digits => "digits must be 6, 7 or 8",
            Self::Period => "the period must be 1 to 120 seconds",
            Self::Window => {
                "the window must be at most 10 steps to each side, the look-ahead at most 100"
            }
            Self::CodeLength => "a random code must have 4 to 12 characters",
            Self::Name => {
                "use 1 to 64 visible characters without a colon and without spaces at the ends"
            }
            Self::UserId => {
                "use 1 to 256 bytes without control characters and without spaces at the ends"
            }
            Self::Code => {
                "this cannot be a code that was given out; send exactly the characters of the code, without spaces"
            }
            Self::Channel => {
                "name each channel once, and only such as reach this kind of recipient: sms or voice for a phone number, email for an address, or give both recipients"
            }
            Self::Lifetime => "a code lives 30 to 600 seconds",
            Self::FallbackAfter => "wait 10 to 300 seconds for a receipt",
            Self::FallbackChannel => {
                "after this time the code goes by the next channel, and only one is named; name another in `channel`, or leave `fallback_after` out"
            }
            Self::MaxAge => "use 1 to 2400 hours",
            Self::Retention => "keep messages for 1 to 24 hours",
            Self::ClientAddress => {
                "write the client's address as IPv4 or IPv6, without port or zone, like 192.0.2.1 or 2001:db8::1"
            }
            Self::Place => {
                "write a country as two letters like GB, or the beginning of numbers like +44"
            }
            Self::Percent => "write 0 to 100 percent",
            Self::Prefix => {
                "write how numbers begin, with + and calling code, like +44, or + for every number"
            }
            Self::Attempts => {
                "block after 1 to 100 wrong codes, for at least a second and no longer than the longest block, and disable after 1 to 100"
            }
            Self::Context => "this code approves a transaction; send the same context again",
            Self::Language => {
                "write the language as a tag (BCP 47) like en, de-AT or zh-Hant: 2 to 35 letters, digits and hyphens"
            }
            Self::CodeEntropy => {
                "the code would be too easy to guess; make it longer or use a larger alphabet"
            }
            Self::IdempotencyKey => {
                "use one key of 1 to 255 visible ASCII characters, such as a UUID"
            }
        })
    }
}

impl error::Error for ParameterError {}
