use core::fmt;

use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};

use crate::{Algorithm, Code, Digits, ParameterError, Secret, UnixTime, code::Symbols, mac::Mac};

/// How long one code lasts: 1 to 120 seconds, 30 by default (RFC 6238's *X*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Period(u8);

impl Period {
    /// 30 seconds: the default, and all that some authenticator apps can do.
    pub const THIRTY: Self = Self(30);

    /// # Errors
    /// [`ParameterError::Period`] outside 1 to 120 seconds.
    pub const fn new(seconds: u8) -> Result<Self, ParameterError> {
        match seconds {
            1..=120 => Ok(Self(seconds)),
            _ => Err(ParameterError::Period),
        }
    }

    /// The period in seconds.
    pub const fn seconds(self) -> u64 {
        self.0 as u64
    }
}

impl Default for Period {
    fn default() -> Self {
        Self::THIRTY
    }
}

impl TryFrom<u8> for Period {
    type Error = ParameterError;

    fn try_from(seconds: u8) -> Result<Self, Self::Error> {
        Self::new(seconds)
    }
}

impl From<Period> for u8 {
    fn from(period: Period) -> Self {
        period.0
    }
}

/// How many steps before and after the server's own a code may belong to: at most
/// 10 each, one each by default (RFC 6238 §5.2, §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WindowFields")]
pub struct Window {
    before: u8,
    after: u8,
}

impl Window {
    /// Only the current step.
    pub const STRICT: Self = Self { before: 0, after: 0 };

    const MAXIMUM: u8 = 10;

    /// # Errors
    /// [`ParameterError::Window`] when either side has more than 10 steps.
    pub const fn new(before: u8, after: u8) -> Result<Self, ParameterError> {
        if before > Self::MAXIMUM || after > Self::MAXIMUM {
            return Err(ParameterError::Window);
        }
        Ok(Self { before, after })
    }

    /// Steps accepted before the current one: slow users and late clocks.
    pub const fn before(self) -> u8 {
        self.before
    }

    /// Steps accepted after the current one: clocks that are ahead.
    pub const fn after(self) -> u8 {
        self.after
    }
}

impl Default for Window {
    fn default() -> Self {
        Self { before: 1, after: 1 }
    }
}

#[derive(Deserialize)]
struct WindowFields {
    before: u8,
    after: u8,
}

impl TryFrom<WindowFields> for Window {
    type Error = ParameterError;

    fn try_from(fields: WindowFields) -> Result<Self, Self::Error> {
        Self::new(fields.before, fields.after)
    }
}

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

    /// Lets the window follow a clock that runs ahead or behind, up to `steps` away
    /// from the server's (more than 127 counts as 127). 0, the default, remembers
    /// no drift. The window keeps its width; only its centre moves.
    #[must_use]
    pub fn with_drift_limit(mut self, steps: u8) -> Self {
        self.timing.drift_limit = steps.min(i8::MAX as u8);
        self
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
    /// The whole window is always evaluated and compared in constant time. Of
    /// several matching steps the lowest unburned one is accepted, so that no more
    /// steps are burned than necessary. Before T0 nothing matches.
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

/// Time cut into steps, and which of them a verifier accepts. TOTP and Steam share it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    period: Period,
    epoch: UnixTime,
    pub(crate) window: Window,
    drift_limit: u8, // at most i8::MAX
}

impl Timing {
    pub(crate) fn new(period: Period) -> Self {
        Self { period, epoch: 0, window: Window::default(), drift_limit: 0 }
    }

    pub(crate) fn step(self, now: UnixTime) -> Option<u64> {
        now.checked_sub(self.epoch).map(|elapsed| elapsed / self.period.seconds())
    }

    pub(crate) fn remaining(self, now: UnixTime) -> u64 {
        match now.checked_sub(self.epoch) {
            Some(elapsed) => self.period.seconds() - elapsed % self.period.seconds(),
            None => self.epoch - now,
        }
    }

    pub(crate) fn verify(
        self,
        mac: &Mac,
        now: UnixTime,
        state: &TotpState,
        matches: impl Fn(u32) -> Choice,
    ) -> TotpOutcome {
        let Some(current) = self.step(now) else {
            return TotpOutcome::Mismatch;
        };
        let centre = current.saturating_add_signed(self.limited(state.drift.into()).into());
        let first = centre.saturating_sub(self.window.before.into());
        let last = centre.saturating_add(self.window.after.into());

        let found = mac.scan(first, (last - first) as u32 + 1, matches); // at most 10 + 1 + 10
        let burned = match state.last_step.and_then(|step| step.checked_sub(first)) {
            Some(distance) => distance.saturating_add(1), // the last step itself is burned too
            None => 0,
        };
        if let Some(place) = found.from(burned).first() {
            return self.accept(first + u64::from(place), current);
        }
        match found.before(burned).last() {
            Some(place) => TotpOutcome::Replayed { step: first + u64::from(place) },
            None => TotpOutcome::Mismatch,
        }
    }

    fn accept(self, step: u64, current: u64) -> TotpOutcome {
        let drift = step.wrapping_sub(current).cast_signed(); // at most 127 + 10 apart
        let state = TotpState { last_step: Some(step), drift: self.limited(drift) };
        TotpOutcome::Accepted { step, drift, state }
    }

    fn limited(self, drift: i64) -> i8 {
        let limit = i64::from(self.drift_limit);
        drift.clamp(-limit, limit) as i8 // the limit is at most i8::MAX
    }
}
