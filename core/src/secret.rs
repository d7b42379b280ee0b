use alloc::{string::String, vec, vec::Vec};
use core::{error, fmt, str::FromStr};

use base32ct::{Base32UpperUnpadded, Encoding};
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{Entropy, EntropyUnavailable, Error};

/// The secret that a credential's owner and its verifier share.
///
/// Wiped from memory when dropped, printed as redacted, compared in constant
/// time. It leaves only through [`expose_bytes`](Self::expose_bytes) and
/// [`expose_base32`](Self::expose_base32).
///
/// ```
/// use keyfob::Secret;
/// let secret = Secret::from_base32("gezd gnbv-GY3T QOJQ gezd gnbv gy3t qojq")?;
/// assert_eq!(secret.expose_bytes(), b"12345678901234567890");
/// assert_eq!(format!("{secret:?}"), "Secret(redacted, 160 bits)");
/// # Ok::<(), keyfob::SecretError>(())
/// ```
#[derive(Clone, ZeroizeOnDrop)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// The length of new secrets in bytes: 160 bits, as RFC 4226 R6 recommends.
    pub const DEFAULT_BYTES: usize = 20;
    /// The shortest secret that is ever *created*: 128 bits (RFC 4226 R6). Shorter
    /// ones of others can be read; see [`is_short`](Self::is_short).
    pub const MINIMUM_BYTES: usize = 16;
    /// The longest secret read or created, in bytes.
    pub const MAXIMUM_BYTES: usize = 256;

    /// Takes raw bytes as a secret.
    ///
    /// # Errors
    /// [`SecretError::Empty`] and [`SecretError::TooLong`].
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, SecretError> {
        let secret = Self(bytes.into());
        match secret.0.len() {
            0 => Err(SecretError::Empty),
            1..=Self::MAXIMUM_BYTES => Ok(secret),
            _ => Err(SecretError::TooLong),
        }
    }

    /// Reads base32 (RFC 4648 §6) as people write it: in any case, with spaces and
    /// hyphens anywhere, padded or not. Decoding takes constant time for a length.
    ///
    /// # Errors
    /// [`SecretError::Character`] at the first foreign character,
    /// [`SecretError::Length`] for a length that no bytes encode to,
    /// [`SecretError::TrailingBits`] when the last character carries bits that
    /// belong to no byte, [`SecretError::Empty`], [`SecretError::TooLong`].
    pub fn from_base32(text: &str) -> Result<Self, SecretError> {
        let letters = normalise(text)?;
        if !matches!(letters.len() % 8, 0 | 2 | 4 | 5 | 7) {
            return Err(SecretError::Length { characters: letters.len() });
        }
        if letters.len() * 5 / 8 > Self::MAXIMUM_BYTES {
            return Err(SecretError::TooLong);
        }
        let mut bytes = vec![0; letters.len() * 5 / 8];
        let decoded = Base32UpperUnpadded::decode(&*letters, &mut bytes).map(<[u8]>::len);
        let secret = Self(bytes); // owned from here on, so that every return wipes it
        match decoded {
            Ok(0) => Err(SecretError::Empty),
            Ok(length) if length == secret.0.len() => secret.without_trailing_bits(&letters),
            _ => Err(SecretError::Length { characters: letters.len() }),
        }
    }

    /// A new secret of [`DEFAULT_BYTES`](Self::DEFAULT_BYTES).
    ///
    /// # Errors
    /// [`EntropyUnavailable`] when the source of random bytes fails.
    pub fn generate(entropy: &mut impl Entropy) -> Result<Self, EntropyUnavailable> {
        let mut secret = Self(vec![0; Self::DEFAULT_BYTES]);
        entropy.fill(&mut secret.0)?;
        Ok(secret)
    }

    /// A new secret of `bytes` bytes, from 16 (128 bits) to 256.
    ///
    /// # Errors
    /// [`SecretError::TooShort`], [`SecretError::TooLong`], and [`Error::Entropy`]
    /// when the source of random bytes fails.
    pub fn generate_sized(entropy: &mut impl Entropy, bytes: usize) -> Result<Self, Error> {
        if bytes < Self::MINIMUM_BYTES {
            return Err(SecretError::TooShort { bits: bytes * 8 }.into());
        }
        if bytes > Self::MAXIMUM_BYTES {
            return Err(SecretError::TooLong.into());
        }
        let mut secret = Self(vec![0; bytes]);
        entropy.fill(&mut secret.0)?;
        Ok(secret)
    }

    /// Whether this secret is shorter than keyfob would ever create (128 bits).
    /// Many sites still give 80 bits; they are usable, and worth a warning.
    pub fn is_short(&self) -> bool {
        self.0.len() < Self::MINIMUM_BYTES
    }

    /// The length in bits.
    pub fn bits(&self) -> usize {
        self.0.len() * 8
    }

    /// The raw bytes. Keep them out of logs and replies.
    pub fn expose_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Upper-case base32 without padding, the form enrolment URIs carry. The text
    /// is wiped when dropped; keep copies out of logs.
    pub fn expose_base32(&self) -> Zeroizing<String> {
        Zeroizing::new(Base32UpperUnpadded::encode_string(&self.0))
    }

    fn without_trailing_bits(self, letters: &[u8]) -> Result<Self, SecretError> {
        let canonical = self.expose_base32();
        if canonical.as_bytes().ct_eq(letters).into() {
            return Ok(self);
        }
        Err(SecretError::TrailingBits)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret(redacted, {} bits)", self.bits())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Secret {}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_base32(text)
    }
}

/// Why a secret could not be read or made. Never carries any of the secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretError {
    /// There is nothing in it.
    Empty,
    /// A character that is not base32, at `position` (counted in characters from 0).
    Character {
        /// Where it stands, in characters from the start of the text as given.
        position: usize,
    },
    /// So many base32 characters encode no whole number of bytes.
    Length {
        /// How many there are, without spaces, hyphens and padding.
        characters: usize,
    },
    /// The last character has bits set that belong to no byte: a character is
    /// wrong or missing.
    TrailingBits,
    /// Shorter than the 128 bits of RFC 4226 R6.
    TooShort {
        /// How long it is.
        bits: usize,
    },
    /// Longer than 2048 bits.
    TooLong,
}

impl SecretError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::Empty => "secret-empty",
            Self::Character { .. } => "secret-character",
            Self::Length { .. } => "secret-length",
            Self::TrailingBits => "secret-trailing-bits",
            Self::TooShort { .. } => "secret-too-short",
            Self::TooLong => "secret-too-long",
        }
    }
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the secret is empty; give its base32 text or its bytes"),
            Self::Character { position } => write!(
                f,
                "character {} of the secret is not base32; use the letters A to Z and the digits 2 to 7",
                position + 1
            ),
            Self::Length { characters } => write!(
                f,
                "no secret has {characters} base32 characters; one or more are missing or too many"
            ),
            Self::TrailingBits => f.write_str(
                "the last character of the secret does not fit; a character is wrong or missing",
            ),
            Self::TooShort { bits } => {
                write!(
                    f,
                    "the secret has {bits} bits; use at least 128 (16 bytes, 26 base32 characters)"
                )
            }
            Self::TooLong => f.write_str("the secret is longer than 256 bytes"),
        }
    }
}

impl error::Error for SecretError {}

/// Upper-case letters without spaces, hyphens and trailing padding.
fn normalise(text: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let mut letters = Zeroizing::new(Vec::with_capacity(text.len())); // never regrown: no stray copy
    let mut padding_at = None;
    for (position, character) in text.chars().enumerate() {
        match character {
            ' ' | '-' => {}
            '=' => {
                padding_at.get_or_insert(position);
            }
            'a'..='z' | 'A'..='Z' | '2'..='7' => {
                if let Some(position) = padding_at {
                    return Err(SecretError::Character { position }); // padding in the middle
                }
                letters.push(character.to_ascii_uppercase() as u8);
            }
            _ => return Err(SecretError::Character { position }),
        }
    }
    Ok(letters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_secret_survives_base32_in_any_dress(bytes in prop::collection::vec(any::<u8>(), 1..=256)) {
            let secret = Secret::from_bytes(bytes).unwrap();
            let dressed: String = secret
                .expose_base32()
                .chars()
                .enumerate()
                .map(|(i, c)| if i % 4 == 0 { format!(" {}-", c.to_ascii_lowercase()) } else { format!("{c}") })
                .collect();
            prop_assert_eq!(&Secret::from_base32(&dressed).unwrap(), &secret);
            prop_assert_eq!(Secret::from_base32(&format!("{dressed}===")).unwrap(), secret);
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = Secret::from_base32(&text);
        }
    }

    #[test]
    fn impossible_lengths_are_refused_not_truncated() {
        for text in ["A", "AAA", "AAAAAA", "AAAAAAAAA"] {
            let characters = text.len();
            assert_eq!(Secret::from_base32(text), Err(SecretError::Length { characters }));
        }
        assert_eq!(Secret::from_base32(" - ="), Err(SecretError::Empty));
        assert_eq!(Secret::from_base32("AB"), Err(SecretError::TrailingBits));
    }

    #[test]
    fn a_foreign_character_is_named_by_position() {
        assert_eq!(Secret::from_base32("ABC1"), Err(SecretError::Character { position: 3 }));
        assert_eq!(Secret::from_base32("é"), Err(SecretError::Character { position: 0 }));
        assert_eq!(Secret::from_base32("AA=A"), Err(SecretError::Character { position: 2 }));
    }

    #[test]
    fn short_secrets_are_read_but_never_created() {
        assert!(Secret::from_base32("JBSWY3DPEHPK3PXP").unwrap().is_short());
        let mut zeroes = |bytes: &mut [u8]| {
            bytes.fill(0);
            Ok(())
        };
        let refused = Secret::generate_sized(&mut zeroes, 15);
        assert_eq!(refused, Err(SecretError::TooShort { bits: 120 }.into()));
        assert_eq!(Secret::generate(&mut zeroes).unwrap().bits(), 160);
    }

    #[test]
    fn a_failing_source_of_entropy_creates_nothing() {
        let mut broken = |_: &mut [u8]| Err(EntropyUnavailable);
        assert_eq!(Secret::generate(&mut broken), Err(EntropyUnavailable));
    }
}
