use core::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::{
    Algorithm, Code, Digits, DriftLimit, Period, Secret, UnixTime, Window, code::Symbols, mac::Mac,
    timing::Timing,
};

/// What a verifier remembers of one credential. A plain value: pass in the stored
/// one, and store the one that [`TotpOutcome::Accepted`] carries by compare-and-swap
/// *before* acting on it, or two requests at once can both spend one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TotpState {
    /// The last step accepted. It and every step before it are burned.
    pub last_step: Option<u64>,
    /// How many steps the user's clock was ahead of the server's (negative:
    /// behind) when a code was last accepted (RFC 6238 §6).
    pub drift: i8,
}

/// Which codes a credential makes. What the two sides must agree on, beside the secret.
///
/// The default is what every authenticator app understands: SHA-1, six digits, 30
/// seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct TotpParameters {
    /// The hash.
    pub algorithm: Algorithm,
    /// The length of a code.
    pub digits: Digits,
    /// The length of a step.
    pub period: Period,
}

/// Time-based one-time passwords (RFC 6238).
///
/// The key's HMAC states are computed once, here, and wiped when dropped. Neither
/// generating nor verifying allocates.
///
/// ```
/// use keyfob::{Algorithm, Digits, Period, Secret, Totp, TotpOutcome, TotpState};
///
/// let secret = Secret::from_bytes(*b"12345678901234567890")?;
/// let totp = Totp::new(&secret, Algorithm::Sha1, Digits::EIGHT, Period::THIRTY);
/// assert_eq!(totp.generate(59).as_str(), "94287082"); // RFC 6238, appendix B
///
/// let fresh = TotpState::default();
/// let TotpOutcome::Accepted { step: 1, state, .. } = totp.verify("94287082", 59, &fresh) else {
///     panic!("refused");
/// };
/// assert_eq!(totp.verify("94287082", 59, &state), TotpOutcome::Replayed { step: 1 });
/// # Ok::<(), keyfob::Error>(())
/// ```
#[derive(Clone)]
pub struct Totp {
    mac: Mac,
    algorithm: Algorithm,
    digits: Digits,
    timing: Timing,
}

impl Totp {
    /// Prepares `secret`, with a window of one step to each side, T0 = 0, and drift
    /// not remembered.
    pub fn new(secret: &Secret, algorithm: Algorithm, digits: Digits, period: Period) -> Self {
        let mac = Mac::new(algorithm, secret.expose_bytes());
        Self { mac, algorithm, digits, timing: Timing::new(period) }
    }

    /// As [`new`](Self::new), for parameters that were kept together.
    pub fn with_parameters(secret: &Secret, parameters: TotpParameters) -> Self {
        Self::new(secret, parameters.algorithm, parameters.digits, parameters.period)
    }

    /// Sets how many steps around the current one are accepted.
    #[must_use]
    pub fn with_window(mut self, window: Window) -> Self {
        self.timing.window = window;
        self
    }

    /// Sets the Unix time at which step 0 begins (RFC 6238's *T0*).
    #[must_use]
    pub fn with_epoch(mut self, t0: UnixTime) -> Self {
        self.timing.epoch = t0;
        self
    }

    /// Lets the window follow a clock that runs ahead or behind, up to `limit` away
    /// from the server's. The window keeps its width; only its centre moves.
    #[must_use]
    pub fn with_drift_limit(mut self, limit: DriftLimit) -> Self {
        self.timing.drift_limit = limit;
        self
    }

    /// Which codes these are, beside the secret.
    pub fn parameters(&self) -> TotpParameters {
        let Self { algorithm, digits, timing, .. } = *self;
        TotpParameters { algorithm, digits, period: timing.period() }
    }

    /// The code that is current at `now`. Before T0 no code is valid; step 0's, the
    /// first that will be, is shown.
    pub fn generate(&self, now: UnixTime) -> Code {
        self.at_step(self.step(now).unwrap_or(0))
    }

    /// The code of a step.
    pub fn at_step(&self, step: u64) -> Code {
        Code::new(Symbols::decimal(self.mac.truncated(step), self.digits), self.digits.value())
    }

    /// The step `now` lies in: whole periods since T0 (RFC 6238 §4.2). `None`
    /// before T0.
    pub fn step(&self, now: UnixTime) -> Option<u64> {
        self.timing.step(now)
    }

    /// Seconds until the next step begins, from the whole period down to 1. Before
    /// T0: seconds until T0.
    pub fn remaining(&self, now: UnixTime) -> u64 {
        self.timing.remaining(now)
    }

    /// Judges a code by the server's time and what is remembered of the credential.
    ///
    /// The whole window is always evaluated and compared in constant time. Where several
    /// steps share a code, the highest is accepted, and a burned one makes it a replay:
    /// nothing that was typed once is good again in the window. Before T0 nothing matches.
    pub fn verify(&self, code: &str, now: UnixTime, state: &TotpState) -> TotpOutcome {
        let Some(typed) = Symbols::read_digits(code, self.digits) else {
            return TotpOutcome::Malformed;
        };
        self.timing.verify(&self.mac, now, state, |truncated| {
            Symbols::decimal(truncated, self.digits).ct_eq(&typed)
        })
    }
}

impl fmt::Debug for Totp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Totp")
            .field("algorithm", &self.algorithm)
            .field("digits", &self.digits)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

/// What became of a TOTP code.
#[must_use = "an outcome that is not looked at lets everybody in"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotpOutcome {
    /// The code is right and was not used before.
    Accepted {
        /// The step it belongs to. This and every earlier step are now burned.
        step: u64,
        /// How many steps the code was ahead of the server's time (negative: behind).
        drift: i64,
        /// What to store in place of the state that was passed in.
        state: TotpState,
    },
    /// The code is right, but its step is burned: it or a later one was accepted
    /// before (RFC 6238 §5.2). A client's retry looks like this, and so does a theft.
    Replayed {
        /// The latest burned step it matches.
        step: u64,
    },
    /// Well-formed, but the code of no step in the window.
    Mismatch,
    /// Not a code: anything but exactly the right number of characters.
    Malformed,
}

impl TotpOutcome {
    /// Whether the code was right and unused.
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }

    /// The stable name of this outcome, the same in every language.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Replayed { .. } => "replayed",
            Self::Mismatch => "mismatch",
            Self::Malformed => "malformed",
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::{collections::BTreeSet, format, vec::Vec};

    use proptest::prelude::*;

    use super::*;
    use crate::ParameterError;

    const NOW: UnixTime = 1_784_300_015;

    fn totp() -> Totp {
        let secret = Secret::from_bytes(*b"12345678901234567890").unwrap();
        Totp::new(&secret, Algorithm::Sha1, Digits::SIX, Period::THIRTY)
    }

    /// Attempts with the codes of nearby steps at nearby times, either way.
    fn attempts() -> impl Strategy<Value = Vec<(i64, i64)>> {
        prop::collection::vec((-150..150_i64, -6..6_i64), 1..40)
    }

    #[test]
    fn parameters_are_those_that_the_secret_was_prepared_with() {
        let secret = Secret::from_bytes(*b"12345678901234567890").unwrap();
        let given = TotpParameters {
            algorithm: Algorithm::Sha256,
            digits: Digits::EIGHT,
            period: Period::new(60).unwrap(),
        };
        assert_eq!(Totp::with_parameters(&secret, given).parameters(), given);
        assert_eq!(totp().parameters(), TotpParameters::default());
    }

    proptest! {
        #[test]
        fn no_step_is_accepted_twice_and_the_last_step_only_grows(
            attempts in attempts(), before in 0..=10_u8, after in 0..=10_u8, drift_limit in 0..20_u8,
        ) {
            let window = Window::new(before, after).unwrap();
            let limit = DriftLimit::new(drift_limit).unwrap();
            let totp = totp().with_window(window).with_drift_limit(limit);
            let mut state = TotpState::default();
            let mut accepted = BTreeSet::new();
            for (seconds, steps) in attempts {
                let now = NOW.saturating_add_signed(seconds);
                let wanted = totp.step(now).unwrap().saturating_add_signed(steps);
                let outcome = totp.verify(totp.at_step(wanted).as_str(), now, &state);
                if let TotpOutcome::Accepted { step, state: next, .. } = outcome {
                    prop_assert!(accepted.insert(step));
                    prop_assert!(next.last_step == Some(step) && next.last_step > state.last_step);
                    prop_assert!(next.drift.unsigned_abs() <= drift_limit);
                    state = next;
                }
            }
        }

        #[test]
        fn nothing_but_the_exact_digits_is_ever_accepted(
            typed in "\\PC{0,8}|[0-9\\s\\x00+-]{6}|[0-9]{5}\\PC", padding in "[\\s\\x00\u{200b}\u{feff}+-]{1,2}",
        ) {
            let code = totp().generate(NOW);
            let verify = |typed: &str| totp().verify(typed, NOW, &TotpState::default());
            prop_assert!(!verify(&typed).is_accepted() || typed.bytes().all(|b| b.is_ascii_digit()));
            prop_assert_eq!(verify(&format!("{padding}{code}")), TotpOutcome::Malformed);
            prop_assert_eq!(verify(&format!("{code}{padding}")), TotpOutcome::Malformed);
        }

        #[test]
        fn no_time_and_no_state_panics(
            now: u64, epoch: u64, last_step: Option<u64>, drift: i8, limit in 0..=127_u8, period in 1..=120_u8,
        ) {
            let secret = Secret::from_bytes(*b"12345678901234567890").unwrap();
            let period = Period::new(period).unwrap();
            let totp = Totp::new(&secret, Algorithm::Sha256, Digits::SEVEN, period)
                .with_epoch(epoch)
                .with_drift_limit(DriftLimit::new(limit).unwrap())
                .with_window(Window::new(10, 10).unwrap());
            let code = totp.generate(now);
            let outcome = totp.verify(code.as_str(), now, &TotpState { last_step, drift });
            prop_assert!(!outcome.is_accepted() || now >= epoch);
            prop_assert!(totp.remaining(now) > 0);
        }
    }

    #[test]
    fn a_code_that_two_steps_share_is_good_once() {
        const STEP: u64 = 910_737; // its code is the next one's too: 911617
        let totp = totp();
        for now in [STEP * 30, (STEP + 1) * 30] {
            let verify = |now, state: &TotpState| totp.verify("911617", now, state);
            let TotpOutcome::Accepted { step, state, .. } = verify(now, &TotpState::default())
            else {
                panic!("at {now}")
            };
            assert_eq!(step, STEP + 1, "both are burned");
            assert_eq!(verify(now, &state), TotpOutcome::Replayed { step: STEP + 1 });
            assert_eq!(verify(now + 30, &state), TotpOutcome::Replayed { step: STEP + 1 });
        }
        // Of the first alone, when the second was still to come.
        let state = TotpState { last_step: Some(STEP), drift: 0 };
        let again = totp.verify("911617", STEP * 30, &state);
        assert_eq!(again, TotpOutcome::Replayed { step: STEP });
    }

    #[test]
    fn a_code_goes_from_its_first_to_its_last_second() {
        let totp = totp().with_epoch(10);
        assert_eq!((totp.step(9), totp.remaining(9)), (None, 1));
        assert_eq!((totp.step(10), totp.remaining(10)), (Some(0), 30));
        assert_eq!((totp.step(39), totp.remaining(39)), (Some(0), 1));
        assert_eq!((totp.step(40), totp.remaining(40)), (Some(1), 30));
        assert_eq!(totp.generate(0), totp.at_step(0));
    }

    #[test]
    fn a_drift_limit_that_cannot_be_kept_is_refused() {
        assert_eq!(DriftLimit::new(127), Ok(DriftLimit::MAXIMUM));
        for steps in [128, 200, u8::MAX] {
            assert_eq!(DriftLimit::new(steps), Err(ParameterError::DriftLimit));
        }
    }

    #[test]
    fn debug_shows_the_parameters_and_no_secret() {
        let shown = format!("{:?}", totp());
        assert!(
            shown.starts_with("Totp { algorithm: Sha1, digits: Digits(6), timing: "),
            "{shown}"
        );
        assert!(shown.ends_with(".. }") && !shown.contains("mac"), "{shown}");
    }
}
