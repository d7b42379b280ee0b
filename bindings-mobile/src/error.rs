//! The one place where errors of the engine become those of the languages.

use std::{fmt, time::SystemTime};

use keyfob::{Error, service::ServiceError};

use crate::{number::size, time::moment};

/// Why there is no outcome. A wrong, used or late code is never an error but an outcome.
///
/// Each has the stable `code` that keyfob has for it in every language, and a `text` that says
/// what to do next. Neither holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Error)]
pub enum KeyfobError {
    /// An argument cannot be used. Nothing was changed.
    Invalid {
        /// The stable kebab-case word, such as `invalid-digits`.
        code: String,
        /// What is wrong, and what to do.
        text: String,
        /// Which argument, with the whole way to it: `digits`,
        /// `policy.sends.perRecipient[0].span`. Of a text with half a character in it, which
        /// Kotlin may hold, it is `text`: which of the texts of a call that was is not known.
        argument: String,
        /// Where in it the fault lies, in characters from 0.
        position: Option<i32>,
        /// Which element of a list, from 0.
        index: Option<i32>,
    },
    /// The service refuses the request. Nothing was accepted.
    Refused {
        /// The stable kebab-case word, such as `user-exists`.
        code: String,
        /// What to do.
        text: String,
    },
    /// The recipient has seen too many wrong codes; nothing is sent for now.
    RecipientBlocked {
        /// The stable kebab-case word.
        code: String,
        /// What to do.
        text: String,
        /// When the block ends; absent if it does not end by itself.
        until: Option<SystemTime>,
    },
    /// A limit on sending is reached.
    SendLimit {
        /// The stable kebab-case word.
        code: String,
        /// What to do.
        text: String,
        /// Whose limit: `recipient`, `account`, `country` …
        limit: String,
        /// From when there is room again.
        retry_at: SystemTime,
    },
    /// The outside world failed: the store, a provider, the source of random bytes. Nothing was
    /// accepted.
    Failed {
        /// The stable kebab-case word, such as `storage-unavailable`.
        code: String,
        /// What to do.
        text: String,
        /// What your own function said, for your log.
        reason: Option<String>,
    },
}

impl fmt::Display for KeyfobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid { argument, text, .. } => write!(f, "{argument}: {text}"),
            Self::Refused { text, .. }
            | Self::RecipientBlocked { text, .. }
            | Self::SendLimit { text, .. }
            | Self::Failed { text, .. } => f.write_str(text),
        }
    }
}

impl std::error::Error for KeyfobError {}

/// What is wrong with an argument. That no random bytes could be had is nobody's.
pub(crate) fn invalid<E: Into<Error>>(argument: &str) -> impl FnOnce(E) -> KeyfobError {
    move |error| match error.into() {
        Error::Entropy(error) => no_entropy(error),
        error => of_argument(argument, &error),
    }
}

/// What is wrong with an argument that core has no word for.
pub(crate) fn unusable(argument: &str, text: &str) -> KeyfobError {
    KeyfobError::Invalid {
        code: "invalid-argument".to_owned(),
        text: text.to_owned(),
        argument: camel_case(argument),
        position: None,
        index: None,
    }
}

/// No random bytes could be had.
pub(crate) fn no_entropy(error: keyfob::EntropyUnavailable) -> KeyfobError {
    ServiceError::from(error).into()
}

impl KeyfobError {
    /// The same of an argument under another name: that which the caller gave it by.
    pub(crate) fn of(self, name: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Invalid { code, text, argument, position, index } => {
                Self::Invalid { argument: name(&argument), code, text, position, index }
            }
            error => error,
        }
    }
}

impl From<ServiceError> for KeyfobError {
    fn from(error: ServiceError) -> Self {
        let (code, text) = (error.code().to_owned(), error.to_string());
        match error {
            ServiceError::Invalid { field, error } => of_argument(field, &error),
            ServiceError::RecipientBlocked { until } => {
                Self::RecipientBlocked { code, text, until: until.map(moment) }
            }
            ServiceError::SendLimit { scope, retry_at } => Self::SendLimit {
                code,
                text,
                limit: scope.name().to_owned(),
                retry_at: moment(retry_at),
            },
            ServiceError::Port(_)
            | ServiceError::Contention
            | ServiceError::Corrupt
            | ServiceError::Misuse => Self::Failed { code, text, reason: None },
            _ => Self::Refused { code, text },
        }
    }
}

fn of_argument(argument: &str, error: &Error) -> KeyfobError {
    KeyfobError::Invalid {
        code: error.code().to_owned(),
        text: error.to_string(),
        argument: camel_case(argument),
        position: error.position().map(size),
        index: error.index().map(size),
    }
}

/// As the caller wrote it: in core's names and this crate's words part by `_`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        name + &initial.to_uppercase() + rest
    })
}
