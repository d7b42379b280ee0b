use core::fmt;

use subtle::ConstantTimeEq;

use crate::{
    Algorithm, Code, Digits, ParameterError, Secret, code::Symbols, mac::Mac, matches::Matches,
};

/// How many counters past the expected one a verifier looks at: RFC 4226 §7.4's
/// parameter *s*. 10 by default and 100 at most.
///
/// Every counter looked at is one more code that a guesser may hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookAhead(u8);

impl LookAhead {
    /// Only the expected counter itself.
    pub const NONE: Self = Self(0);
    /// The most that is allowed: 100.
    pub const MAXIMUM: Self = Self(100);

    /// # Errors
    /// [`ParameterError::LookAhead`] above 100.
    pub const fn new(counters: u8) -> Result<Self, ParameterError> {
        if counters > Self::MAXIMUM.0 {
            return Err(ParameterError::LookAhead);
        }
        Ok(Self(counters))
    }

    /// The number of counters past the expected one.
    pub const fn value(self) -> u8 {
        self.0
    }
}

impl Default for LookAhead {
    fn default() -> Self {
        Self(10)
    }
}

/// Counter-based one-time passwords (RFC 4226).
///
/// The key's HMAC states are computed once, here, and wiped when dropped. Neither
/// generating nor verifying allocates.
///
/// ```
/// use keyfob::{Algorithm, Digits, Hotp, HotpOutcome, LookAhead, Secret};
///
/// let secret = Secret::from_bytes(*b"12345678901234567890")?;
/// let hotp = Hotp::new(&secret, Algorithm::Sha1, Digits::SIX);
/// assert_eq!(hotp.generate(1).as_str(), "287082"); // RFC 4226, appendix D
///
/// // The user pressed the button once without logging in: the code of counter 1
/// // comes when 0 was expected. Store `next_counter` before you let them in.
/// let outcome = hotp.verify("287082", 0, LookAhead::default());
/// assert_eq!(outcome, HotpOutcome::Accepted { next_counter: 2 });
/// assert_eq!(hotp.verify("287082", 2, LookAhead::default()), HotpOutcome::Mismatch);
/// # Ok::<(), keyfob::Error>(())
/// ```
#[derive(Clone)]
pub struct Hotp {
    mac: Mac,
    algorithm: Algorithm,
    digits: Digits,
}

impl Hotp {
    /// Prepares `secret` for generating and verifying.
    pub fn new(secret: &Secret, algorithm: Algorithm, digits: Digits) -> Self {
        Self { mac: Mac::new(algorithm, secret.expose_bytes()), algorithm, digits }
    }

    /// The hash.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The length of a code.
    pub fn digits(&self) -> Digits {
        self.digits
    }

    /// The code of `counter` (RFC 4226 §5.3).
    pub fn generate(&self, counter: u64) -> Code {
        Code::new(Symbols::decimal(self.mac.truncated(counter), self.digits), self.digits.value())
    }

    /// Whether `code` belongs to `counter` (the next expected one) or to one of the
    /// `look_ahead` counters after it (RFC 4226 §7.2, §7.4). Never looks back.
    ///
    /// Every counter is evaluated and compared in constant time whether or not an
    /// earlier one matched; of several matches the lowest counts. The last counter,
    /// `u64::MAX`, has no successor and is therefore never accepted.
    pub fn verify(&self, code: &str, counter: u64, look_ahead: LookAhead) -> HotpOutcome {
        let Some(typed) = Symbols::read_digits(code, self.digits) else {
            return HotpOutcome::Malformed;
        };
        let count = counters_left(counter, look_ahead);
        let found = self.scan(counter, count, typed);
        outcome(found, counter)
    }

    /// Finds a token that ran further ahead than `verify` looks: `first` and
    /// `second` must be the codes of two *consecutive* counters, the first of them
    /// `counter` or one of the `range` counters after it (RFC 4226 §7.4).
    ///
    /// Two codes make a wide range safe: a guesser must hit both. Count a failed
    /// resynchronisation as a failed attempt all the same.
    pub fn resynchronise(
        &self,
        first: &str,
        second: &str,
        counter: u64,
        range: LookAhead,
    ) -> HotpOutcome {
        let (Some(first), Some(second)) =
            (Symbols::read_digits(first, self.digits), Symbols::read_digits(second, self.digits))
        else {
            return HotpOutcome::Malformed;
        };
        let following = counter.saturating_add(1);
        let count = counters_left(following, range);
        let firsts = self.scan(counter, count, first);
        let seconds = self.scan(following, count, second);
        outcome(firsts & seconds, following)
    }

    /// Every counter whose code is `code`, among `first` and the `following` ones (127
    /// at most) after it, as far as there are counters. All of them are evaluated.
    ///
    /// It looks wherever it is told and burns nothing, as older libraries do whose users
    /// rely on it. [`verify`](Self::verify) never looks back.
    ///
    /// ```
    /// use keyfob::{Algorithm, Digits, Hotp, Secret};
    ///
    /// let secret = Secret::from_bytes(*b"12345678901234567890")?;
    /// let hotp = Hotp::new(&secret, Algorithm::Sha1, Digits::SIX);
    /// assert!(hotp.matching("287082", 0, 2).eq([1])); // RFC 4226, appendix D
    /// assert!(hotp.matching("287082", 2, 2).eq([]));
    /// # Ok::<(), keyfob::Error>(())
    /// ```
    pub fn matching(
        &self,
        code: &str,
        first: u64,
        following: u8,
    ) -> impl Iterator<Item = u64> + use<> {
        let wanted = u64::from(following.min(127));
        let count = wanted.min(u64::MAX - first) as u32 + 1;
        let found = match Symbols::read_digits(code, self.digits) {
            Some(typed) => self.scan(first, count, typed),
            None => Matches::NONE,
        };
        found.places().map(move |place| first + u64::from(place))
    }

    fn scan(&self, first: u64, count: u32, typed: Symbols) -> Matches {
        self.mac
            .scan(first, count, |truncated| Symbols::decimal(truncated, self.digits).ct_eq(&typed))
    }
}

impl fmt::Debug for Hotp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hotp")
            .field("algorithm", &self.algorithm)
            .field("digits", &self.digits)
            .finish_non_exhaustive()
    }
}

/// What became of an HOTP code.
#[must_use = "an outcome that is not looked at lets everybody in"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HotpOutcome {
    /// The code is right.
    Accepted {
        /// The counter to expect next. Store it, and only then let the user in:
        /// it burns this code and every one before it.
        next_counter: u64,
    },
    /// Well-formed, but the code of no counter that was looked at.
    Mismatch,
    /// Not a code: anything but exactly the right number of ASCII digits.
    Malformed,
}

impl HotpOutcome {
    /// Whether the code was right.
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }

    /// The stable name of this outcome, the same in every language.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Mismatch => "mismatch",
            Self::Malformed => "malformed",
        }
    }
}

/// How many counters to look at from `first` on. Never as far as `u64::MAX`, after
/// which none could follow.
fn counters_left(first: u64, look_ahead: LookAhead) -> u32 {
    let wanted = u32::from(look_ahead.0) + 1;
    u32::try_from(u64::MAX - first).map_or(wanted, |left| left.min(wanted))
}

fn outcome(found: Matches, first: u64) -> HotpOutcome {
    match found.first() {
        Some(place) => HotpOutcome::Accepted { next_counter: first + u64::from(place) + 1 },
        None => HotpOutcome::Mismatch,
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use proptest::prelude::*;

    use super::*;

    fn hotp() -> Hotp {
        let secret = Secret::from_bytes(*b"12345678901234567890").unwrap();
        Hotp::new(&secret, Algorithm::Sha1, Digits::SIX)
    }

    fn verify(code: &str, counter: u64, look_ahead: u8) -> HotpOutcome {
        hotp().verify(code, counter, LookAhead::new(look_ahead).unwrap())
    }

    #[test]
    fn the_look_ahead_ends_exactly_where_it_says_and_never_looks_back() {
        for counter in 0..30 {
            let code = hotp().generate(counter);
            let expected = match counter {
                10..=15 => HotpOutcome::Accepted { next_counter: counter + 1 },
                _ => HotpOutcome::Mismatch,
            };
            assert_eq!(verify(code.as_str(), 10, 5), expected, "counter {counter}");
        }
    }

    #[test]
    fn the_end_of_the_counters_neither_wraps_nor_repeats() {
        let at = |counter| hotp().generate(counter);
        assert_eq!(verify(at(u64::MAX).as_str(), u64::MAX, 100), HotpOutcome::Mismatch);
        assert_eq!(verify(at(0).as_str(), u64::MAX - 3, 100), HotpOutcome::Mismatch);
        let last = HotpOutcome::Accepted { next_counter: u64::MAX };
        assert_eq!(verify(at(u64::MAX - 1).as_str(), u64::MAX - 3, 100), last);
    }

    #[test]
    fn resynchronising_takes_two_consecutive_codes_in_order() {
        let at = |counter| hotp().generate(counter);
        let resynchronise = |first: u64, second: u64| {
            let (first, second) = (at(first), at(second));
            hotp().resynchronise(first.as_str(), second.as_str(), 0, LookAhead::MAXIMUM)
        };
        assert_eq!(resynchronise(0, 1), HotpOutcome::Accepted { next_counter: 2 });
        assert_eq!(resynchronise(100, 101), HotpOutcome::Accepted { next_counter: 102 });
        for (first, second) in [(101, 102), (41, 40), (40, 42), (40, 40)] {
            assert_eq!(resynchronise(first, second), HotpOutcome::Mismatch, "{first}, {second}");
        }
        let outcome = hotp().resynchronise(at(1).as_str(), "12345", 0, LookAhead::MAXIMUM);
        assert_eq!(outcome, HotpOutcome::Malformed);
    }

    #[test]
    fn matching_looks_at_every_counter_it_is_told_to_and_at_no_other() {
        let counters = |wanted: u64, first, following| {
            let found = hotp().matching(hotp().generate(wanted).as_str(), first, following);
            found.collect::<alloc::vec::Vec<_>>()
        };
        for counter in 0..30 {
            let expected: &[u64] = if (10..=15).contains(&counter) { &[counter] } else { &[] };
            assert_eq!(counters(counter, 10, 5), expected, "counter {counter}");
        }
        assert_eq!(counters(127, 0, 255), [127]);
        assert!(counters(128, 0, 255).is_empty());
        assert_eq!(counters(u64::MAX, u64::MAX - 2, 5), [u64::MAX]);
        assert!(counters(0, u64::MAX - 2, 5).is_empty());
        assert_eq!(hotp().matching("12345", 0, 5).count(), 0);
    }

    #[test]
    fn the_look_ahead_has_a_cap() {
        assert_eq!(LookAhead::new(101), Err(ParameterError::LookAhead));
        assert_eq!(LookAhead::default().value(), 10);
    }

    #[test]
    fn debug_shows_no_secret() {
        assert_eq!(format!("{:?}", hotp()), "Hotp { algorithm: Sha1, digits: Digits(6), .. }");
    }

    proptest! {
        #[test]
        fn a_code_is_never_accepted_twice_while_the_counter_moves(counter: u64, skipped in 0..=10_u64) {
            let ahead = counter.saturating_add(skipped);
            let code = hotp().generate(ahead);
            if let HotpOutcome::Accepted { next_counter } = verify(code.as_str(), counter, 10) {
                prop_assert!(next_counter > counter);
                let again = verify(code.as_str(), next_counter, 0);
                let following = hotp().generate(next_counter);
                prop_assert!(!again.is_accepted() || following == code); // equal by chance
            } else {
                prop_assert_eq!(ahead, u64::MAX);
            }
        }

        #[test]
        fn nothing_typed_panics(code in ".*", counter: u64, look_ahead in 0..=100_u8) {
            let outcome = verify(&code, counter, look_ahead);
            prop_assert!(code.len() == 6 || outcome == HotpOutcome::Malformed);
        }
    }
}
