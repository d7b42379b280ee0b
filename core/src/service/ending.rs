use alloc::string::{String, ToString};
use core::{error, fmt};

use serde::{Deserialize, Serialize};

use super::recipient::is_domain_name;

/// The last line of a text message, for phones that fill the code in.
///
/// One or the other, never both: each format asks to be the last line.
///
/// ```
/// use keyfob::service::Ending;
/// assert!(Ending::origin_bound("example.com").is_ok());
/// assert!(Ending::origin_bound("https://example.com").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// No line is added.
    #[default]
    None,
    /// `@example.com #747723`: Apple's and Google's browsers offer the code on this
    /// site and no other, so a phishing site gets none (WICG, "Origin-bound
    /// one-time codes delivered via SMS").
    OriginBound {
        /// The site.
        host: Host,
    },
    /// The hash that leads Android's SMS Retriever to an app. Such a message has at
    /// most 140 bytes.
    AndroidAppHash {
        /// The app.
        hash: AppHash,
    },
}

impl Ending {
    /// An origin-bound last line for `host`.
    ///
    /// # Errors
    /// [`EndingError::Host`].
    pub fn origin_bound(host: &str) -> Result<Self, EndingError> {
        Host::parse(host).map(|host| Self::OriginBound { host })
    }

    /// The last line for the Android app of `hash`.
    ///
    /// # Errors
    /// [`EndingError::AppHash`].
    pub fn android_app_hash(hash: &str) -> Result<Self, EndingError> {
        AppHash::parse(hash).map(|hash| Self::AndroidAppHash { hash })
    }
}

/// The name of a site: a DNS name of two labels or more in lower case, without
/// scheme, port or path. Other alphabets in their `xn--` form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host(String);

impl Host {
    /// Reads `example.com`.
    ///
    /// # Errors
    /// [`EndingError::Host`].
    pub fn parse(text: &str) -> Result<Self, EndingError> {
        if is_domain_name(text) { Ok(Self(text.to_string())) } else { Err(EndingError::Host) }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Host {
    type Error = EndingError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.0
    }
}

/// The 11 base64 characters by which the SMS Retriever API of Google Play services
/// knows an app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppHash(String);

impl AppHash {
    /// Reads `FA+9qCX9VSu`.
    ///
    /// # Errors
    /// [`EndingError::AppHash`].
    pub fn parse(text: &str) -> Result<Self, EndingError> {
        let fits = text.len() == 11
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
        if fits { Ok(Self(text.to_string())) } else { Err(EndingError::AppHash) }
    }

    /// The hash.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AppHash {
    type Error = EndingError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<AppHash> for String {
    fn from(hash: AppHash) -> Self {
        hash.0
    }
}

/// Why a last line was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndingError {
    /// Not a bare DNS name in lower case.
    Host,
    /// Not 11 base64 characters.
    AppHash,
}

impl EndingError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::Host => "invalid-host",
            Self::AppHash => "invalid-app-hash",
        }
    }
}

impl fmt::Display for EndingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => {
                "give the site as a name in lower case, like example.com, without https:// or a port"
            }
            Self::AppHash => {
                "give the app's hash as the 11 characters that the SMS Retriever API computes"
            }
        })
    }
}

impl error::Error for EndingError {}
