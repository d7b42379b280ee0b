//! What can be chosen about a service. What is left out stays as core has it.

use std::{str::FromStr, time::Duration};

use keyfob::{
    ParameterError,
    service::{
        AttemptPolicy, BreakerPolicy, CodeLifetime, EnrolmentLifetime, Percent, Place, Prices,
        RetentionPolicy, SendPolicy, SendWindow as CoreWindow, ServicePolicy as Core,
        SimSwapCoverage, TrafficPolicy, UnverifiedPolicy,
    },
};

use crate::{
    Window,
    error::{KeyfobError, invalid},
    number::{self, word},
};

type Result<T> = std::result::Result<T, KeyfobError>;

/// What can be chosen about a service. What is left out stays as it usually is.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct ServicePolicy {
    /// What authenticator apps show for domains without a name.
    #[uniffi(default = None)]
    pub issuer: Option<String>,
    /// Which steps around now a device's code may come from: one to each side.
    #[uniffi(default = None)]
    pub window: Option<Window>,
    /// The life of a sent code where a request says none: five minutes. 30 to 600 seconds.
    #[uniffi(default = None)]
    pub default_lifetime: Option<Duration>,
    /// How long an enrolment stays open: a day. A minute to thirty days.
    #[uniffi(default = None)]
    pub enrolment_lifetime: Option<Duration>,
    /// How long messages are remembered after their end: 1 to 24 hours.
    #[uniffi(default = None)]
    pub retention_hours: Option<i32>,
    /// Wrong codes: how many, and what follows.
    #[uniffi(default = None)]
    pub attempts: Option<AttemptLimits>,
    /// How often messages are sent.
    #[uniffi(default = None)]
    pub sends: Option<SendLimits>,
    /// Where messages may go, and how many of their codes may stay unverified.
    #[uniffi(default = None)]
    pub traffic: Option<TrafficLimits>,
    /// Which numbers an operator is asked about.
    #[uniffi(default = None)]
    pub sim_swap: Option<SimSwapSettings>,
}

/// A limit that can be taken away.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Limit {
    /// No limit.
    Off,
    /// So many.
    AtMost {
        /// How many.
        count: u64,
    },
}

/// Wrong codes: how many, and what follows.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct AttemptLimits {
    /// Wrong codes in a row before a block: 1 to 100.
    #[uniffi(default = None)]
    pub per_block: Option<i32>,
    /// The length of the first block; each next one is twice as long.
    #[uniffi(default = None)]
    pub first_block: Option<Duration>,
    /// The longest that a block gets.
    #[uniffi(default = None)]
    pub longest_block: Option<Duration>,
    /// Wrong codes in a row that disable until enrolled anew: 1 to 100.
    #[uniffi(default = None)]
    pub disable_after: Option<i32>,
}

/// So many messages within a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SendWindow {
    /// How long the stretch is.
    pub span: Duration,
    /// How many messages.
    pub messages: u32,
}

/// How often messages are sent.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct SendLimits {
    /// To one recipient. Every window must have room.
    #[uniffi(default = None)]
    pub per_recipient: Option<Vec<SendWindow>>,
    /// Of the account, in a day (UTC).
    #[uniffi(default = None)]
    pub per_account_and_day: Option<Limit>,
}

/// Where messages may go, and how many. Places are countries like `GB` or beginnings of numbers
/// like `+44`.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct TrafficLimits {
    /// Of one domain, in a day (UTC).
    #[uniffi(default = None)]
    pub per_domain_and_day: Option<Limit>,
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
    pub prices: Option<PriceList>,
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
    pub unverified: Option<UnverifiedSettings>,
    /// When a range of numbers is stopped.
    #[uniffi(default = None)]
    pub breaker: Option<BreakerSettings>,
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
pub struct PriceList {
    /// To a number of no place below.
    #[uniffi(default = 0)]
    pub default_price: u64,
    /// To the numbers of places.
    #[uniffi(default = [])]
    pub places: Vec<PlacePrice>,
}

/// How many codes may stay unverified.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum UnverifiedSettings {
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
pub enum BreakerSettings {
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

/// Which numbers an operator is asked about.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct SimSwapSettings {
    /// How the numbers begin: `+44`, or `+` for all.
    #[uniffi(default = None)]
    pub prefixes: Option<Vec<String>>,
    /// How long an answer is used again.
    #[uniffi(default = None)]
    pub cache: Option<Duration>,
}

impl ServicePolicy {
    pub(super) fn policy(self) -> Result<Core> {
        let usual = Core::default();
        let code = seconds(self.default_lifetime, usual.default_lifetime.seconds());
        let enrolment = seconds(self.enrolment_lifetime, usual.enrolment_lifetime.seconds());
        let window = |it: Window| number::window(it.before, it.after);
        let retention =
            |hours| RetentionPolicy::new(word(hours)).map_err(invalid("retention_hours"));
        Ok(Core {
            attempts: self.attempts.map_or(Ok(usual.attempts), AttemptLimits::policy)?,
            sends: self.sends.map_or(Ok(usual.sends), SendLimits::policy)?,
            traffic: self.traffic.map_or(Ok(usual.traffic), TrafficLimits::policy)?,
            sim_swap: self.sim_swap.map_or(Ok(usual.sim_swap), SimSwapSettings::policy)?,
            retention: self.retention_hours.map_or(Ok(usual.retention), retention)?,
            window: self.window.map_or(Ok(usual.window), window)?,
            default_lifetime: CodeLifetime::new(code).map_err(invalid("default_lifetime"))?,
            enrolment_lifetime: EnrolmentLifetime::new(enrolment)
                .map_err(invalid("enrolment_lifetime"))?,
            issuer: self.issuer.unwrap_or(usual.issuer),
        })
    }
}

impl AttemptLimits {
    fn policy(self) -> Result<AttemptPolicy> {
        let usual = AttemptPolicy::default();
        let policy = AttemptPolicy::new(
            self.per_block.map_or(usual.per_block(), word),
            seconds(self.first_block, usual.first_block()),
            seconds(self.longest_block, usual.longest_block()),
            self.disable_after.map_or(usual.disable_after(), word),
        );
        policy.map_err(invalid("attempts"))
    }
}

impl SendLimits {
    fn policy(self) -> Result<SendPolicy> {
        let usual = SendPolicy::default();
        let window = |it: SendWindow| {
            let messages = usize::try_from(it.messages).unwrap_or(usize::MAX);
            CoreWindow::new(it.span.as_secs(), messages).map_err(invalid("per_recipient"))
        };
        let given = self.per_recipient.map(|given| given.into_iter().map(window).collect());
        Ok(SendPolicy {
            per_recipient: given.unwrap_or(Ok(usual.per_recipient))?,
            per_account_and_day: limit(self.per_account_and_day, usual.per_account_and_day),
        })
    }
}

impl TrafficLimits {
    fn policy(self) -> Result<TrafficPolicy> {
        let usual = TrafficPolicy::default();
        Ok(TrafficPolicy {
            per_domain_and_day: limit(self.per_domain_and_day, usual.per_domain_and_day),
            per_client_and_day: limit(self.per_client_and_day, usual.per_client_and_day),
            per_country_and_day: limit(self.per_country_and_day, usual.per_country_and_day),
            per_prefix_and_day: limit(self.per_prefix_and_day, usual.per_prefix_and_day),
            cost_per_day: limit(self.cost_per_day, usual.cost_per_day),
            prices: self.prices.map_or(Ok(usual.prices), PriceList::prices)?,
            allowed: list(self.allowed, usual.allowed, "allowed")?,
            denied: list(self.denied, usual.denied, "denied")?,
            premium: list(self.premium, usual.premium, "premium")?,
            unverified: self.unverified.map_or(Ok(usual.unverified), UnverifiedSettings::policy)?,
            breaker: self.breaker.map_or(Ok(usual.breaker), BreakerSettings::policy)?,
            ..usual
        })
    }
}

impl PriceList {
    fn prices(self) -> Result<Prices> {
        let place = |it: PlacePrice| -> Result<(Place, u64)> {
            let place = it.place.parse().map_err(invalid::<ParameterError>("prices"))?;
            Ok((place, it.price))
        };
        let places = self.places.into_iter().map(place).collect::<Result<_>>()?;
        Ok(Prices { default: self.default_price, places })
    }
}

impl UnverifiedSettings {
    fn policy(self) -> Result<Option<UnverifiedPolicy>> {
        let usual = UnverifiedPolicy::default();
        match self {
            Self::Off => Ok(None),
            Self::AtMost {
                per_country_and_day,
                per_country_and_hour,
                per_client_and_day,
                share,
                countries_per_client_and_day,
            } => Ok(Some(UnverifiedPolicy {
                per_country_and_day: per_country_and_day.unwrap_or(usual.per_country_and_day),
                per_country_and_hour: per_country_and_hour.unwrap_or(usual.per_country_and_hour),
                per_client_and_day: per_client_and_day.unwrap_or(usual.per_client_and_day),
                share: percent(share, usual.share, "share")?,
                countries_per_client_and_day: countries_per_client_and_day
                    .unwrap_or(usual.countries_per_client_and_day),
            })),
        }
    }
}

impl BreakerSettings {
    fn policy(self) -> Result<Option<BreakerPolicy>> {
        let usual = BreakerPolicy::default();
        match self {
            Self::Off => Ok(None),
            Self::On { sends, verified } => Ok(Some(BreakerPolicy {
                sends: sends.unwrap_or(usual.sends),
                verified: percent(verified, usual.verified, "verified")?,
            })),
        }
    }
}

impl SimSwapSettings {
    fn policy(self) -> Result<SimSwapCoverage> {
        let usual = SimSwapCoverage::default();
        Ok(SimSwapCoverage {
            prefixes: list(self.prefixes, usual.prefixes, "prefixes")?,
            cache: seconds(self.cache, usual.cache),
        })
    }
}

fn limit(given: Option<Limit>, usual: Option<u64>) -> Option<u64> {
    match given {
        None => usual,
        Some(Limit::Off) => None,
        Some(Limit::AtMost { count }) => Some(count),
    }
}

fn seconds(given: Option<Duration>, usual: u64) -> u64 {
    given.map_or(usual, |length| length.as_secs())
}

fn percent(given: Option<i32>, usual: Percent, argument: &'static str) -> Result<Percent> {
    given.map_or(Ok(usual), |it| Percent::new(word(it)).map_err(invalid(argument)))
}

/// Texts, each read as core reads it.
fn list<T: FromStr<Err = ParameterError>>(
    given: Option<Vec<String>>,
    usual: Vec<T>,
    argument: &'static str,
) -> Result<Vec<T>> {
    let Some(texts) = given else { return Ok(usual) };
    texts.iter().map(|text| text.parse().map_err(invalid(argument))).collect()
}
