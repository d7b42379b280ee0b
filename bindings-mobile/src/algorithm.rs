use crate::time::Seconds;

/// The hash of a credential's codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Algorithm {
    /// What every authenticator app understands.
    Sha1,
    /// Ignored by some apps, whose codes are wrong then.
    Sha256,
    /// Ignored by some apps, whose codes are wrong then.
    Sha512,
}

#[uniffi::export]
impl Algorithm {
    /// The stable name, the same in every language and in URIs: `SHA1`, `SHA256` or `SHA512`.
    pub fn code(&self) -> String {
        keyfob::Algorithm::from(*self).name().to_owned()
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

pub(crate) fn chosen(given: Option<Algorithm>) -> keyfob::Algorithm {
    given.map_or_else(keyfob::Algorithm::default, Into::into)
}

/// Which codes a device makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct TotpParameters {
    /// The hash.
    pub algorithm: Algorithm,
    /// Characters in a code.
    pub digits: i32,
    /// How long a code lasts.
    pub period: Seconds,
}

impl From<keyfob::TotpParameters> for TotpParameters {
    fn from(parameters: keyfob::TotpParameters) -> Self {
        let keyfob::TotpParameters { algorithm, digits, period } = parameters;
        Self {
            algorithm: algorithm.into(),
            digits: digits.value().into(),
            period: period.seconds().into(),
        }
    }
}
