use core::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{Entropy, EntropyUnavailable, ParameterError};

/// The characters a random code is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Alphabet {
    /// `0` to `9`: what phone keypads and autofill expect.
    #[default]
    Digits,
    /// `A` to `Z`.
    Letters,
    /// `0` to `9` and `A` to `Z`.
    Alphanumeric,
    /// `23456789BCDFGHJKMNPQRTVWXY`: nothing that reads like something else
    /// (`0 O`, `1 I L`, `2 Z`, `5 S`) and no vowels, so that no words come about.
    Unambiguous,
}

impl Alphabet {
    /// Every alphabet.
    pub const ALL: [Self; 4] = [Self::Digits, Self::Letters, Self::Alphanumeric, Self::Unambiguous];

    /// The name it has in requests and records: `digits`, `letters`, `alphanumeric` or
    /// `unambiguous`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Digits => "digits",
            Self::Letters => "letters",
            Self::Alphanumeric => "alphanumeric",
            Self::Unambiguous => "unambiguous",
        }
    }

    /// The characters in order, upper-case ASCII.
    pub const fn characters(self) -> &'static str {
        match self {
            Self::Digits => "0123456789",
            Self::Letters => "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Self::Alphanumeric => "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            Self::Unambiguous => "23456789BCDFGHJKMNPQRTVWXY",
        }
    }

    /// log2 of the number of characters, in millionths of a bit, rounded down.
    const fn microbits(self) -> u32 {
        match self {
            Self::Digits => 3_321_928,
            Self::Letters | Self::Unambiguous => 4_700_439,
            Self::Alphanumeric => 5_169_925,
        }
    }
}

stable_words!(Alphabet, name, ParameterError::Alphabet);

/// What codes that are sent to people look like: 4 to 12 characters of an
/// [`Alphabet`]. Six digits by default.
///
/// ```
/// use keyfob::{Alphabet, CodePolicy};
///
/// let policy = CodePolicy::new(8, Alphabet::Unambiguous)?;
/// assert_eq!(policy.entropy_millibits(), 37_603);
/// assert!(!policy.is_guessable());
/// assert_eq!(policy.normalise("bcdf2345").unwrap().expose(), "BCDF2345");
/// assert!(policy.normalise("BCDF 2345").is_none());
/// # Ok::<(), keyfob::ParameterError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "CodePolicyFields")]
pub struct CodePolicy {
    length: u8,
    alphabet: Alphabet,
}

impl CodePolicy {
    /// The shortest code.
    pub const MINIMUM_LENGTH: u8 = 4;
    /// The longest code.
    pub const MAXIMUM_LENGTH: u8 = 12;

    /// # Errors
    /// [`ParameterError::CodeLength`] outside 4 to 12 characters,
    /// [`ParameterError::CodeEntropy`] below 13 bits.
    pub const fn new(length: u8, alphabet: Alphabet) -> Result<Self, ParameterError> {
        if length < Self::MINIMUM_LENGTH || length > Self::MAXIMUM_LENGTH {
            return Err(ParameterError::CodeLength);
        }
        let policy = Self { length, alphabet };
        if policy.entropy_millibits() < FLOOR_MILLIBITS {
            return Err(ParameterError::CodeEntropy);
        }
        Ok(policy)
    }

    /// Characters in a code.
    pub const fn length(self) -> u8 {
        self.length
    }

    /// What they are taken from.
    pub const fn alphabet(self) -> Alphabet {
        self.alphabet
    }

    /// The entropy of a code in thousandths of a bit, rounded down: 19931 for six
    /// digits.
    pub const fn entropy_millibits(self) -> u32 {
        self.length as u32 * self.alphabet.microbits() / 1000
    }

    /// Whether a code has under 20 bits, so that only a strict limit on attempts
    /// protects it. Six digits do (NIST SP 800-63B allows them with such a limit).
    pub const fn is_guessable(self) -> bool {
        self.entropy_millibits() < GUESSABLE_MILLIBITS
    }

    /// A random code; every one is equally likely, leading zeros included.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] when the source fails, or yields only bytes that no
    /// working source would (a stuck one would otherwise hang the caller).
    pub fn generate(self, entropy: &mut impl Entropy) -> Result<RandomCode, EntropyUnavailable> {
        let characters = self.alphabet.characters().as_bytes();
        // Bytes past the last whole multiple would make the first characters likelier.
        let fair = 256 - 256 % characters.len();
        let mut code = RandomCode::empty();
        let mut random = Zeroizing::new([0; 2 * Self::MAXIMUM_LENGTH as usize]);
        for _ in 0..MAXIMUM_DRAWS {
            entropy.fill(&mut *random)?;
            for byte in random.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair) {
                code.push(characters[byte % characters.len()]);
                if code.length == self.length {
                    return Ok(code);
                }
            }
        }
        Err(EntropyUnavailable)
    }

    /// Reads what a user typed as a code of this policy: exactly its length in
    /// characters of its alphabet, letters in either case (upper-case afterwards).
    /// `None` for anything else; nothing is trimmed or left out.
    ///
    /// Call it once, before limits, replay checks and comparison, so that all of
    /// them see one spelling.
    pub fn normalise(self, typed: &str) -> Option<RandomCode> {
        if typed.len() != usize::from(self.length) {
            return None;
        }
        let characters = self.alphabet.characters().as_bytes();
        let mut code = RandomCode::empty();
        for byte in typed.bytes().map(|byte| byte.to_ascii_uppercase()) {
            if !characters.contains(&byte) {
                return None;
            }
            code.push(byte);
        }
        Some(code)
    }
}

impl Default for CodePolicy {
    fn default() -> Self {
        Self { length: 6, alphabet: Alphabet::Digits }
    }
}

#[derive(Deserialize)]
struct CodePolicyFields {
    length: u8,
    alphabet: Alphabet,
}

impl TryFrom<CodePolicyFields> for CodePolicy {
    type Error = ParameterError;

    fn try_from(fields: CodePolicyFields) -> Result<Self, Self::Error> {
        Self::new(fields.length, fields.alphabet)
    }
}

/// A code that is or was sent to a person. On the stack, wiped when dropped,
/// redacted in `Debug`, compared in constant time.
#[derive(Clone, ZeroizeOnDrop)]
pub struct RandomCode {
    bytes: [u8; CodePolicy::MAXIMUM_LENGTH as usize],
    length: u8,
}

impl RandomCode {
    /// The code itself, for the message that carries it. Keep it out of logs and
    /// replies.
    pub fn expose(&self) -> &str {
        // Only ASCII is ever stored, so this never falls back.
        core::str::from_utf8(&self.bytes[..usize::from(self.length)]).unwrap_or_default()
    }

    fn empty() -> Self {
        Self { bytes: [0; CodePolicy::MAXIMUM_LENGTH as usize], length: 0 }
    }

    /// The caller pushes no more than a policy's length, which fits.
    fn push(&mut self, character: u8) {
        self.bytes[usize::from(self.length)] = character;
        self.length += 1;
    }
}

impl fmt::Debug for RandomCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RandomCode(redacted, {} characters)", self.length)
    }
}

impl PartialEq for RandomCode {
    fn eq(&self, other: &Self) -> bool {
        (self.bytes.ct_eq(&other.bytes) & self.length.ct_eq(&other.length)).into()
    }
}

impl Eq for RandomCode {}

const FLOOR_MILLIBITS: u32 = 13_000;
const GUESSABLE_MILLIBITS: u32 = 20_000;

/// Draws of 24 bytes. The least fair alphabet rejects 9 % of bytes, so that even a
/// second draw is rare; a source that needs 32 is broken.
const MAXIMUM_DRAWS: u32 = 32;

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    const ALPHABETS: [Alphabet; 4] =
        [Alphabet::Digits, Alphabet::Letters, Alphabet::Alphanumeric, Alphabet::Unambiguous];

    /// `SplitMix64`: even enough for statistics, and the same in every run.
    fn seeded(mut seed: u64) -> impl Entropy {
        move |bytes: &mut [u8]| {
            for byte in bytes {
                seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                *byte = (mixed >> 56) as u8;
            }
            Ok(())
        }
    }

    /// Pearson's statistic of how often each character came about.
    fn chi_square(characters: &[u8], drawn: impl Iterator<Item = u8>) -> f64 {
        let mut counts = [0_u32; 128];
        drawn.for_each(|byte| counts[usize::from(byte)] += 1);
        let counts = characters.iter().map(|byte| f64::from(counts[usize::from(*byte)]));
        let expected = counts.clone().sum::<f64>() / f64::from(characters.len() as u8);
        counts.map(|count| (count - expected) * (count - expected) / expected).sum()
    }

    /// Exceeded once in a million by fair draws from 36 characters (35 degrees of
    /// freedom), more rarely from fewer.
    const CRITICAL: f64 = 91.0;

    #[test]
    fn every_character_is_equally_likely_in_every_place() {
        for alphabet in ALPHABETS {
            let policy = CodePolicy::new(12, alphabet).unwrap();
            let mut entropy = seeded(12);
            let codes: alloc::vec::Vec<_> =
                (0..40_000).map(|_| policy.generate(&mut entropy).unwrap()).collect();
            let characters = alphabet.characters().as_bytes();
            for place in 0..12 {
                let statistic = chi_square(characters, codes.iter().map(|code| code.bytes[place]));
                assert!(statistic < CRITICAL, "{alphabet:?}, place {place}: {statistic}");
            }
            let statistic = chi_square(characters, codes.iter().flat_map(|code| code.bytes));
            assert!(statistic < CRITICAL, "{alphabet:?}: {statistic}");
        }
    }

    #[test]
    fn the_statistic_finds_the_bias_of_a_plain_remainder() {
        let mut random = alloc::vec![0; 480_000];
        seeded(12).fill(&mut random).unwrap();
        for alphabet in ALPHABETS {
            let characters = alphabet.characters().as_bytes();
            let drawn = random.iter().map(|byte| characters[usize::from(*byte) % characters.len()]);
            assert!(chi_square(characters, drawn) > CRITICAL, "{alphabet:?}");
        }
    }

    #[test]
    fn a_source_that_is_stuck_or_fails_generates_nothing_and_returns() {
        let mut stuck = |bytes: &mut [u8]| {
            bytes.fill(0xff);
            Ok(())
        };
        let mut broken = |_: &mut [u8]| Err(EntropyUnavailable);
        assert_eq!(CodePolicy::default().generate(&mut stuck), Err(EntropyUnavailable));
        assert_eq!(CodePolicy::default().generate(&mut broken), Err(EntropyUnavailable));
    }

    #[test]
    fn what_is_generated_is_read_back_in_either_case() {
        let mut entropy = seeded(3);
        for (alphabet, length) in ALPHABETS.iter().flat_map(|a| (4..=12).map(move |l| (*a, l))) {
            let policy = CodePolicy::new(length, alphabet).unwrap();
            let code = policy.generate(&mut entropy).unwrap();
            assert_eq!(code.expose().len(), usize::from(length));
            assert_eq!(policy.normalise(&code.expose().to_ascii_lowercase()), Some(code));
        }
    }

    #[test]
    fn policies_survive_json_and_are_validated_there() {
        let policy = CodePolicy::new(8, Alphabet::Unambiguous).unwrap();
        let text = serde_json::to_string(&policy).unwrap();
        assert_eq!(text, r#"{"length":8,"alphabet":"unambiguous"}"#);
        assert_eq!(serde_json::from_str::<CodePolicy>(&text).unwrap(), policy);
        for text in [r#"{"length":3,"alphabet":"digits"}"#, r#"{"length":6,"alphabet":"Digits"}"#] {
            assert!(serde_json::from_str::<CodePolicy>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_no_code() {
        let code = CodePolicy::default().normalise("123456").unwrap();
        assert_eq!(format!("{code:?}"), "RandomCode(redacted, 6 characters)");
    }
}
