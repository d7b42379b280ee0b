use std::sync::Arc;

use crate::{
    Secret,
    algorithm::{Algorithm, chosen},
    error::KeyfobError,
    number,
    plain::{PlainCode, Typed},
    redacted::redacted,
};

/// What became of an HOTP code.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum HotpOutcome {
    /// The code is right.
    Accepted {
        /// The counter to expect next. Store it, and only then let the user in: it burns this
        /// code and every one before it.
        next_counter: u64,
    },
    /// Well-formed, but the code of no counter that was looked at.
    Mismatch,
    /// Not a code.
    Malformed,
}

#[uniffi::export]
impl HotpOutcome {
    /// Whether the code was right.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }

    /// The stable kebab-case name, the same in every language.
    pub fn code(&self) -> String {
        keyfob::HotpOutcome::from(self.clone()).code().to_owned()
    }
}

/// Counter-based one-time passwords (RFC 4226).
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct Hotp(pub(crate) keyfob::Hotp);

#[uniffi::export]
impl Hotp {
    /// Prepares a secret: SHA-1 and six digits, if nothing else is said.
    #[uniffi::constructor(default(algorithm = None, digits = None))]
    pub fn new(
        secret: Arc<Secret>,
        algorithm: Option<Algorithm>,
        digits: Option<i32>,
    ) -> Result<Self, KeyfobError> {
        let digits = number::digits("digits", digits)?;
        Ok(Self(keyfob::Hotp::new(&secret.0, chosen(algorithm), digits)))
    }

    /// The code of a counter.
    pub fn generate(&self, counter: u64) -> PlainCode {
        self.0.generate(counter).into()
    }

    /// Whether a code belongs to `counter`, the next expected one, or to one of the
    /// `look_ahead` counters after it (0 to 100; 10 if nothing is said). Never looks back.
    #[uniffi::method(default(look_ahead = None))]
    pub fn verify(
        &self,
        code: Typed,
        counter: u64,
        look_ahead: Option<i32>,
    ) -> Result<HotpOutcome, KeyfobError> {
        Ok(self.0.verify(&code, counter, number::look_ahead(look_ahead)?).into())
    }

    /// Finds a token that ran further ahead than `verify` looks, by the codes of two
    /// consecutive counters, the first of them `counter` or one of the `look_ahead` after it.
    /// Count a failure as a failed attempt all the same.
    pub fn resynchronise(
        &self,
        first: Typed,
        second: Typed,
        counter: u64,
        look_ahead: i32,
    ) -> Result<HotpOutcome, KeyfobError> {
        let range = number::look_ahead(Some(look_ahead))?;
        Ok(self.0.resynchronise(&first, &second, counter, range).into())
    }
}

redacted!(Hotp);

impl From<HotpOutcome> for keyfob::HotpOutcome {
    fn from(outcome: HotpOutcome) -> Self {
        match outcome {
            HotpOutcome::Accepted { next_counter } => Self::Accepted { next_counter },
            HotpOutcome::Mismatch => Self::Mismatch,
            HotpOutcome::Malformed => Self::Malformed,
        }
    }
}

impl From<keyfob::HotpOutcome> for HotpOutcome {
    fn from(outcome: keyfob::HotpOutcome) -> Self {
        match outcome {
            keyfob::HotpOutcome::Accepted { next_counter } => Self::Accepted { next_counter },
            keyfob::HotpOutcome::Mismatch => Self::Mismatch,
            keyfob::HotpOutcome::Malformed => Self::Malformed,
        }
    }
}
