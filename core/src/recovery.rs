use alloc::{string::String, vec::Vec};
use core::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{Entropy, EntropyUnavailable, Error, ParameterError};

/// A code that lets its owner in once when the authenticator is lost: 128 random
/// bits, written as 26 characters of Crockford's base32 in groups of four and five.
///
/// Shown once, printed or kept by the user, stored by the verifier only as its
/// [hash](Self::hash). Wiped when dropped, redacted in `Debug`.
#[derive(Clone, ZeroizeOnDrop)]
pub struct RecoveryCode([u8; BYTES]);

impl RecoveryCode {
    /// A new random code.
    ///
    /// # Errors
    /// [`EntropyUnavailable`] when the source of random bytes fails.
    pub fn generate(entropy: &mut impl Entropy) -> Result<Self, EntropyUnavailable> {
        let mut code = Self([0; BYTES]);
        entropy.fill(&mut code.0)?;
        Ok(code)
    }

    /// Reads a code as people copy it: in any case, with spaces and hyphens
    /// anywhere, and `O` for 0, `I` or `L` for 1, as Crockford's base32 has it.
    /// `None` if it is no recovery code.
    pub fn parse(typed: &str) -> Option<Self> {
        let mut value = Zeroizing::new(0_u128);
        let mut characters = 0;
        for character in typed.chars().filter(|c| !matches!(c, ' ' | '-')) {
            let digit = digit(character)?;
            if characters == CHARACTERS || (characters == 0 && digit >= 8) {
                return None; // more than 128 bits
            }
            *value = *value << 5 | u128::from(digit);
            characters += 1;
        }
        (characters == CHARACTERS).then(|| Self(value.to_be_bytes()))
    }

    /// The code as it is shown, such as `5J2K-8QWE-RT7YH-...`. Wiped when dropped.
    pub fn expose(&self) -> Zeroizing<String> {
        let value = Zeroizing::new(u128::from_be_bytes(self.0));
        let mut text = Zeroizing::new(String::with_capacity(CHARACTERS + GROUP_STARTS.len()));
        for place in 0..CHARACTERS {
            if GROUP_STARTS.contains(&place) {
                text.push('-');
            }
            let digit = *value >> (5 * (CHARACTERS - 1 - place)) & 31;
            text.push(char::from(CROCKFORD[digit as usize]));
        }
        text
    }

    /// What is stored of the code.
    ///
    /// Plain SHA-256: a slow, salted hash protects what can be guessed, and 128
    /// random bits cannot (OWASP ASVS 5 §6.5.2 asks for one below 112 bits only).
    pub fn hash(&self) -> RecoveryHash {
        RecoveryHash(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(redacted)")
    }
}

/// The SHA-256 of a recovery code's 16 bytes: safe to store, compared in constant
/// time. As text, and in formats for people such as JSON, 64 hexadecimal digits in lower
/// case; in others 32 bytes.
#[derive(Clone, Copy)]
pub struct RecoveryHash([u8; 32]);

impl RecoveryHash {
    /// A hash that was stored by its bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A hash of as many bytes as were given.
impl TryFrom<&[u8]> for RecoveryHash {
    type Error = ParameterError;

    fn try_from(bytes: &[u8]) -> Result<Self, ParameterError> {
        bytes.try_into().map(Self).map_err(|_| ParameterError::RecoveryHash)
    }
}

impl fmt::Display for RecoveryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Reads 64 hexadecimal digits in lower case, and nothing else: one hash has one text.
impl FromStr for RecoveryHash {
    type Err = ParameterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit = |digit: u8| match digit {
            b'0'..=b'9' => Ok(digit - b'0'),
            b'a'..=b'f' => Ok(digit - b'a' + 10),
            _ => Err(ParameterError::RecoveryHash),
        };
        if text.len() != 64 {
            return Err(ParameterError::RecoveryHash);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Ok(Self(hash))
    }
}

impl Serialize for RecoveryHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return serializer.collect_str(self);
        }
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RecoveryHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if !deserializer.is_human_readable() {
            return <[u8; 32]>::deserialize(deserializer).map(Self);
        }
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl fmt::Debug for RecoveryHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryHash(redacted)")
    }
}

impl PartialEq for RecoveryHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for RecoveryHash {}

/// The recovery codes of one user as a verifier stores them: hashes, and which of
/// them are used up.
///
/// ```
/// use keyfob::{RecoveryOutcome, RecoverySet};
/// # let mut next = 0;
/// # let mut entropy = |bytes: &mut [u8]| { next += 1; bytes.fill(next); Ok(()) };
///
/// let (codes, mut set) = RecoverySet::generate(&mut entropy, 10)?; // show `codes`, store `set`
/// let typed = codes[0].expose().to_lowercase();
/// assert_eq!(set.redeem(&typed), RecoveryOutcome::Accepted { remaining: 9 }); // store `set` first
/// assert_eq!(set.redeem(&typed), RecoveryOutcome::Replayed);
/// # Ok::<(), keyfob::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RecoverySet {
    entries: Vec<Entry>,
}

impl RecoverySet {
    /// How many codes a user usually gets.
    pub const DEFAULT_COUNT: u8 = 10;
    /// The most that are made at once.
    pub const MAXIMUM_COUNT: u8 = 100;

    /// `count` new codes to show to the user, and the set to store.
    ///
    /// # Errors
    /// [`ParameterError::RecoveryCount`] outside 1 to 100 codes, [`EntropyUnavailable`] when
    /// the source of random bytes fails.
    pub fn generate(
        entropy: &mut impl Entropy,
        count: u8,
    ) -> Result<(Vec<RecoveryCode>, Self), Error> {
        if !(1..=Self::MAXIMUM_COUNT).contains(&count) {
            return Err(ParameterError::RecoveryCount.into());
        }
        let mut codes = Vec::with_capacity(count.into());
        for _ in 0..count {
            codes.push(RecoveryCode::generate(entropy)?);
        }
        let set = Self::from_hashes(codes.iter().map(RecoveryCode::hash));
        Ok((codes, set))
    }

    /// A set of unused codes, by their hashes.
    pub fn from_hashes(hashes: impl IntoIterator<Item = RecoveryHash>) -> Self {
        Self { entries: hashes.into_iter().map(|hash| Entry { hash, used: false }).collect() }
    }

    /// A set that was stored as its [`entries`](Self::entries).
    pub fn from_entries(entries: impl IntoIterator<Item = (RecoveryHash, bool)>) -> Self {
        Self { entries: entries.into_iter().map(|(hash, used)| Entry { hash, used }).collect() }
    }

    /// The hash of each code and whether it is used up, for those who store sets in a form
    /// of their own.
    pub fn entries(&self) -> impl Iterator<Item = (RecoveryHash, bool)> + '_ {
        self.entries.iter().map(|entry| (entry.hash, entry.used))
    }

    /// How many codes are left.
    pub fn remaining(&self) -> usize {
        self.entries.iter().filter(|entry| !entry.used).count()
    }

    /// Uses a code up. Store the changed set by compare-and-swap *before* letting
    /// the user in, or two requests at once can both spend one code.
    ///
    /// The typed code is compared with every entry, in constant time.
    pub fn redeem(&mut self, typed: &str) -> RecoveryOutcome {
        let Some(hash) = RecoveryCode::parse(typed).map(|code| code.hash()) else {
            return RecoveryOutcome::Malformed;
        };
        let mut accepted = Choice::from(0);
        let mut replayed = Choice::from(0);
        for entry in &mut self.entries {
            let matches = entry.hash.0.ct_eq(&hash.0);
            let used = Choice::from(u8::from(entry.used));
            accepted |= matches & !used;
            replayed |= matches & used;
            entry.used = (used | matches).into();
        }
        if accepted.into() {
            return RecoveryOutcome::Accepted { remaining: self.remaining() };
        }
        if replayed.into() {
            return RecoveryOutcome::Replayed;
        }
        RecoveryOutcome::Mismatch
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    hash: RecoveryHash,
    used: bool,
}

/// What became of a recovery code.
#[must_use = "an outcome that is not looked at lets everybody in"]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryOutcome {
    /// The code was one of the set's, and is used up now.
    Accepted {
        /// How many codes are left; offer new ones before none is.
        remaining: usize,
    },
    /// The code was one of the set's, but had been used before.
    Replayed,
    /// Well-formed, but none of the set's.
    Mismatch,
    /// Not a recovery code.
    Malformed,
}

impl RecoveryOutcome {
    /// Whether the code was right and unused.
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }

    /// The stable name of this outcome, the same in every language.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Replayed => "replayed",
            Self::Mismatch => "mismatch",
            Self::Malformed => "malformed",
        }
    }
}

const BYTES: usize = 16;
const CHARACTERS: usize = 26; // of 5 bits: the first one carries only 3
const GROUP_STARTS: [usize; 5] = [4, 8, 13, 17, 21]; // 4-4-5-4-4-5
const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The value of a character, by scanning all 32 so that its place is not betrayed
/// by which memory was read.
fn digit(character: char) -> Option<u8> {
    let typed = match character.to_ascii_uppercase() {
        'O' => b'0',
        'I' | 'L' => b'1',
        other => u8::try_from(other).ok()?,
    };
    (0..).zip(CROCKFORD).fold(
        None,
        |found, (value, symbol)| {
            if *symbol == typed { Some(value) } else { found }
        },
    )
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use proptest::prelude::*;

    use super::*;

    fn distinct() -> impl Entropy {
        let mut next = 0;
        move |bytes: &mut [u8]| {
            next += 1;
            bytes.fill(next);
            Ok(())
        }
    }

    #[test]
    fn every_code_works_once_in_any_order() {
        let (codes, mut set) = RecoverySet::generate(&mut distinct(), 10).unwrap();
        for (remaining, code) in (0..10).zip(codes.iter()).rev() {
            let outcome = set.redeem(&code.expose());
            assert_eq!(outcome, RecoveryOutcome::Accepted { remaining });
            assert_eq!(set.redeem(&code.expose()), RecoveryOutcome::Replayed);
        }
        let other = RecoveryCode([0xff; BYTES]);
        assert_eq!(set.redeem(&other.expose()), RecoveryOutcome::Mismatch);
    }

    #[test]
    fn a_set_has_at_least_one_code_and_no_more_than_anybody_keeps() {
        for count in [1, RecoverySet::MAXIMUM_COUNT] {
            let (codes, set) = RecoverySet::generate(&mut distinct(), count).unwrap();
            assert_eq!((codes.len(), set.remaining()), (count.into(), count.into()));
        }
        for count in [0, 101, u8::MAX] {
            let refused = RecoverySet::generate(&mut distinct(), count).unwrap_err();
            assert_eq!(refused, ParameterError::RecoveryCount.into());
        }
    }

    #[test]
    fn what_is_used_stays_used_when_stored() {
        let (codes, mut set) = RecoverySet::generate(&mut distinct(), 2).unwrap();
        assert!(set.redeem(&codes[0].expose()).is_accepted());
        let stored = serde_json::to_string(&set).unwrap();
        let mut set: RecoverySet = serde_json::from_str(&stored).unwrap();
        assert_eq!(set.redeem(&codes[0].expose()), RecoveryOutcome::Replayed);
        assert_eq!(set.redeem(&codes[1].expose()), RecoveryOutcome::Accepted { remaining: 0 });
    }

    #[test]
    fn a_stored_set_is_the_same_text_in_every_language() {
        let code = RecoveryCode([0; BYTES]);
        let mut set = RecoverySet::from_hashes([code.hash()]);
        let stored = serde_json::to_string(&set).unwrap();
        let hash = "374708fff7719dd5979ec875d56cd2286f6d3cf7ec317a3b25632aab28ec37bb";
        assert_eq!(stored, format!(r#"{{"entries":[{{"hash":"{hash}","used":false}}]}}"#));
        assert_eq!(serde_json::from_str::<RecoverySet>(&stored).unwrap(), set);
        assert!(set.redeem(&code.expose()).is_accepted());
        for other in ["", "37", &hash.to_uppercase(), &hash.replace('3', "é"), &format!("{hash}0")]
        {
            assert_eq!(other.parse::<RecoveryHash>(), Err(ParameterError::RecoveryHash), "{other}");
            let stored = stored.replace(hash, other);
            assert!(serde_json::from_str::<RecoverySet>(&stored).is_err(), "{other}");
        }
    }

    #[cfg(feature = "service")]
    #[test]
    fn a_hash_is_its_32_bytes_where_nobody_reads() {
        let hash = RecoveryCode([0; BYTES]).hash();
        let bytes = postcard::to_allocvec(&hash).unwrap();
        assert_eq!(bytes, hash.as_bytes());
        assert_eq!(postcard::from_bytes::<RecoveryHash>(&bytes), Ok(hash));
    }

    #[test]
    fn what_is_used_stays_used_when_stored_entry_by_entry() {
        let (codes, mut set) = RecoverySet::generate(&mut distinct(), 2).unwrap();
        assert!(set.redeem(&codes[0].expose()).is_accepted());
        let stored: Vec<_> = set.entries().map(|(hash, used)| (*hash.as_bytes(), used)).collect();
        let read = stored.into_iter().map(|(hash, used)| (RecoveryHash::from_bytes(hash), used));
        let mut read = RecoverySet::from_entries(read);
        assert_eq!(read, set);
        assert_eq!(read.redeem(&codes[0].expose()), RecoveryOutcome::Replayed);
        assert_eq!(read.redeem(&codes[1].expose()), RecoveryOutcome::Accepted { remaining: 0 });
    }

    #[test]
    fn a_wrong_or_malformed_code_changes_nothing() {
        let (_, mut set) = RecoverySet::generate(&mut distinct(), 2).unwrap();
        let before = set.clone();
        assert_eq!(set.redeem(&"0".repeat(26)), RecoveryOutcome::Mismatch);
        assert_eq!(set.redeem("123456"), RecoveryOutcome::Malformed);
        assert_eq!(set, before);
    }

    #[test]
    fn debug_shows_neither_code_nor_hash() {
        let (codes, set) = RecoverySet::generate(&mut distinct(), 1).unwrap();
        assert_eq!(format!("{:?}", codes[0]), "RecoveryCode(redacted)");
        assert!(format!("{set:?}").contains("RecoveryHash(redacted)"));
    }

    proptest! {
        #[test]
        fn every_code_survives_being_copied_by_hand(bytes: [u8; BYTES]) {
            let code = RecoveryCode(bytes);
            let shown = code.expose().to_string();
            let copied = shown.to_lowercase().replace('0', "o").replace('1', "l").replace('-', " ");
            prop_assert_eq!(RecoveryCode::parse(&shown).unwrap().0, bytes);
            prop_assert_eq!(RecoveryCode::parse(&copied).unwrap().0, bytes);
        }

        #[test]
        fn nothing_typed_panics(typed in ".*|[0-9a-zA-Z -]{20,32}") {
            let _ = RecoveryCode::parse(&typed);
        }
    }
}
