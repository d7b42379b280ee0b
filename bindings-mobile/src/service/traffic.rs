//! Where messages may go, and how many of them. What is left out stays as core has it.

use keyfob::{
    ParameterError,
    service::{self as core, Percent},
};

use super::policy::{Limit, limit, list};
use crate::{
    error::{KeyfobError, invalid},
    number::word,
};

type Result<T> = std::result::Result<T, KeyfobError>;

/// Where messages may go, and how many. Places are countries like `GB` or beginnings of numbers
/// like `+44`.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct TrafficPolicy {
    /// Of one domain, in a day (UTC).
    #[uniffi(default = None)]
    pub per_domain_and_day: Option<Limit>,
    /// Asked for with one API key, in a day.
    #[uniffi(default = None)]
    pub per_api_key_and_day: Option<Limit>,
    /// Asked for from one client address, in a day.
    #[uniffi(default = None)]
    pub per_client_and_day: Option<Limit>,
    /// To the numbers of one country, in a day.
    #[uniffi(default = None)]
    pub per_country_and_day: Option<Limit>,
    /// To one range of ten thousand numbers, in a day.
    #[uniffi(default = None)]
    pub per_prefix_and_day: Option<Limit>,
    /// What messages may cost in a day, in the unit of `prices`.
    #[uniffi(default = None)]
    pub cost_per_day: Option<Limit>,
    /// What a message costs.
    #[uniffi(default = None)]
    pub prices: Option<Prices>,
    /// If there are any, these places only.
    #[uniffi(default = None)]
    pub allowed: Option<Vec<String>>,
    /// Not these places, even where they are allowed.
    #[uniffi(default = None)]
    pub denied: Option<Vec<String>>,
    /// Places that may be sent to though they cost more than others.
    #[uniffi(default = None)]
    pub premium: Option<Vec<String>>,
    /// How many codes may stay unverified.
    #[uniffi(default = None)]
    pub unverified: Option<UnverifiedPolicy>,
    /// When a range of numbers is stopped.
    #[uniffi(default = None)]
    pub breaker: Option<BreakerPolicy>,
}

/// What a message to a place costs.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PlacePrice {
    /// A country or the beginning of numbers.
    pub place: String,
    /// What one message costs.
    pub price: u64,
}

/// What messages cost, in any unit that all prices share.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct Prices {
    /// To a number of no place below.
    #[uniffi(default = 0)]
    pub default_price: u64,
    /// To the numbers of places.
    #[uniffi(default = [])]
    pub places: Vec<PlacePrice>,
}

/// How many codes may stay unverified.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum UnverifiedPolicy {
    /// Any number.
    Off,
    /// So many, however few are verified, and a share of those that are.
    AtMost {
        /// For each country and day.
        #[uniffi(default = None)]
        per_country_and_day: Option<u64>,
        /// For each country and hour.
        #[uniffi(default = None)]
        per_country_and_hour: Option<u64>,
        /// For each client address and day.
        #[uniffi(default = None)]
        per_client_and_day: Option<u64>,
        /// Of the verified ones, in percent.
        #[uniffi(default = None)]
        share: Option<i32>,
        /// Countries that one client address may send to in a day and verify nothing in.
        #[uniffi(default = None)]
        countries_per_client_and_day: Option<u64>,
    },
}

/// When a range of numbers is stopped for an hour.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum BreakerPolicy {
    /// Never.
    Off,
    /// When so many messages went to it and too few of their codes came back.
    On {
        /// From so many messages on.
        #[uniffi(default = None)]
        sends: Option<u64>,
        /// With a smaller share of them verified, in percent.
        #[uniffi(default = None)]
        verified: Option<i32>,
    },
}

impl TrafficPolicy {
    pub(super) fn policy(self) -> Result<core::TrafficPolicy> {
        let Self {
            per_domain_and_day,
            per_api_key_and_day,
            per_client_and_day,
            per_country_and_day,
            per_prefix_and_day,
            cost_per_day,
            prices,
            allowed,
            denied,
            premium,
            unverified,
            breaker,
        } = self;
        let usual = core::TrafficPolicy::default();
        Ok(core::TrafficPolicy {
            per_domain_and_day: limit(per_domain_and_day, usual.per_domain_and_day),
            per_api_key_and_day: limit(per_api_key_and_day, usual.per_api_key_and_day),
            per_client_and_day: limit(per_client_and_day, usual.per_client_and_day),
            per_country_and_day: limit(per_country_and_day, usual.per_country_and_day),
            per_prefix_and_day: limit(per_prefix_and_day, usual.per_prefix_and_day),
            cost_per_day: limit(cost_per_day, usual.cost_per_day),
            prices: prices.map_or(Ok(usual.prices), Prices::prices)?,
            allowed: list(allowed, usual.allowed, "policy.traffic.allowed")?,
            denied: list(denied, usual.denied, "policy.traffic.denied")?,
            premium: list(premium, usual.premium, "policy.traffic.premium")?,
            unverified: unverified.map_or(Ok(usual.unverified), UnverifiedPolicy::policy)?,
            breaker: breaker.map_or(Ok(usual.breaker), BreakerPolicy::policy)?,
        })
    }
}

impl Prices {
    fn prices(self) -> Result<core::Prices> {
        let Self { default_price, places } = self;
        let prices = core::Prices { default: default_price, ..core::Prices::default() };
        places.into_iter().enumerate().try_fold(
            prices,
            |prices, (index, PlacePrice { place, price })| {
                let argument = format!("policy.traffic.prices.places[{index}].place");
                let place = place.parse().map_err(invalid::<ParameterError>(&argument))?;
                prices.with_place(place, price).map_err(invalid(&argument))
            },
        )
    }
}

impl UnverifiedPolicy {
    fn policy(self) -> Result<Option<core::UnverifiedPolicy>> {
        let usual = core::UnverifiedPolicy::default();
        match self {
            Self::Off => Ok(None),
            Self::AtMost {
                per_country_and_day,
                per_country_and_hour,
                per_client_and_day,
                share,
                countries_per_client_and_day,
            } => Ok(Some(core::UnverifiedPolicy {
                per_country_and_day: per_country_and_day.unwrap_or(usual.per_country_and_day),
                per_country_and_hour: per_country_and_hour.unwrap_or(usual.per_country_and_hour),
                per_client_and_day: per_client_and_day.unwrap_or(usual.per_client_and_day),
                share: percent(share, usual.share, "policy.traffic.unverified.share")?,
                countries_per_client_and_day: countries_per_client_and_day
                    .unwrap_or(usual.countries_per_client_and_day),
            })),
        }
    }
}

impl BreakerPolicy {
    fn policy(self) -> Result<Option<core::BreakerPolicy>> {
        let usual = core::BreakerPolicy::default();
        match self {
            Self::Off => Ok(None),
            Self::On { sends, verified } => Ok(Some(core::BreakerPolicy {
                sends: sends.unwrap_or(usual.sends),
                verified: percent(verified, usual.verified, "policy.traffic.breaker.verified")?,
            })),
        }
    }
}

fn percent(given: Option<i32>, usual: Percent, argument: &str) -> Result<Percent> {
    given.map_or(Ok(usual), |it| Percent::new(word(it)).map_err(invalid(argument)))
}
