//! `[limits]`: where messages may go, and how many.

use std::{borrow::Cow, collections::BTreeMap, fmt, str::FromStr};

use config::{Value, ValueKind};

use keyfob::service::{
    BreakerPolicy, Percent, Place, Prices, SendPolicy, ServicePolicy, TrafficPolicy,
    UnverifiedPolicy,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Problem, destinations, written::quoted_text};

/// What protects from those who have messages sent at your expense. Each account has these
/// limits for itself; a day is one of UTC. Write `"off"` where there shall be no limit. If
/// anything in this section cannot be read, nothing is sent to any number until it is mended,
/// and `/readyz` says so: which places were allowed, and what it may cost, is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Messages of an account in a day.
    pub per_account_and_day: Limit,
    /// Messages of one domain in a day.
    pub per_domain_and_day: Limit,
    /// Messages asked for with one API key in a day.
    pub per_api_key_and_day: Limit,
    /// Messages for one client address (`client_address` of a request; IPv6 by /64) in a day.
    pub per_client_and_day: Limit,
    /// Messages to one country in a day.
    pub per_country_and_day: Limit,
    /// Messages to one range of ten thousand numbers in a day.
    pub per_prefix_and_day: Limit,
    /// What messages to numbers may cost in a day, in the unit of the prices. Wants a price for
    /// every place that is sent to: what has none counts as free. A text costs its price for each
    /// part that carriers bill.
    pub cost_per_day: Limit,
    /// What a message to a number costs, as a whole number of the smallest unit that all prices
    /// share: `5` for 0.05 euros in cents, `75` for 0.0075 dollars in ten-thousandths.
    #[schemars(with = "Price")]
    pub price: u64,
    /// Send to these places only: countries like `GB` (two letters of ISO 3166-1), or beginnings
    /// of numbers like `+44`.
    #[schemars(with = "Vec<String>")]
    pub allowed: Listed<Place>,
    /// Never send to these places, even where they are allowed.
    #[schemars(with = "Vec<String>")]
    pub denied: Listed<Place>,
    /// Places whose premium-rate, shared-cost and other costly numbers may be sent to.
    #[schemars(with = "Vec<String>")]
    pub premium: Listed<Place>,
    /// Codes that may stay unverified in a country and day, besides the share. `"off"` ends
    /// all rules about unverified codes.
    pub unverified_per_country_and_day: Limit,
    /// Codes that may stay unverified in a country and hour, besides the share.
    pub unverified_per_country_and_hour: u64,
    /// Codes that may stay unverified of one client address in a day, besides the share.
    pub unverified_per_client_and_day: u64,
    /// How many more may stay unverified: percent of those verified, 0 to 100.
    #[schemars(with = "u16", range(max = 100))]
    pub unverified_share: Percent,
    /// Countries that one client address may send to in a day and verify nothing in.
    pub unverified_countries_per_client_and_day: u64,
    /// Stop a range of numbers for an hour after so many messages within one, if too few of
    /// their codes are verified.
    pub breaker_sends: Limit,
    /// Percent of these messages below which they are too few: 0 to 100.
    #[schemars(with = "u16", range(max = 100))]
    pub breaker_verified: Percent,
    /// Prices of single places, such as `GB = 4` or `"+4477" = 5`; the closest counts.
    #[schemars(with = "BTreeMap<String, Price>")]
    pub prices: PriceList,
}

impl Default for Limits {
    fn default() -> Self {
        let (sends, traffic) = (SendPolicy::default(), TrafficPolicy::default());
        let (unverified, breaker) = (UnverifiedPolicy::default(), BreakerPolicy::default());
        Self {
            per_account_and_day: Limit(sends.per_account_and_day),
            per_domain_and_day: Limit(traffic.per_domain_and_day),
            per_api_key_and_day: Limit(traffic.per_api_key_and_day),
            per_client_and_day: Limit(traffic.per_client_and_day),
            per_country_and_day: Limit(traffic.per_country_and_day),
            per_prefix_and_day: Limit(traffic.per_prefix_and_day),
            cost_per_day: Limit(traffic.cost_per_day),
            price: traffic.prices.default,
            allowed: Listed(traffic.allowed),
            denied: Listed(traffic.denied),
            premium: Listed(traffic.premium),
            unverified_per_country_and_day: Limit(Some(unverified.per_country_and_day)),
            unverified_per_country_and_hour: unverified.per_country_and_hour,
            unverified_per_client_and_day: unverified.per_client_and_day,
            unverified_share: unverified.share,
            unverified_countries_per_client_and_day: unverified.countries_per_client_and_day,
            breaker_sends: Limit(Some(breaker.sends)),
            breaker_verified: breaker.verified,
            prices: PriceList(traffic.prices.places),
        }
    }
}

impl Limits {
    /// The section as it was written; [`closed`](Self::closed) if it cannot be read.
    pub(super) fn read(written: Option<Value>, problems: &mut Vec<Problem>) -> Self {
        let Some(written) = written else { return Self::default() };
        let has_price =
            matches!(&written.kind, ValueKind::Table(table) if table.contains_key("price"));
        let limits = super::table("limits", written).and_then(|limits: Self| {
            let unknown = destinations::unknown(limits.places());
            if unknown.is_empty() { Ok(limits) } else { Err(unknown.join("; ")) }
        });
        match limits {
            Ok(limits) => {
                let free = destinations::free(&limits, has_price);
                problems.extend(free.map(|text| Problem::new("limits.cost_per_day", text)));
                limits
            }
            Err(text) => {
                problems.push(Problem::new("limits", format!("{text}; {CLOSED}")));
                Self::closed()
            }
        }
    }

    /// Every place, with the key that names it.
    fn places(&self) -> impl Iterator<Item = (String, &Place)> {
        let lists =
            [("allowed", &self.allowed), ("denied", &self.denied), ("premium", &self.premium)];
        let listed = lists
            .into_iter()
            .flat_map(|(key, list)| list.0.iter().map(move |place| (key.to_owned(), place)));
        listed.chain(self.prices.0.keys().map(|place| ("prices".to_owned(), place)))
    }

    /// What holds while nobody knows what was meant: nothing to any number, and the default
    /// limits for the rest.
    pub fn closed() -> Self {
        let all = (1..=9).filter_map(|digit| format!("+{digit}").parse().ok());
        Self { denied: Listed(all.collect()), ..Self::default() }
    }

    /// Puts them into a policy.
    pub fn apply(&self, policy: &mut ServicePolicy) {
        policy.sends.per_account_and_day = self.per_account_and_day.0;
        policy.traffic = TrafficPolicy {
            per_domain_and_day: self.per_domain_and_day.0,
            per_api_key_and_day: self.per_api_key_and_day.0,
            per_client_and_day: self.per_client_and_day.0,
            per_country_and_day: self.per_country_and_day.0,
            per_prefix_and_day: self.per_prefix_and_day.0,
            cost_per_day: self.cost_per_day.0,
            prices: Prices { default: self.price, places: self.prices.0.clone() },
            allowed: self.allowed.0.clone(),
            denied: self.denied.0.clone(),
            premium: self.premium.0.clone(),
            unverified: self.unverified_per_country_and_day.0.map(|per_country_and_day| {
                UnverifiedPolicy {
                    per_country_and_day,
                    per_country_and_hour: self.unverified_per_country_and_hour,
                    per_client_and_day: self.unverified_per_client_and_day,
                    share: self.unverified_share,
                    countries_per_client_and_day: self.unverified_countries_per_client_and_day,
                }
            }),
            breaker: self
                .breaker_sends
                .0
                .map(|sends| BreakerPolicy { sends, verified: self.breaker_verified }),
        };
    }
}

/// What follows from a section that cannot be read.
pub(super) const CLOSED: &str =
    "until this is mended nothing is sent to any number, and the default limits hold for the rest";

/// How a price is to be written.
struct Price;

impl JsonSchema for Price {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Price".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let expected =
            "a whole number of the smallest unit that all prices share, such as 5 cents for 0.05";
        json_schema!({"type": "integer", "minimum": 0, "x-expected": expected})
    }
}

/// A number, or `"off"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

impl JsonSchema for Limit {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "integer", "minimum": 0, "x-off": true})
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(limit) => serializer.serialize_u64(limit),
            None => serializer.serialize_str("off"),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LimitVisitor;
        impl de::Visitor<'_> for LimitVisitor {
            type Value = Limit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number from 0 on, or \"off\"")
            }

            fn visit_u64<E: de::Error>(self, limit: u64) -> Result<Limit, E> {
                Ok(Limit(Some(limit)))
            }

            fn visit_i64<E: de::Error>(self, limit: i64) -> Result<Limit, E> {
                let limit = u64::try_from(limit);
                limit.map(|limit| Limit(Some(limit))).map_err(|_| E::custom(EXPECTED))
            }

            /// As the environment has it.
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Limit, E> {
                if text == "off" {
                    return Ok(Limit(None));
                }
                text.parse().map(|limit| Limit(Some(limit))).map_err(|_| E::custom(EXPECTED))
            }
        }
        const EXPECTED: &str = "write a number from 0 on, or \"off\"";
        deserializer.deserialize_any(LimitVisitor)
    }
}

/// What is written as a list of words, each read by its own rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed<T>(pub Vec<T>);

impl<T: fmt::Display> Serialize for Listed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ToString::to_string))
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Listed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = super::list(deserializer)?;
        words.iter().map(|word| read(word)).collect::<Result<_, _>>().map(Self)
    }
}

/// What a message to a place costs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceList(pub BTreeMap<Place, u64>);

impl Serialize for PriceList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(place, price)| (place.to_string(), price)))
    }
}

impl<'de> Deserialize<'de> for PriceList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Of `GB` and `gb` the second counts: it is a variable's, whose names come in lower case.
        let prices = BTreeMap::<String, u64>::deserialize(deserializer)?;
        let prices = prices.iter().map(|(text, price)| Ok((read(text)?, *price)));
        prices.collect::<Result<_, _>>().map(Self)
    }
}

fn read<T: FromStr<Err: fmt::Display>, E: de::Error>(text: &str) -> Result<T, E> {
    let wrong = |error| E::custom(format!("{}: {error}", quoted_text(text)));
    text.parse().map_err(wrong)
}
