use alloc::string::{String, ToString};
use core::fmt::Display;

use keyfob::{EntropyUnavailable, Error, ParameterError, SecretError};

use crate::types::{Algorithm, Fault};

impl Fault {
    /// A fault of what core takes as it is: the length of a key, the form of an id.
    pub(crate) fn new(code: &str, detail: &str) -> Self {
        Self { code: code.into(), field: None, position: None, text: text(detail) }
    }

    /// The same, of one argument among several.
    #[cfg(feature = "service")]
    pub(crate) fn of(self, field: &str) -> Self {
        Self { field: Some(field.into()), ..self }
    }

    pub(crate) fn hash_length() -> Self {
        Self::new("invalid-key", "a hash has 32 bytes; give it as it was returned")
    }
}

macro_rules! faults {
    ($($error:ty,)+) => {$(
        impl From<$error> for Fault {
            #[inline(never)] // once, not in every function
            fn from(error: $error) -> Self {
                let (code, position) = (error.code().into(), error.place());
                Self { code, field: None, position, text: text(&error) }
            }
        }
    )+};
}

faults!(SecretError, ParameterError, EntropyUnavailable, Error,);

/// A sentence, in the world that has room for sentences.
pub(crate) fn text(sentence: impl Display) -> Option<String> {
    cfg!(feature = "authenticator").then(|| sentence.to_string())
}

/// Where in a text an error lies, for those that know.
pub(crate) trait Place {
    fn place(&self) -> Option<u32> {
        None
    }
}

impl Place for ParameterError {}
impl Place for EntropyUnavailable {}

impl Place for SecretError {
    fn place(&self) -> Option<u32> {
        match self {
            Self::Character { position } => Some(*position as u32),
            _ => None,
        }
    }
}

impl Place for Error {
    fn place(&self) -> Option<u32> {
        match self {
            Self::Secret(error) => error.place(),
            #[cfg(feature = "service")]
            Self::Template(error) => error.place(),
            #[cfg(feature = "service")]
            Self::Context(error) => error.place(),
            #[cfg(feature = "service")]
            Self::Message(error) => error.place(),
            _ => None,
        }
    }
}

#[cfg(feature = "authenticator")]
mod authenticator {
    use keyfob::enrolment::{MigrationError, QrError, SkipReason, UriError, Warning};

    use super::{Fault, Place, text};

    faults!(UriError, Warning, MigrationError, SkipReason, QrError,);

    impl Place for Warning {}
    impl Place for MigrationError {}
    impl Place for QrError {}

    // Places within a part of a URI would mislead.
    impl Place for UriError {}
    impl Place for SkipReason {}
}

#[cfg(feature = "service")]
mod service {
    use keyfob::service::{ContextError, EndingError, MessageError, RecipientError, TemplateError};

    use super::{Fault, Place, text};

    faults!(RecipientError, TemplateError, MessageError, ContextError, EndingError,);

    impl Place for RecipientError {}
    impl Place for EndingError {}

    impl Place for TemplateError {
        fn place(&self) -> Option<u32> {
            self.position().map(|position| position as u32)
        }
    }

    impl Place for MessageError {
        fn place(&self) -> Option<u32> {
            match self {
                Self::Template(error) => error.place(),
                _ => None,
            }
        }
    }

    impl Place for ContextError {
        fn place(&self) -> Option<u32> {
            match self {
                Self::Character { position, .. } => Some(*position as u32),
                _ => None,
            }
        }
    }
}

impl From<Algorithm> for keyfob::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::Sha1,
            Algorithm::Sha256 => Self::Sha256,
            Algorithm::Sha512 => Self::Sha512,
        }
    }
}

impl From<keyfob::Algorithm> for Algorithm {
    fn from(algorithm: keyfob::Algorithm) -> Self {
        match algorithm {
            keyfob::Algorithm::Sha1 => Self::Sha1,
            keyfob::Algorithm::Sha256 => Self::Sha256,
            keyfob::Algorithm::Sha512 => Self::Sha512,
        }
    }
}
