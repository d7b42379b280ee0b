use std::{fmt, path::PathBuf, time::Duration};

use keyfob::service::{Prefix, SimSwapCoverage};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    config::{Hidden, HiddenUrl, Listed},
    delivery::ClientError,
};

/// A mobile operator, or an aggregator of several, that tells whether the SIM of a number
/// changed: CAMARA SIM Swap 2.1 with OAuth 2 client credentials. Without this section
/// nothing can be asked, and a message for which something is to be asked is not sent.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SimSwapConfig {
    /// Where the API is, with its version, such as `https://operator.example/sim-swap/v2`.
    /// `https`, or `http` to this machine itself.
    pub base_url: HiddenUrl,
    /// Where tokens are to be had.
    pub token_url: HiddenUrl,
    /// Who we are there.
    pub client_id: String,
    /// How we prove it. Better in the environment than in the file.
    pub client_secret: Hidden,
    /// What a token is asked for.
    #[serde(default = "scope")]
    pub scope: String,
    /// `check` asks whether there was a change within the hours that matter, `retrieve-date`
    /// when the last one was. Operators offer one or both.
    #[serde(default)]
    pub method: SimSwapMethod,
    /// How the numbers begin that are asked about; `+` is all of them. Of any other number
    /// nothing is known, and `on_unknown` decides.
    #[serde(default = "prefixes")]
    #[schemars(with = "Vec<String>", default = "prefixes")]
    pub prefixes: Listed<Prefix>,
    /// How many seconds an answer may take, its token included: 0.1 to 10. After that
    /// nothing is known.
    #[serde(default = "timeout")]
    #[schemars(range(min = 0.1, max = 10))]
    pub timeout: f64,
    /// For how many seconds an answer is used again for the same number: 0 (never) to 86400.
    /// Only what the operator knew is kept.
    #[serde(default = "cache")]
    #[schemars(range(max = 86400))]
    pub cache: u64,
    /// Certificates (PEM) to trust besides the public ones.
    pub ca_file: Option<PathBuf>,
}

/// What the operator is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SimSwapMethod {
    /// Whether the SIM changed within so many hours.
    #[default]
    Check,
    /// When it last changed.
    RetrieveDate,
}

impl SimSwapConfig {
    /// Which numbers are asked about, and how long answers hold.
    pub fn coverage(&self) -> SimSwapCoverage {
        SimSwapCoverage { prefixes: self.prefixes.0.clone(), cache: self.cache }
    }

    pub(super) fn time_limit(&self) -> Result<Duration, SimSwapError> {
        let in_range = (0.1..=10.0).contains(&self.timeout);
        let limit = Duration::try_from_secs_f64(self.timeout).ok().filter(|_| in_range);
        limit.ok_or(SimSwapError::Timeout)
    }

    pub(super) fn check(&self) -> Result<(), SimSwapError> {
        if self.prefixes.0.is_empty() {
            return Err(SimSwapError::Prefixes);
        }
        if self.cache > LONGEST_CACHE {
            return Err(SimSwapError::Cache);
        }
        if self.client_id.is_empty() || self.client_secret.expose().is_empty() {
            return Err(SimSwapError::Credentials);
        }
        Ok(())
    }
}

/// Why the settings cannot work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimSwapError {
    /// The API cannot be reached with these.
    BaseUrl(ClientError),
    /// Tokens cannot be had with these.
    TokenUrl(ClientError),
    /// HTTP cannot be set up.
    Client(ClientError),
    /// No prefix at all.
    Prefixes,
    /// A time limit out of its range.
    Timeout,
    /// A life of answers out of its range.
    Cache,
    /// Nobody in particular asks.
    Credentials,
}

impl fmt::Display for SimSwapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BaseUrl(error) => write!(f, "base_url: {error}"),
            Self::TokenUrl(error) => write!(f, "token_url: {error}"),
            Self::Client(error) => error.fmt(f),
            Self::Prefixes => f.write_str(
                "`prefixes` are empty, so nobody would be asked: write [\"+44\"], or [\"+\"] for every number",
            ),
            Self::Timeout => f.write_str("`timeout` is 0.1 to 10 seconds"),
            Self::Cache => f.write_str("`cache` is 0 to 86400 seconds"),
            Self::Credentials => {
                f.write_str("`client_id` or `client_secret` is empty; the operator gave you both")
            }
        }
    }
}

impl std::error::Error for SimSwapError {}

const LONGEST_CACHE: u64 = 86_400;

fn scope() -> String {
    "sim-swap".to_owned()
}

fn prefixes() -> Listed<Prefix> {
    Listed(SimSwapCoverage::default().prefixes)
}

fn timeout() -> f64 {
    2.0
}

fn cache() -> u64 {
    SimSwapCoverage::DEFAULT_CACHE
}
