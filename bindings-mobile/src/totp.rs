use std::sync::Arc;

use crate::{
    Secret,
    algorithm::{Algorithm, chosen},
    error::KeyfobError,
    number,
    plain::{PlainCode, Typed},
    redacted::redacted,
    time::{Moment, Seconds},
};

/// Which steps around the present one a code may come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Window {
    /// Steps before: 0 to 10.
    pub before: i32,
    /// Steps after: 0 to 10.
    pub after: i32,
}

/// What a verifier remembers of one credential. Store the one that
/// `TotpOutcome.Accepted` carries, by compare-and-swap and *before* you act on it: of two
/// requests at once both would spend one code otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct TotpState {
    /// The last step that was accepted. It and every step before it are burned.
    #[uniffi(default = None)]
    pub last_step: Option<u64>,
    /// How many steps the user's clock was ahead (negative: behind) at the last accepted code.
    #[uniffi(default = 0)]
    pub drift: i8,
}

/// What became of a TOTP or Steam code.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum TotpOutcome {
    /// The code is right and was not used before.
    Accepted {
        /// The step it belongs to. This and every earlier step are burned now.
        step: u64,
        /// How many steps the code was ahead of your time (negative: behind).
        drift: i64,
        /// What to store in place of the state that was passed in.
        state: TotpState,
    },
    /// The code is right, but it or a later one was accepted before. A client's retry looks
    /// like this, and so does a theft.
    Replayed {
        /// The latest burned step it matches.
        step: u64,
    },
    /// Well-formed, but the code of no step in the window.
    Mismatch,
    /// Not a code.
    Malformed,
}

#[uniffi::export]
impl TotpOutcome {
    /// Whether the code was right and unused.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }

    /// The stable kebab-case name, the same in every language.
    pub fn code(&self) -> String {
        keyfob::TotpOutcome::from(self.clone()).code().to_owned()
    }
}

/// Time-based one-time passwords (RFC 6238).
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct Totp(pub(crate) keyfob::Totp);

#[uniffi::export]
impl Totp {
    /// Prepares a secret. What is left out is what every authenticator app understands: SHA-1,
    /// six digits, 30 seconds, one step to each side, steps counted from 1970, and no drift
    /// remembered.
    ///
    /// `drift_limit` lets the window follow a clock that runs ahead or behind by up to so many
    /// steps, at most 127.
    #[uniffi::constructor(default(
        algorithm = None, digits = None, period = None, window = None, epoch = None, drift_limit = None
    ))]
    pub fn new(
        secret: Arc<Secret>,
        algorithm: Option<Algorithm>,
        digits: Option<i32>,
        period: Option<Seconds>,
        window: Option<Window>,
        epoch: Option<Moment>,
        drift_limit: Option<i32>,
    ) -> Result<Self, KeyfobError> {
        let (digits, period) =
            (number::digits("digits", digits)?, number::period("period", period)?);
        let mut totp = keyfob::Totp::new(&secret.0, chosen(algorithm), digits, period)
            .with_drift_limit(number::drift_limit(drift_limit)?);
        if let Some(window) = window {
            totp = totp.with_window(number::window("window", window)?);
        }
        if let Some(epoch) = epoch {
            totp = totp.with_epoch(epoch.0);
        }
        Ok(Self(totp))
    }

    /// The code that is current at a time.
    pub fn generate(&self, time: Moment) -> PlainCode {
        self.0.generate(time.0).into()
    }

    /// The code of a step.
    pub fn at_step(&self, step: u64) -> PlainCode {
        self.0.at_step(step).into()
    }

    /// The step that a time lies in; absent before the first.
    pub fn step(&self, time: Moment) -> Option<u64> {
        self.0.step(time.0)
    }

    /// How long until the next step begins, in whole seconds, from the whole period down to 1.
    pub fn remaining(&self, time: Moment) -> Seconds {
        self.0.remaining(time.0).into()
    }

    /// Judges a code by your time and by what you remember of the credential.
    ///
    /// The whole window is evaluated and compared in constant time.
    pub fn verify(&self, code: Typed, time: Moment, state: TotpState) -> TotpOutcome {
        self.0.verify(&code, time.0, &state.into()).into()
    }
}

redacted!(Totp);

impl From<TotpState> for keyfob::TotpState {
    fn from(state: TotpState) -> Self {
        Self { last_step: state.last_step, drift: state.drift }
    }
}

impl From<TotpOutcome> for keyfob::TotpOutcome {
    fn from(outcome: TotpOutcome) -> Self {
        match outcome {
            TotpOutcome::Accepted { step, drift, state } => {
                Self::Accepted { step, drift, state: state.into() }
            }
            TotpOutcome::Replayed { step } => Self::Replayed { step },
            TotpOutcome::Mismatch => Self::Mismatch,
            TotpOutcome::Malformed => Self::Malformed,
        }
    }
}

impl From<keyfob::TotpOutcome> for TotpOutcome {
    fn from(outcome: keyfob::TotpOutcome) -> Self {
        match outcome {
            keyfob::TotpOutcome::Accepted { step, drift, state } => Self::Accepted {
                step,
                drift,
                state: TotpState { last_step: state.last_step, drift: state.drift },
            },
            keyfob::TotpOutcome::Replayed { step } => Self::Replayed { step },
            keyfob::TotpOutcome::Mismatch => Self::Mismatch,
            keyfob::TotpOutcome::Malformed => Self::Malformed,
        }
    }
}
