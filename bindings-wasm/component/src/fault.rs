use alloc::string::{String, ToString};
use core::fmt::Display;

use keyfob::{EntropyUnavailable, Error, ParameterError, SecretError};

use crate::types::{Algorithm, Fault};

impl Fault {
    /// A fault of what core takes as it is: the length of a key, the form of an id.
    pub(crate) fn new(code: &str, detail: impl Display) -> Self {
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

impl From<Error> for Fault {
    #[inline(never)] // once, not in every function
    fn from(error: Error) -> Self {
        let (code, position) = (error.code().into(), error.position().map(|place| place as u32));
        Self { code, field: None, position, text: text(&error) }
    }
}

macro_rules! faults {
    ($($error:ty,)+) => {$(
        impl From<$error> for Fault {
            #[inline(never)] // as above
            fn from(error: $error) -> Self {
                Error::from(error).into()
            }
        }
    )+};
}

faults!(SecretError, ParameterError, EntropyUnavailable,);

/// A sentence, in the world that has room for sentences.
pub(crate) fn text(sentence: impl Display) -> Option<String> {
    cfg!(feature = "authenticator").then(|| sentence.to_string())
}

#[cfg(feature = "authenticator")]
mod authenticator {
    use keyfob::{
        Error,
        enrolment::{MigrationError, QrError, SkipReason, UriError, Warning},
    };

    use super::Fault;

    faults!(UriError, MigrationError, QrError,);

    impl From<Warning> for Fault {
        fn from(warning: Warning) -> Self {
            Self::new(warning.code(), warning)
        }
    }

    impl From<SkipReason> for Fault {
        fn from(reason: SkipReason) -> Self {
            Self::new(reason.code(), reason)
        }
    }
}

#[cfg(feature = "service")]
mod service {
    use keyfob::{
        Error,
        service::{ContextError, EndingError, MessageError, RecipientError, TemplateError},
    };

    use super::Fault;

    faults!(RecipientError, TemplateError, MessageError, ContextError, EndingError,);
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
