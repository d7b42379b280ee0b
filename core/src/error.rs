use core::{error, fmt};

#[cfg(feature = "enrolment")]
use crate::enrolment::{MigrationError, QrError, UriError};
use crate::{EntropyUnavailable, SecretError};

/// Anything that can go wrong in the pure part of the crate.
///
/// Every variant is the caller's to mend: a malformed secret, a parameter out of
/// range, a URI that is none. What a *user* typed as a code is never an error.
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

    /// Where in the text that was given the fault lies, in characters from 0, if at one place.
    /// Of a secret in a URI, and of one of the values of a context, it is not said: a place
    /// within a part would mislead.
    pub const fn position(&self) -> Option<usize> {
        match self {
            Self::Secret(SecretError::Character { position }) => Some(*position),
            #[cfg(feature = "service")]
            Self::Template(error)
            | Self::Message(crate::service::MessageError::Template(error)) => error.position(),
            _ => None,
        }
    }

    /// Which of several values that were given is at fault, from 0, if one is.
    #[cfg(feature = "enrolment")]
    pub const fn index(&self) -> Option<usize> {
        match self {
            Self::Migration(MigrationError::Unrepresentable { index, .. }) => Some(*index),
            _ => None,
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
    /// A window of more than 10 steps to a side.
    Window,
    /// A look-ahead of more than 100 counters.
    LookAhead,
    /// A drift limit of more than 127 steps.
    DriftLimit,
    /// Recovery codes fewer than 1 or more than 100.
    RecoveryCount,
    /// Not the hash of a recovery code.
    RecoveryHash,
    /// A random code shorter than 4 or longer than 12 characters.
    CodeLength,
    /// A name that is empty, too long, or has a colon, a control character or a space
    /// at an end.
    #[cfg(feature = "service")]
    Name,
    /// A user id that is empty, too long, or has a control character or a space at
    /// an end.
    #[cfg(feature = "service")]
    UserId,
    /// A channel that does not reach the recipient, one named twice, or none at all.
    #[cfg(feature = "service")]
    Channel,
    /// A lifetime outside 30 to 600 seconds.
    #[cfg(feature = "service")]
    Lifetime,
    /// A lifetime of enrolments outside a minute to thirty days.
    #[cfg(feature = "service")]
    EnrolmentLifetime,
    /// A limit on messages within no time at all.
    #[cfg(feature = "service")]
    SendWindow,
    /// A number that another sealing key has.
    #[cfg(feature = "service")]
    SealingKey,
    /// A time to wait for a receipt outside 10 to 300 seconds.
    #[cfg(feature = "service")]
    FallbackAfter,
    /// A time to wait for a receipt, and no other channel to go on to then.
    #[cfg(feature = "service")]
    FallbackChannel,
    /// A look-back outside 1 to 2400 hours.
    #[cfg(feature = "service")]
    MaxAge,
    /// Messages that would be kept for less than 1 or more than 24 hours.
    #[cfg(feature = "service")]
    Retention,
    /// Not the address of a client.
    #[cfg(feature = "service")]
    ClientAddress,
    /// Neither a country nor the beginning of numbers.
    #[cfg(feature = "service")]
    Place,
    /// A place that has a price already, or an account that has hours of its own.
    #[cfg(feature = "service")]
    NamedTwice,
    /// More than 100 percent.
    #[cfg(feature = "service")]
    Percent,
    /// Not how numbers begin.
    #[cfg(feature = "service")]
    Prefix,
    /// A limit on wrong codes that would be none, or that exceeds what NIST allows.
    #[cfg(feature = "service")]
    Attempts,
    /// The context of the transaction is missing.
    #[cfg(feature = "service")]
    Context,
    /// Not the shape of a BCP 47 language tag.
    #[cfg(feature = "service")]
    Language,
    /// A code policy below the floor of 13 bits of entropy.
    CodeEntropy,
    /// An idempotency key that is empty, longer than 255 characters, or holds others
    /// than visible ASCII characters.
    #[cfg(feature = "service")]
    IdempotencyKey,
    /// None of the alphabets that codes are made of.
    Alphabet,
    /// None of the levels of error correction.
    #[cfg(feature = "enrolment")]
    ErrorCorrection,
    /// Neither of the ways to read a URI.
    #[cfg(feature = "enrolment")]
    Mode,
    /// Not the id of an account.
    #[cfg(feature = "service")]
    AccountId,
    /// Not the id of a domain.
    #[cfg(feature = "service")]
    DomainId,
    /// Not the id of a challenge.
    #[cfg(feature = "service")]
    OtpId,
    /// Not the id of a message.
    #[cfg(feature = "service")]
    MessageId,
    /// Not the bytes of a claim.
    #[cfg(feature = "service")]
    Claim,
    /// A key that has not 32 bytes, or none at all.
    #[cfg(feature = "service")]
    Key,
    /// None of the states of a message.
    #[cfg(feature = "service")]
    DeliveryState,
    /// None of the receipts for a message.
    #[cfg(feature = "service")]
    Receipt,
    /// None of the answers about a SIM.
    #[cfg(feature = "service")]
    SimSwap,
    /// None of the things to do about a SIM.
    #[cfg(feature = "service")]
    SimSwapAction,
}

impl ParameterError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::Algorithm => "invalid-algorithm",
            Self::Digits => "invalid-digits",
            Self::Period => "invalid-period",
            Self::Window | Self::LookAhead | Self::DriftLimit => "invalid-window",
            Self::RecoveryCount => "invalid-recovery-count",
            Self::RecoveryHash => "invalid-recovery-hash",
            Self::CodeLength => "invalid-code-length",
            Self::CodeEntropy => "code-too-guessable",
            #[cfg(feature = "service")]
            Self::Name => "invalid-name",
            #[cfg(feature = "service")]
            Self::UserId => "invalid-user-id",
            #[cfg(feature = "service")]
            Self::Channel => "invalid-channel",
            #[cfg(feature = "service")]
            Self::Lifetime => "invalid-expiry",
            #[cfg(feature = "service")]
            Self::EnrolmentLifetime => "invalid-enrolment-lifetime",
            #[cfg(feature = "service")]
            Self::SendWindow => "invalid-send-window",
            #[cfg(feature = "service")]
            Self::SealingKey => "duplicate-sealing-key",
            #[cfg(feature = "service")]
            Self::FallbackAfter => "invalid-fallback-after",
            #[cfg(feature = "service")]
            Self::FallbackChannel => "fallback-without-channel",
            #[cfg(feature = "service")]
            Self::MaxAge => "invalid-max-age",
            #[cfg(feature = "service")]
            Self::Retention => "invalid-retention",
            #[cfg(feature = "service")]
            Self::ClientAddress => "invalid-client-address",
            #[cfg(feature = "service")]
            Self::Place => "invalid-place",
            #[cfg(feature = "service")]
            Self::NamedTwice => "named-twice",
            #[cfg(feature = "service")]
            Self::Percent => "invalid-percent",
            #[cfg(feature = "service")]
            Self::Prefix => "invalid-prefix",
            #[cfg(feature = "service")]
            Self::Attempts => "invalid-attempts",
            #[cfg(feature = "service")]
            Self::Context => "context-required",
            #[cfg(feature = "service")]
            Self::Language => "invalid-language",
            #[cfg(feature = "service")]
            Self::IdempotencyKey => "invalid-idempotency-key",
            Self::Alphabet => "invalid-alphabet",
            #[cfg(feature = "enrolment")]
            Self::ErrorCorrection => "invalid-error-correction",
            #[cfg(feature = "enrolment")]
            Self::Mode => "invalid-mode",
            #[cfg(feature = "service")]
            Self::AccountId => "invalid-account",
            #[cfg(feature = "service")]
            Self::DomainId => "invalid-domain",
            #[cfg(feature = "service")]
            Self::OtpId => "invalid-otp-id",
            #[cfg(feature = "service")]
            Self::MessageId => "invalid-message-id",
            #[cfg(feature = "service")]
            Self::Claim => "invalid-claim",
            #[cfg(feature = "service")]
            Self::Key => "invalid-key",
            #[cfg(feature = "service")]
            Self::DeliveryState => "invalid-delivery-state",
            #[cfg(feature = "service")]
            Self::Receipt => "invalid-receipt",
            #[cfg(feature = "service")]
            Self::SimSwap => "invalid-sim-swap",
            #[cfg(feature = "service")]
            Self::SimSwapAction => "invalid-sim-swap-action",
        }
    }
}

impl fmt::Display for ParameterError {
    #[allow(clippy::too_many_lines)] // a table
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Algorithm => "the algorithm must be SHA1, SHA256 or SHA512",
            Self::Digits => "digits must be 6, 7 or 8",
            Self::Period => "the period must be 1 to 120 whole seconds",
            Self::Window => "the window must be 0 to 10 steps to each side",
            Self::LookAhead => "the look-ahead must be 0 to 100 counters",
            Self::DriftLimit => "the drift limit must be 0 to 127 steps",
            Self::RecoveryCount => "make 1 to 100 recovery codes",
            Self::RecoveryHash => {
                "a recovery code is stored by the 32 bytes of its hash; give it as it was returned"
            }
            Self::CodeLength => "a random code must have 4 to 12 characters",
            #[cfg(feature = "service")]
            Self::Name => {
                "use 1 to 64 visible characters without a colon and without spaces at the ends"
            }
            #[cfg(feature = "service")]
            Self::UserId => {
                "use 1 to 256 bytes without control characters and without spaces at the ends"
            }
            #[cfg(feature = "service")]
            Self::Channel => {
                "name at least one channel, each once, and only such as reach this kind of recipient: sms or voice for a phone number, email for an address, or give both recipients"
            }
            #[cfg(feature = "service")]
            Self::Lifetime => "a code lives 30 to 600 whole seconds",
            #[cfg(feature = "service")]
            Self::EnrolmentLifetime => "an enrolment stays open 60 to 2592000 whole seconds, thirty days",
            #[cfg(feature = "service")]
            Self::SendWindow => {
                "a limit counts the messages within 1 whole second or more; leave it out for no limit"
            }
            #[cfg(feature = "service")]
            Self::SealingKey => {
                "another sealing key has this number, and one of them would open nothing; give each a number of its own"
            }
            #[cfg(feature = "service")]
            Self::FallbackAfter => "wait 10 to 300 whole seconds for a receipt",
            #[cfg(feature = "service")]
            Self::FallbackChannel => {
                "after this time the code goes by the next channel, and only one is named; name another in `channel`, or leave `fallback_after` out"
            }
            #[cfg(feature = "service")]
            Self::MaxAge => "use 1 to 2400 hours",
            #[cfg(feature = "service")]
            Self::Retention => "keep messages for 1 to 24 hours",
            #[cfg(feature = "service")]
            Self::ClientAddress => {
                "write the client's address as IPv4 or IPv6, without port or zone, like 192.0.2.1 or 2001:db8::1"
            }
            #[cfg(feature = "service")]
            Self::Place => {
                "write a country as two letters like GB, or the beginning of numbers like +44"
            }
            #[cfg(feature = "service")]
            Self::NamedTwice => "the same is named twice; name it once",
            #[cfg(feature = "service")]
            Self::Percent => "write 0 to 100 percent",
            #[cfg(feature = "service")]
            Self::Prefix => {
                "write how numbers begin, with + and calling code, like +44, or + for every number"
            }
            #[cfg(feature = "service")]
            Self::Attempts => {
                "block after 1 to 100 wrong codes, for whole seconds, at least one and no more than the longest block, and disable after 1 to 100"
            }
            #[cfg(feature = "service")]
            Self::Context => "this code approves a transaction; send the same context again",
            #[cfg(feature = "service")]
            Self::Language => {
                "write the language as a tag (BCP 47) like en, de-AT or zh-Hant: 2 to 35 letters, digits and hyphens"
            }
            Self::CodeEntropy => {
                "the code would be too easy to guess; make it longer or use a larger alphabet"
            }
            #[cfg(feature = "service")]
            Self::IdempotencyKey => {
                "use one key of 1 to 255 visible ASCII characters, such as a UUID"
            }
            Self::Alphabet => "use digits, letters, alphanumeric or unambiguous",
            #[cfg(feature = "enrolment")]
            Self::ErrorCorrection => "use low, medium, quartile or high",
            #[cfg(feature = "enrolment")]
            Self::Mode => "use strict or lenient",
            #[cfg(feature = "service")]
            Self::AccountId => "an account is a UUID, with its hyphens",
            #[cfg(feature = "service")]
            Self::DomainId => "a domain is a UUID, as it was returned when it was created",
            #[cfg(feature = "service")]
            Self::OtpId => "a challenge is a UUID, as it was returned when its code was sent",
            #[cfg(feature = "service")]
            Self::MessageId => "use the id that came with the message, whole and unchanged",
            #[cfg(feature = "service")]
            Self::Claim => "a claim is the bytes that were returned when the request began",
            #[cfg(feature = "service")]
            Self::Key => "each key has 32 random bytes, and at least one seals",
            #[cfg(feature = "service")]
            Self::DeliveryState => "use queued, sent, delivered, failed or expired",
            #[cfg(feature = "service")]
            Self::Receipt => "answer queued or sent",
            #[cfg(feature = "service")]
            Self::SimSwap => "answer swapped, not-swapped or unknown",
            #[cfg(feature = "service")]
            Self::SimSwapAction => "use refuse, flag or next-channel",
        })
    }
}

impl error::Error for ParameterError {}

#[cfg(all(test, feature = "service"))]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::{
        DriftLimit, LookAhead, Secret, Window,
        enrolment::{Enrolment, Migration, Mode},
        service::{MessageError, Template, TransactionContext},
    };

    #[test]
    fn an_error_says_where_in_what_was_given_the_fault_lies() {
        let position = |error: Error| error.position();
        assert_eq!(position(Secret::from_base32("GEZD 1").unwrap_err().into()), Some(5));
        assert_eq!(position(Secret::from_base32("").unwrap_err().into()), None);
        let unclosed = Template::parse("é {{code").unwrap_err();
        assert_eq!(position(unclosed.clone().into()), Some(2));
        assert_eq!(position(MessageError::Template(unclosed).into()), Some(2));
    }

    #[test]
    fn a_place_within_a_part_of_what_was_given_is_not_said() {
        let context = TransactionContext::new([("payee", "a\nb")]);
        let error = Error::from(context.unwrap_err());
        assert_eq!((error.code(), error.position()), ("context-character", None));
        let refused = Enrolment::parse("otpauth://totp/a?secret=GEZ1", Mode::Strict);
        let error = Error::from(refused.unwrap_err());
        assert_eq!((error.code(), error.position()), ("secret-character", None));
    }

    #[test]
    fn windows_of_three_kinds_have_one_code_and_a_text_each() {
        let told = [
            (Window::new(11, 0).err(), "the window must be 0 to 10 steps to each side"),
            (LookAhead::new(101).err(), "the look-ahead must be 0 to 100 counters"),
            (DriftLimit::new(128).err(), "the drift limit must be 0 to 127 steps"),
        ];
        for (error, text) in told {
            let error = error.unwrap();
            assert_eq!((error.code(), error.to_string().as_str()), ("invalid-window", text));
        }
    }

    #[test]
    fn an_error_says_which_of_several_values_is_at_fault() {
        let secret = || Secret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        let accounts =
            [Enrolment::totp("ann", secret()).unwrap(), Enrolment::steam("bob", secret()).unwrap()];
        let error = Error::from(Migration::export(&accounts, 1).unwrap_err());
        assert_eq!((error.index(), error.position()), (Some(1), None));
        assert_eq!(Error::from(ParameterError::Digits).index(), None);
    }
}
