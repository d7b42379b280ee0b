//! The policy of a service, as JSON, into the words of the core.

use std::{collections::HashMap, str::FromStr};

use keyfob::{
    ParameterError, Window,
    service::{
        AccountId, AttemptPolicy, BreakerPolicy, CodeLifetime, Edit, EnrolmentLifetime, Percent,
        Prices, RetentionPolicy, SendPolicy, SendWindow, ServicePolicy, SimSwapCoverage,
        TrafficPolicy, UnverifiedPolicy,
    },
};
use serde::{Deserialize, Deserializer};

use crate::{
    thrown::{At, Result},
    totp,
};

/// The policy of a service. What is absent stays as it usually is.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Settings {
    attempts: Option<Attempts>,
    sends: Option<Sends>,
    traffic: Option<Traffic>,
    sim_swap: Option<Coverage>,
    retention: Option<Retention>,
    window: Option<[Option<f64>; 2]>,
    default_lifetime: Option<u64>,
    enrolment_lifetime: Option<u64>,
    issuer: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Attempts {
    per_block: Option<u64>,
    first_block: Option<u64>,
    longest_block: Option<u64>,
    disable_after: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sends {
    per_recipient: Option<Vec<Stretch>>,
    #[serde(default, deserialize_with = "edit")]
    per_account_and_day: Edit<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stretch {
    seconds: u64,
    messages: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
#[derive(Default)]
struct Traffic {
    #[serde(deserialize_with = "edit")]
    per_domain_and_day: Edit<u64>,
    #[serde(deserialize_with = "edit")]
    per_api_key_and_day: Edit<u64>,
    #[serde(deserialize_with = "edit")]
    per_client_and_day: Edit<u64>,
    #[serde(deserialize_with = "edit")]
    per_country_and_day: Edit<u64>,
    #[serde(deserialize_with = "edit")]
    per_prefix_and_day: Edit<u64>,
    #[serde(deserialize_with = "edit")]
    cost_per_day: Edit<u64>,
    prices: Option<PriceList>,
    allowed: Option<Vec<String>>,
    denied: Option<Vec<String>>,
    premium: Option<Vec<String>>,
    #[serde(deserialize_with = "edit")]
    unverified: Edit<Unverified>,
    #[serde(deserialize_with = "edit")]
    breaker: Edit<Breaker>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PriceList {
    default: Option<u64>,
    places: Option<HashMap<String, u64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Unverified {
    per_country_and_day: Option<u64>,
    per_country_and_hour: Option<u64>,
    per_client_and_day: Option<u64>,
    share: Option<u64>,
    countries_per_client_and_day: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Breaker {
    sends: Option<u64>,
    verified: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Retention {
    hours: Option<u64>,
    accounts: Option<HashMap<String, u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Coverage {
    prefixes: Option<Vec<String>>,
    cache: Option<u64>,
}

impl Settings {
    pub(super) fn policy(self) -> Result<ServicePolicy> {
        let usual = ServicePolicy::default();
        let code = self.default_lifetime.map_or(Ok(usual.default_lifetime), CodeLifetime::new);
        let enrolment =
            self.enrolment_lifetime.map_or(Ok(usual.enrolment_lifetime), EnrolmentLifetime::new);
        Ok(ServicePolicy {
            attempts: self.attempts.map_or(Ok(usual.attempts), Attempts::policy)?,
            sends: self.sends.map_or(Ok(usual.sends), Sends::policy)?,
            traffic: self.traffic.map_or(Ok(usual.traffic), Traffic::policy)?,
            sim_swap: self.sim_swap.map_or(Ok(usual.sim_swap), Coverage::policy)?,
            retention: self.retention.map_or(Ok(usual.retention), Retention::policy)?,
            window: self.window.map_or(Ok(usual.window), window)?,
            default_lifetime: code.map_err(|error| error.at("policy.defaultLifetime"))?,
            enrolment_lifetime: enrolment.map_err(|error| error.at("policy.enrolmentLifetime"))?,
            issuer: self.issuer.unwrap_or(usual.issuer),
        })
    }
}

impl Attempts {
    fn policy(self) -> Result<AttemptPolicy> {
        let usual = AttemptPolicy::default();
        let attempts = |given: Option<u64>, usual: u16| given.map_or(usual, sixteen_bits);
        let policy = AttemptPolicy::new(
            attempts(self.per_block, usual.per_block()),
            self.first_block.unwrap_or(usual.first_block()),
            self.longest_block.unwrap_or(usual.longest_block()),
            attempts(self.disable_after, usual.disable_after()),
        );
        policy.map_err(|error| error.at("policy.attempts"))
    }
}

impl Sends {
    fn policy(self) -> Result<SendPolicy> {
        let usual = SendPolicy::default();
        let window = |it: Stretch| SendWindow::new(it.seconds, it.messages);
        let given = self.per_recipient.map(|given| given.into_iter().map(window).collect());
        let per_recipient = given.unwrap_or(Ok(usual.per_recipient));
        Ok(SendPolicy {
            per_recipient: per_recipient.map_err(|error| error.at("policy.sends.perRecipient"))?,
            per_account_and_day: self.per_account_and_day.or(usual.per_account_and_day, Ok)?,
        })
    }
}

impl Traffic {
    fn policy(self) -> Result<TrafficPolicy> {
        let usual = TrafficPolicy::default();
        Ok(TrafficPolicy {
            per_domain_and_day: self.per_domain_and_day.or(usual.per_domain_and_day, Ok)?,
            per_api_key_and_day: self.per_api_key_and_day.or(usual.per_api_key_and_day, Ok)?,
            per_client_and_day: self.per_client_and_day.or(usual.per_client_and_day, Ok)?,
            per_country_and_day: self.per_country_and_day.or(usual.per_country_and_day, Ok)?,
            per_prefix_and_day: self.per_prefix_and_day.or(usual.per_prefix_and_day, Ok)?,
            cost_per_day: self.cost_per_day.or(usual.cost_per_day, Ok)?,
            prices: self.prices.map_or(Ok(usual.prices), PriceList::prices)?,
            allowed: list(self.allowed, usual.allowed, "policy.traffic.allowed")?,
            denied: list(self.denied, usual.denied, "policy.traffic.denied")?,
            premium: list(self.premium, usual.premium, "policy.traffic.premium")?,
            unverified: self.unverified.or(usual.unverified, Unverified::policy)?,
            breaker: self.breaker.or(usual.breaker, Breaker::policy)?,
        })
    }
}

impl PriceList {
    fn prices(self) -> Result<Prices> {
        let wrong = |error: ParameterError| error.at("policy.traffic.prices.places");
        let prices = Prices { default: self.default.unwrap_or(0), ..Prices::default() };
        self.places.into_iter().flatten().try_fold(prices, |prices, (place, price)| {
            prices.with_place(place.parse().map_err(wrong)?, price).map_err(wrong)
        })
    }
}

impl Unverified {
    fn policy(self) -> Result<UnverifiedPolicy> {
        let usual = UnverifiedPolicy::default();
        Ok(UnverifiedPolicy {
            per_country_and_day: self.per_country_and_day.unwrap_or(usual.per_country_and_day),
            per_country_and_hour: self.per_country_and_hour.unwrap_or(usual.per_country_and_hour),
            per_client_and_day: self.per_client_and_day.unwrap_or(usual.per_client_and_day),
            share: percent(self.share, usual.share, "policy.traffic.unverified.share")?,
            countries_per_client_and_day: self
                .countries_per_client_and_day
                .unwrap_or(usual.countries_per_client_and_day),
        })
    }
}

impl Breaker {
    fn policy(self) -> Result<BreakerPolicy> {
        let usual = BreakerPolicy::default();
        Ok(BreakerPolicy {
            sends: self.sends.unwrap_or(usual.sends),
            verified: percent(self.verified, usual.verified, "policy.traffic.breaker.verified")?,
        })
    }
}

impl Coverage {
    fn policy(self) -> Result<SimSwapCoverage> {
        let usual = SimSwapCoverage::default();
        Ok(SimSwapCoverage {
            prefixes: list(self.prefixes, usual.prefixes, "policy.simSwap.prefixes")?,
            cache: self.cache.unwrap_or(usual.cache),
        })
    }
}

impl Retention {
    fn policy(self) -> Result<RetentionPolicy> {
        let usual = RetentionPolicy::default();
        let hours = self.hours.unwrap_or(usual.hours().into());
        let policy = RetentionPolicy::new(sixteen_bits(hours))
            .map_err(|error| error.at("policy.retention.hours"))?;
        self.accounts.into_iter().flatten().try_fold(policy, |policy, (account, hours)| {
            let account: AccountId = account
                .parse()
                .map_err(|error: ParameterError| error.at("policy.retention.accounts"))?;
            let policy = policy.with_account(account, sixteen_bits(hours));
            policy.map_err(|error| error.at("policy.retention.accounts"))
        })
    }
}

/// What `null` switches off, while what is absent stays as it is.
trait Switch<T> {
    fn or<U>(self, usual: Option<U>, read: impl FnOnce(T) -> Result<U>) -> Result<Option<U>>;
}

impl<T> Switch<T> for Edit<T> {
    fn or<U>(self, usual: Option<U>, read: impl FnOnce(T) -> Result<U>) -> Result<Option<U>> {
        match self {
            Self::Keep => Ok(usual),
            Self::Clear => Ok(None),
            Self::Set(given) => read(given).map(Some),
        }
    }
}

/// Called for what is there alone.
pub(super) fn edit<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> std::result::Result<Edit<T>, D::Error> {
    let given = Option::deserialize(from)?;
    Ok(given.map_or(Edit::Clear, Edit::Set))
}

fn percent(given: Option<u64>, usual: Percent, argument: &str) -> Result<Percent> {
    let Some(given) = given else { return Ok(usual) };
    let given = u16::try_from(given).unwrap_or(u16::MAX);
    Percent::new(given).map_err(|error| error.at(argument))
}

/// 0 for what is too large, which no setting of 16 bits may be.
fn sixteen_bits(given: u64) -> u16 {
    u16::try_from(given).unwrap_or(0)
}

fn window([before, after]: [Option<f64>; 2]) -> Result<Window> {
    totp::window("policy.window", before, after)
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
