use core::fmt;

use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};
use zeroize::ZeroizeOnDrop;

use crate::ParameterError;

/// How many decimal digits a code has: 6, 7 or 8.
///
/// RFC 4226 §5.3 asks for at least 6. More than 8 would gain little: the 31 bits
/// a code is made of do not fill ten digits evenly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Digits(u8);

impl Digits {
    /// Six digits: the default, and all that some authenticator apps can show.
    pub const SIX: Self = Self(6);
    /// Seven digits.
    pub const SEVEN: Self = Self(7);
    /// Eight digits.
    pub const EIGHT: Self = Self(8);

    /// # Errors
    /// [`ParameterError::Digits`] outside 6 to 8.
    pub const fn new(digits: u8) -> Result<Self, ParameterError> {
        match digits {
            6..=8 => Ok(Self(digits)),
            _ => Err(ParameterError::Digits),
        }
    }

    /// The number of digits.
    pub const fn value(self) -> u8 {
        self.0
    }
}

impl Default for Digits {
    fn default() -> Self {
        Self::SIX
    }
}

impl TryFrom<u8> for Digits {
    type Error = ParameterError;

    fn try_from(digits: u8) -> Result<Self, Self::Error> {
        Self::new(digits)
    }
}

impl From<Digits> for u8 {
    fn from(digits: Digits) -> Self {
        digits.0
    }
}

/// A code that HOTP, TOTP or Steam generated: a few ASCII characters on the
/// stack, wiped when dropped, compared in constant time.
///
/// `Debug` is redacted. `Display` prints the code, for the screen of the person it
/// belongs to; keep it out of logs.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Code {
    bytes: [u8; Self::CAPACITY],
    length: u8,
}

impl Code {
    const CAPACITY: usize = 8;

    /// The code's characters, leading zeros included.
    pub fn as_str(&self) -> &str {
        // Only ASCII is ever stored, so this never falls back.
        core::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }

    pub(crate) fn new(symbols: Symbols, length: u8) -> Self {
        Self { bytes: symbols.0.to_le_bytes(), length }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Code(redacted, {} characters)", self.length)
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        (self.bytes.ct_eq(&other.bytes) & self.length.ct_eq(&other.length)).into()
    }
}

impl Eq for Code {}

/// Up to eight ASCII characters in one word, the first in the lowest byte: what
/// verification compares, so that a window of codes never leaves the registers.
#[derive(Clone, Copy)]
pub(crate) struct Symbols(u64);

impl Symbols {
    /// The decimal code of a truncated HMAC (RFC 4226 §5.3), leading zeros kept.
    pub(crate) fn decimal(truncated: u32, digits: Digits) -> Self {
        let mut rest = truncated;
        let mut word = 0;
        for _ in 0..digits.value() {
            let digit = b'0' + (rest % 10) as u8;
            word = (word << 8) | u64::from(digit); // the last digit comes first
            rest /= 10;
        }
        Self(word)
    }

    /// Five symbols of `alphabet`, the least significant first.
    pub(crate) fn in_alphabet(truncated: u32, alphabet: &[u8; 26], length: u8) -> Self {
        let mut rest = truncated;
        let mut word = 0;
        for place in 0..length {
            word |= u64::from(alphabet[(rest % 26) as usize]) << (8 * place);
            rest /= 26;
        }
        Self(word)
    }

    /// What a user typed, read strictly: exactly as many ASCII digits as the code
    /// has. Nothing is trimmed and nothing is parsed as a number, so no two
    /// spellings of one code exist that a replay check could take for two codes.
    pub(crate) fn read_digits(typed: &str, digits: Digits) -> Option<Self> {
        Self::read(typed, digits.value(), |byte| byte.is_ascii_digit().then_some(byte))
    }

    /// Exactly `length` bytes, each one translated by `symbol` or refused by it.
    pub(crate) fn read(typed: &str, length: u8, symbol: impl Fn(u8) -> Option<u8>) -> Option<Self> {
        if typed.len() != usize::from(length) {
            return None;
        }
        let mut word = 0;
        for (place, byte) in typed.bytes().enumerate() {
            word |= u64::from(symbol(byte)?) << (8 * place);
        }
        Some(Self(word))
    }
}

impl ConstantTimeEq for Symbols {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn leading_zeros_are_kept() {
        let code =
            |value, digits: Digits| Code::new(Symbols::decimal(value, digits), digits.value());
        assert_eq!(code(0, Digits::SIX).as_str(), "000000");
        assert_eq!(code(1_284_755_224, Digits::SIX).as_str(), "755224");
        assert_eq!(code(1_000_000_042, Digits::EIGHT).as_str(), "00000042");
    }

    #[test]
    fn debug_shows_nothing_and_display_the_code() {
        let code = Code::new(Symbols::decimal(123_456, Digits::SIX), 6);
        assert_eq!(format!("{code:?}"), "Code(redacted, 6 characters)");
        assert_eq!(format!("{code}"), "123456");
    }

    #[test]
    fn digits_outside_6_to_8_are_refused_in_json_too() {
        assert_eq!(serde_json::from_str::<Digits>("7").unwrap(), Digits::SEVEN);
        for text in ["5", "9", "0", "-6", "256", "\"6\"", "6.5"] {
            assert!(serde_json::from_str::<Digits>(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn only_exactly_the_digits_are_read(typed in "\\PC{0,9}|[0-9\\x00-\\x20+-]{6,8}|[0-9]{5,9}|[０-９]{2}") {
            for digits in [Digits::SIX, Digits::SEVEN, Digits::EIGHT] {
                let exact = typed.len() == usize::from(digits.value())
                    && typed.bytes().all(|byte| (48..58).contains(&byte));
                let read = Symbols::read_digits(&typed, digits);
                prop_assert_eq!(read.is_some(), exact);
                if let Some(symbols) = read {
                    let code = Code::new(symbols, digits.value());
                    prop_assert_eq!(code.as_str(), typed.as_str());
                }
            }
        }
    }
}
