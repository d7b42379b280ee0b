use core::{error, fmt};

use super::Warning;
use crate::SecretError;

/// Why a URI cannot be read, or a value cannot be written as one. Never carries
/// any of the URI or the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum UriError {
    /// Longer than [`Enrolment::MAXIMUM_URI_BYTES`](super::Enrolment::MAXIMUM_URI_BYTES).
    TooLong,
    /// Neither `otpauth://` nor `steam://`.
    Scheme,
    /// An `otpauth-migration://` URI, which holds several enrolments.
    Migration,
    /// The type is none of `totp`, `hotp`, `steam`.
    Type,
    /// A `#` that ends the URI before its parameters.
    Fragment,
    /// A `%` without two hexadecimal digits after it.
    Escape,
    /// Percent-encoded bytes that are no UTF-8.
    Utf8,
    /// A control character, written out or percent-encoded.
    ControlCharacter,
    /// No `secret` parameter.
    SecretMissing,
    /// The secret cannot be read.
    Secret(SecretError),
    /// This parameter stands there twice.
    Duplicate(&'static str),
    /// The algorithm is none of SHA1, SHA256, SHA512.
    Algorithm,
    /// The digits are no number from 1 to 10.
    Digits,
    /// The period is no number of seconds from 1 to 2^32 - 1.
    Period,
    /// The counter is no number below 2^64.
    Counter,
    /// A counter for an account whose codes move on by time.
    NoCounter,
    /// The account is empty.
    AccountEmpty,
    /// The issuer is blank.
    IssuerBlank,
    /// A further parameter bears the name of one that has its own meaning.
    ParameterReserved,
    /// Readable only with the guess this warning names; strict reading refuses.
    NotStrict(Warning),
}

impl UriError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::TooLong => "uri-too-long",
            Self::Scheme => "uri-scheme",
            Self::Migration => "uri-is-migration",
            Self::Type => "uri-type",
            Self::Fragment => "uri-fragment",
            Self::Escape => "uri-escape",
            Self::Utf8 => "uri-not-utf8",
            Self::ControlCharacter => "uri-control-character",
            Self::SecretMissing => "uri-secret-missing",
            Self::Duplicate(_) => "uri-duplicate-parameter",
            Self::Algorithm => "uri-algorithm",
            Self::Digits => "uri-digits",
            Self::Period => "uri-period",
            Self::Counter => "uri-counter",
            Self::NoCounter => "uri-no-counter",
            Self::AccountEmpty => "uri-account-empty",
            Self::IssuerBlank => "uri-issuer-blank",
            Self::ParameterReserved => "uri-parameter-reserved",
        } else {
            Self::Secret(error) => error: SecretError,
            Self::NotStrict(warning) => warning: Warning,
        }
    }
}

impl fmt::Display for UriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Secret(error) => return error.fmt(f),
            Self::Duplicate(name) => {
                return write!(f, "the parameter {name} stands there twice; keep one");
            }
            Self::NotStrict(warning) => {
                return write!(
                    f,
                    "refused by strict reading: {warning}; mend it, or read it leniently"
                );
            }
            Self::TooLong => "the enrolment URI is longer than 8192 bytes; shorten its names",
            Self::Scheme => {
                "this is no enrolment URI; it must begin with otpauth://totp/ or otpauth://hotp/"
            }
            Self::Migration => {
                "this is an export of several accounts; import it instead of reading it as one"
            }
            Self::Type => "the type after otpauth:// must be totp, hotp or steam",
            Self::Fragment => "the name holds a #; write it as %23",
            Self::Escape => {
                "a % must be followed by two hexadecimal digits; write a percent sign as %25"
            }
            Self::Utf8 => "percent-encoded bytes must be UTF-8; encode the names anew",
            Self::ControlCharacter => {
                "names and parameters must not hold control characters; remove them"
            }
            Self::SecretMissing => "the secret parameter is missing; copy the whole URI",
            Self::Algorithm => "the algorithm must be SHA1, SHA256 or SHA512",
            Self::Digits => "digits must be a number from 1 to 10, usually 6",
            Self::Period => "the period must be a number of seconds, usually 30",
            Self::Counter => "the counter must be a number from 0 to 18446744073709551615",
            Self::NoCounter => {
                "the codes of this account move on by time; only those of a hotp account have a counter"
            }
            Self::AccountEmpty => "the account must not be empty; name the user",
            Self::IssuerBlank => "the issuer must not be blank; name the service or leave it out",
            Self::ParameterReserved => {
                "this parameter has its own meaning; set it through its own method"
            }
        };
        f.write_str(text)
    }
}

impl error::Error for UriError {}

impl From<SecretError> for UriError {
    fn from(error: SecretError) -> Self {
        Self::Secret(error)
    }
}
