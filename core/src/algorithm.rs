use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::ParameterError;

/// The hash function of the HMAC that makes a code.
///
/// SHA-1 is what authenticator apps support everywhere (several silently use it
/// whatever the URI says), and HMAC-SHA-1 is not affected by SHA-1's collisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Algorithm {
    /// HMAC-SHA-1, the algorithm of RFC 4226 and the default everywhere.
    #[default]
    Sha1,
    /// HMAC-SHA-256 (RFC 6238 §1.2).
    Sha256,
    /// HMAC-SHA-512 (RFC 6238 §1.2).
    Sha512,
}

impl Algorithm {
    /// The name as `otpauth://` URIs write it: `SHA1`, `SHA256` or `SHA512`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Reads `SHA1`, `sha-1`, `HmacSHA1` and the like, in any case.
///
/// ```
/// use keyfob::Algorithm;
/// assert_eq!("sha-256".parse(), Ok(Algorithm::Sha256));
/// assert!("MD5".parse::<Algorithm>().is_err());
/// ```
impl FromStr for Algorithm {
    type Err = ParameterError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = match text.get(..4) {
            Some(prefix) if prefix.eq_ignore_ascii_case("hmac") => &text[4..],
            _ => text,
        };
        let is = |name: &str| bare.eq_ignore_ascii_case(name);
        if is("SHA1") || is("SHA-1") {
            return Ok(Self::Sha1);
        }
        if is("SHA256") || is("SHA-256") {
            return Ok(Self::Sha256);
        }
        if is("SHA512") || is("SHA-512") {
            return Ok(Self::Sha512);
        }
        Err(ParameterError::Algorithm)
    }
}
