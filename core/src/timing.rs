use serde::{Deserialize, Serialize};
use subtle::Choice;

use crate::{ParameterError, TotpOutcome, TotpState, UnixTime, mac::Mac};

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

/// How many steps the window may follow a clock that runs ahead or behind (RFC 6238 §6):
/// at most 127, none by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DriftLimit(u8);

impl DriftLimit {
    /// No drift is remembered.
    pub const NONE: Self = Self(0);
    /// The most that is allowed: 127.
    pub const MAXIMUM: Self = Self(i8::MAX as u8);

    /// # Errors
    /// [`ParameterError::DriftLimit`] above 127.
    pub const fn new(steps: u8) -> Result<Self, ParameterError> {
        if steps > Self::MAXIMUM.0 {
            return Err(ParameterError::DriftLimit);
        }
        Ok(Self(steps))
    }

    /// The number of steps.
    pub const fn value(self) -> u8 {
        self.0
    }
}

/// Time cut into steps, and which of them a verifier accepts. TOTP and Steam share it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    period: Period,
    pub(crate) epoch: UnixTime,
    pub(crate) window: Window,
    pub(crate) drift_limit: DriftLimit,
}

impl Timing {
    pub(crate) fn new(period: Period) -> Self {
        Self { period, epoch: 0, window: Window::default(), drift_limit: DriftLimit::NONE }
    }

    pub(crate) fn period(self) -> Period {
        self.period
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
        // Steps may share a code. One that was good before is not again, and one that is good
        // now burns every step in the window that it belongs to.
        if let Some(place) = found.before(burned).last() {
            return TotpOutcome::Replayed { step: first + u64::from(place) };
        }
        match found.last() {
            Some(place) => self.accept(first + u64::from(place), current),
            None => TotpOutcome::Mismatch,
        }
    }

    fn accept(self, step: u64, current: u64) -> TotpOutcome {
        let drift = step.wrapping_sub(current).cast_signed(); // at most 127 + 10 apart
        let state = TotpState { last_step: Some(step), drift: self.limited(drift) };
        TotpOutcome::Accepted { step, drift, state }
    }

    fn limited(self, drift: i64) -> i8 {
        let limit = i64::from(self.drift_limit.value());
        drift.clamp(-limit, limit) as i8 // the limit is at most i8::MAX
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_outside_1_to_120_seconds_are_refused_in_json_too() {
        assert_eq!(serde_json::from_str::<Period>("120").unwrap().seconds(), 120);
        for text in ["0", "121", "-30", "\"30\"", "30.0"] {
            assert!(serde_json::from_str::<Period>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn windows_of_more_than_10_steps_are_refused_in_json_too() {
        let window = Window::new(10, 0).unwrap();
        let text = serde_json::to_string(&window).unwrap();
        assert_eq!(serde_json::from_str::<Window>(&text).unwrap(), window);
        assert_eq!(Window::new(11, 0), Err(ParameterError::Window));
        assert_eq!(Window::new(0, 11), Err(ParameterError::Window));
        assert!(serde_json::from_str::<Window>(r#"{"before":0,"after":11}"#).is_err());
    }
}
