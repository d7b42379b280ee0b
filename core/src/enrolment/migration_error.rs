use core::{error, fmt};

use super::UriError;
use crate::SecretError;

/// Why an account of an import was skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// Its bytes are no account.
    Malformed,
    /// MD5, or an algorithm that Google's format does not define.
    Algorithm,
    /// A number of digits that Google's format does not define.
    Digits,
    /// A type that Google's format does not define.
    Type,
    /// A negative counter.
    Counter,
    /// The secret cannot be used.
    Secret(SecretError),
    /// The names cannot be used.
    Names(UriError),
}

impl SkipReason {
    /// The stable kebab-case name of this reason, the same in every language.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "migration-entry-malformed",
            Self::Algorithm => "migration-entry-algorithm",
            Self::Digits => "migration-entry-digits",
            Self::Type => "migration-entry-type",
            Self::Counter => "migration-entry-counter",
            Self::Secret(error) => error.code(),
            Self::Names(error) => error.code(),
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(error) => return error.fmt(f),
            Self::Names(error) => return error.fmt(f),
            Self::Malformed => "the account is damaged; export it again",
            Self::Algorithm => {
                "the account uses MD5 or an unknown algorithm; enrol it anew with SHA1"
            }
            Self::Digits => "the account has neither 6 nor 8 digits; enrol it anew with 6",
            Self::Type => "the account is neither time-based nor counter-based; enrol it anew",
            Self::Counter => "the account's counter is negative; enrol it anew",
        })
    }
}

/// Why a migration URI cannot be read or written. Never carries any of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MigrationError {
    /// Longer than [`Migration::MAXIMUM_URI_BYTES`](super::Migration::MAXIMUM_URI_BYTES).
    TooLong,
    /// Not `otpauth-migration://offline`.
    Scheme,
    /// No `data` parameter.
    DataMissing,
    /// Two `data` parameters.
    Duplicate,
    /// The data is not percent-encoded base64.
    Encoding,
    /// The data is no protobuf message of Google's export.
    Payload,
    /// There is no account to read or to write.
    Empty,
    /// Google's format cannot hold the enrolment at this index.
    Unrepresentable {
        /// Its place among the enrolments given, from 0.
        index: usize,
        /// What the format has no place for.
        what: Unrepresentable,
    },
}

/// What Google's export format has no place for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unrepresentable {
    /// Digits other than 6 and 8.
    Digits,
    /// A period other than 30 seconds.
    Period,
    /// A counter of 2^63 or more.
    Counter,
    /// Steam codes.
    Steam,
    /// Names so long that no QR code holds them.
    Names,
}

impl MigrationError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::TooLong => "migration-too-long",
            Self::Scheme => "migration-scheme",
            Self::DataMissing => "migration-data-missing",
            Self::Duplicate => "migration-duplicate-data",
            Self::Encoding => "migration-encoding",
            Self::Payload => "migration-payload",
            Self::Empty => "migration-empty",
            Self::Unrepresentable { .. } => "migration-unrepresentable",
        }
    }
}

impl fmt::Display for MigrationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unrepresentable { index, what } => {
                let what = match what {
                    Unrepresentable::Digits => "digits other than 6 and 8",
                    Unrepresentable::Period => "a period other than 30 seconds",
                    Unrepresentable::Counter => "so large a counter",
                    Unrepresentable::Steam => "Steam codes",
                    Unrepresentable::Names => "names so long",
                };
                let number = index + 1;
                return write!(f, "an export cannot hold {what}; leave out account {number}");
            }
            Self::TooLong => {
                "the migration URI is longer than 16 KiB; import one QR code at a time"
            }
            Self::Scheme => {
                "this is no export; it must begin with otpauth-migration://offline?data="
            }
            Self::DataMissing => "the export holds no data; copy the whole URI",
            Self::Duplicate => "the export holds data twice; import one QR code at a time",
            Self::Encoding => {
                "the data of the export is damaged; copy the whole URI or scan it again"
            }
            Self::Payload => "the data is no export of accounts; scan it again",
            Self::Empty => "there is no account in it; choose at least one",
        })
    }
}

impl error::Error for MigrationError {}
