//! The policy of a service, as JSON, into the words of the core.

use std::{collections::HashMap, str::FromStr};

use keyfob::{
    ParameterError, Window,
    service::{
        AttemptPolicy, BreakerPolicy, Percent, Place, Prices, RetentionPolicy, SendPolicy,
        SendWindow, ServicePolicy, SimSwapCoverage, TrafficPolicy, UnverifiedPolicy,
    },
};
use serde::{Deserialize, Deserializer};

use crate::{
    number::whole,
    thrown::{At, Result},
    totp,
};

/// The policy of a service. What is absent stays as it usually is.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Settings {
    attempts: Option<Attempts>,
    sends: Option<Sends>,
    traffic: Option<Traffic>,
    sim_swap: Option<Coverage>,
    retention_hours: Option<f64>,
    window: Option<[Option<f64>; 2]>,
    default_lifetime: Option<f64>,
    enrolment_lifetime: Option<f64>,
    issuer: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Attempts {
    per_block: Option<f64>,
    first_block: Option<f64>,
    longest_block: Option<f64>,
    disable_after: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sends {
    per_recipient: Option<Vec<Stretch>>,
    #[serde(default, deserialize_with = "switch")]
    per_account_and_day: Switch<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stretch {
    seconds: f64,
    messages: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[derive(Default)]
struct Traffic {
    #[serde(deserialize_with = "switch")]
    per_domain_and_day: Switch<f64>,
    #[serde(deserialize_with = "switch")]
    per_client_and_day: Switch<f64>,
    #[serde(deserialize_with = "switch")]
    per_country_and_day: Switch<f64>,
    #[serde(deserialize_with = "switch")]
    per_prefix_and_day: Switch<f64>,
    #[serde(deserialize_with = "switch")]
    cost_per_day: Switch<f64>,
    prices: Option<PriceList>,
    allowed: Option<Vec<String>>,
    denied: Option<Vec<String>>,
    premium: Option<Vec<String>>,
    #[serde(deserialize_with = "switch")]
    unverified: Switch<Unverified>,
    #[serde(deserialize_with = "switch")]
    breaker: Switch<Breaker>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceList {
    default: Option<f64>,
    places: Option<HashMap<String, f64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unverified {
    per_country_and_day: Option<f64>,
    per_country_and_hour: Option<f64>,
    per_client_and_day: Option<f64>,
    share: Option<f64>,
    countries_per_client_and_day: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Breaker {
    sends: Option<f64>,
    verified: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Coverage {
    prefixes: Option<Vec<String>>,
    cache: Option<f64>,
}

impl Settings {
    pub(crate) fn policy(self) -> Result<ServicePolicy> {
        let usual = ServicePolicy::default();
        Ok(ServicePolicy {
            attempts: self.attempts.map_or(Ok(usual.attempts), Attempts::policy)?,
            sends: self.sends.map_or(Ok(usual.sends), Sends::policy)?,
            traffic: self.traffic.map_or(Ok(usual.traffic), Traffic::policy)?,
            sim_swap: self.sim_swap.map_or(Ok(usual.sim_swap), Coverage::policy)?,
            retention: self.retention_hours.map_or(Ok(usual.retention), retention)?,
            window: self.window.map_or(Ok(usual.window), window)?,
            default_lifetime: number(
                self.default_lifetime,
                usual.default_lifetime,
                "defaultLifetime",
            )?,
            enrolment_lifetime: number(
                self.enrolment_lifetime,
                usual.enrolment_lifetime,
                "enrolmentLifetime",
            )?,
            issuer: self.issuer.unwrap_or(usual.issuer),
        })
    }
}

impl Attempts {
    fn policy(self) -> Result<AttemptPolicy> {
        let usual = AttemptPolicy::default();
        let attempts = |given, usual: u16, argument| -> Result<u16> {
            number(given, usual.into(), argument).map(sixteen_bits)
        };
        let policy = AttemptPolicy::new(
            attempts(self.per_block, usual.per_block(), "perBlock")?,
            number(self.first_block, usual.first_block(), "firstBlock")?,
            number(self.longest_block, usual.longest_block(), "longestBlock")?,
            attempts(self.disable_after, usual.disable_after(), "disableAfter")?,
        );
        policy.map_err(|error| error.at("attempts"))
    }
}

impl Sends {
    fn policy(self) -> Result<SendPolicy> {
        let usual = SendPolicy::default();
        let window = |Stretch { seconds, messages }| -> Result<SendWindow> {
            let messages = whole(messages, "perRecipient")?;
            Ok(SendWindow {
                seconds: whole(seconds, "perRecipient")?,
                messages: usize::try_from(messages).unwrap_or(usize::MAX),
            })
        };
        let given = self.per_recipient.map(|given| given.into_iter().map(window).collect());
        Ok(SendPolicy {
            per_recipient: given.unwrap_or(Ok(usual.per_recipient))?,
            per_account_and_day: self
                .per_account_and_day
                .limit(usual.per_account_and_day, "perAccountAndDay")?,
        })
    }
}

impl Traffic {
    fn policy(self) -> Result<TrafficPolicy> {
        let usual = TrafficPolicy::default();
        Ok(TrafficPolicy {
            per_domain_and_day: self
                .per_domain_and_day
                .limit(usual.per_domain_and_day, "perDomainAndDay")?,
            per_client_and_day: self
                .per_client_and_day
                .limit(usual.per_client_and_day, "perClientAndDay")?,
            per_country_and_day: self
                .per_country_and_day
                .limit(usual.per_country_and_day, "perCountryAndDay")?,
            per_prefix_and_day: self
                .per_prefix_and_day
                .limit(usual.per_prefix_and_day, "perPrefixAndDay")?,
            cost_per_day: self.cost_per_day.limit(usual.cost_per_day, "costPerDay")?,
            prices: self.prices.map_or(Ok(usual.prices), PriceList::prices)?,
            allowed: list(self.allowed, usual.allowed, "allowed")?,
            denied: list(self.denied, usual.denied, "denied")?,
            premium: list(self.premium, usual.premium, "premium")?,
            unverified: self.unverified.or(usual.unverified, Unverified::policy)?,
            breaker: self.breaker.or(usual.breaker, Breaker::policy)?,
            ..usual
        })
    }
}

impl PriceList {
    fn prices(self) -> Result<Prices> {
        let place = |(place, price): (String, f64)| -> Result<(Place, u64)> {
            let place = place.parse().map_err(|error: ParameterError| error.at("prices"))?;
            Ok((place, whole(price, "prices")?))
        };
        let places = self.places.unwrap_or_default();
        Ok(Prices {
            default: number(self.default, 0, "default")?,
            places: places.into_iter().map(place).collect::<Result<_>>()?,
        })
    }
}

impl Unverified {
    fn policy(self) -> Result<UnverifiedPolicy> {
        let usual = UnverifiedPolicy::default();
        Ok(UnverifiedPolicy {
            per_country_and_day: number(
                self.per_country_and_day,
                usual.per_country_and_day,
                "perCountryAndDay",
            )?,
            per_country_and_hour: number(
                self.per_country_and_hour,
                usual.per_country_and_hour,
                "perCountryAndHour",
            )?,
            per_client_and_day: number(
                self.per_client_and_day,
                usual.per_client_and_day,
                "perClientAndDay",
            )?,
            share: percent(self.share, usual.share, "share")?,
            countries_per_client_and_day: number(
                self.countries_per_client_and_day,
                usual.countries_per_client_and_day,
                "countriesPerClientAndDay",
            )?,
        })
    }
}

impl Breaker {
    fn policy(self) -> Result<BreakerPolicy> {
        let usual = BreakerPolicy::default();
        Ok(BreakerPolicy {
            sends: number(self.sends, usual.sends, "sends")?,
            verified: percent(self.verified, usual.verified, "verified")?,
        })
    }
}

impl Coverage {
    fn policy(self) -> Result<SimSwapCoverage> {
        let usual = SimSwapCoverage::default();
        Ok(SimSwapCoverage {
            prefixes: list(self.prefixes, usual.prefixes, "prefixes")?,
            cache: number(self.cache, usual.cache, "cache")?,
        })
    }
}

/// Something that `null` switches off, while what is absent stays as it is.
#[derive(Default)]
enum Switch<T> {
    #[default]
    Absent,
    Off,
    On(T),
}

impl<T> Switch<T> {
    fn or<U>(self, usual: Option<U>, read: impl FnOnce(T) -> Result<U>) -> Result<Option<U>> {
        match self {
            Self::Absent => Ok(usual),
            Self::Off => Ok(None),
            Self::On(given) => read(given).map(Some),
        }
    }
}

impl Switch<f64> {
    fn limit(self, usual: Option<u64>, argument: &str) -> Result<Option<u64>> {
        self.or(usual, |given| whole(given, argument))
    }
}

/// Called for what is there alone.
fn switch<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> std::result::Result<Switch<T>, D::Error> {
    let given = Option::deserialize(from)?;
    Ok(given.map_or(Switch::Off, Switch::On))
}

fn number(given: Option<f64>, usual: u64, argument: &str) -> Result<u64> {
    given.map_or(Ok(usual), |given| whole(given, argument))
}

fn percent(given: Option<f64>, usual: Percent, argument: &str) -> Result<Percent> {
    let Some(given) = given else { return Ok(usual) };
    let given = u16::try_from(whole(given, argument)?).unwrap_or(u16::MAX);
    Percent::new(given).map_err(|error| error.at(argument))
}

/// 0 for what is too large, which no setting of 16 bits may be.
fn sixteen_bits(given: u64) -> u16 {
    u16::try_from(given).unwrap_or(0)
}

fn window([before, after]: [Option<f64>; 2]) -> Result<Window> {
    totp::window(before, after)
}

fn retention(hours: f64) -> Result<RetentionPolicy> {
    let hours = sixteen_bits(whole(hours, "retentionHours")?);
    RetentionPolicy::new(hours).map_err(|error| error.at("retentionHours"))
}

/// Texts, each read as the core reads it.
fn list<T: FromStr<Err = ParameterError>>(
    given: Option<Vec<String>>,
    usual: Vec<T>,
    argument: &str,
) -> Result<Vec<T>> {
    let Some(texts) = given else { return Ok(usual) };
    let read = |text: &String| text.parse().map_err(|error: ParameterError| error.at(argument));
    texts.iter().map(read).collect()
}
