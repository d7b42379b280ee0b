use alloc::{collections::BTreeMap, vec::Vec};

use super::{Destination, Percent, Place, Region, destination};
use crate::{
    ParameterError,
    service::{Phone, ServiceError},
};

/// Where messages may go, and how many of them. All limits are those of an account; a day
/// is one of UTC. `None` is no limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrafficPolicy {
    /// Messages of one domain in a day.
    pub per_domain_and_day: Option<u64>,
    /// Messages asked for with one API key in a day.
    pub per_api_key_and_day: Option<u64>,
    /// Messages asked for from one client address in a day.
    pub per_client_and_day: Option<u64>,
    /// Messages to the numbers of one country in a day.
    pub per_country_and_day: Option<u64>,
    /// Messages to one range of ten thousand numbers in a day.
    pub per_prefix_and_day: Option<u64>,
    /// What messages to numbers may cost in a day, in the unit of `prices`.
    pub cost_per_day: Option<u64>,
    /// What a message to a number costs.
    pub prices: Prices,
    /// If there are any, numbers of these places only.
    pub allowed: Vec<Place>,
    /// No numbers of these places, even where they are allowed.
    pub denied: Vec<Place>,
    /// Places whose numbers may be sent to though they cost more than others.
    pub premium: Vec<Place>,
    /// How many codes may stay unverified.
    pub unverified: Option<UnverifiedPolicy>,
    /// When a range of numbers is stopped.
    pub breaker: Option<BreakerPolicy>,
}

impl Default for TrafficPolicy {
    /// A thousand messages a day from one client address and to one range of numbers, with
    /// the rules for unverified codes and the breaker; no premium numbers.
    fn default() -> Self {
        Self {
            per_client_and_day: Some(1_000),
            per_prefix_and_day: Some(1_000),
            unverified: Some(UnverifiedPolicy::default()),
            breaker: Some(BreakerPolicy::default()),
            ..Self::unlimited()
        }
    }
}

impl TrafficPolicy {
    /// No limit at all; premium numbers alone are refused.
    pub fn unlimited() -> Self {
        Self {
            per_domain_and_day: None,
            per_api_key_and_day: None,
            per_client_and_day: None,
            per_country_and_day: None,
            per_prefix_and_day: None,
            cost_per_day: None,
            prices: Prices::default(),
            allowed: Vec::new(),
            denied: Vec::new(),
            premium: Vec::new(),
            unverified: None,
            breaker: None,
        }
    }

    /// Whether anything may be sent to this number at all.
    pub(in crate::service) fn permit(
        &self,
        phone: &Phone,
        destination: Option<Destination>,
    ) -> Result<(), ServiceError> {
        let region = destination.and_then(|destination| destination.region);
        let holds = |place: &Place| place.holds(phone, region);
        // Of a number whose country nobody knows it is not known either that it is another.
        let may_hold =
            |place: &Place| holds(place) || (region.is_none() && matches!(place, Place::Region(_)));
        let is_allowed = self.allowed.is_empty() || self.allowed.iter().any(holds);
        if !is_allowed || self.denied.iter().any(may_hold) {
            return Err(ServiceError::DestinationNotAllowed { premium: false });
        }
        let premium = destination.is_some_and(|destination| destination.premium)
            || destination::is_global_service(phone);
        if premium && !self.premium.iter().any(holds) {
            return Err(ServiceError::DestinationNotAllowed { premium: true });
        }
        Ok(())
    }
}

/// What a message costs, in the smallest unit of the operator's currency or in any other
/// that all prices share.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices {
    /// To a number of no place below.
    pub default: u64,
    /// To a number of a place. The closest place counts: the longest prefix, and any
    /// prefix with more than a calling code before a country.
    pub places: BTreeMap<Place, u64>,
}

impl Prices {
    /// A message to a number of `place` for so much.
    ///
    /// # Errors
    /// [`ParameterError::NamedTwice`] of a place that has a price, however it was written: `GB` and
    /// `gb` are one place, and neither price is better than the other.
    ///
    /// ```
    /// # use keyfob::{ParameterError, service::Prices};
    /// let prices = Prices::default().with_place("GB".parse()?, 4)?;
    /// assert_eq!(prices.with_place("gb".parse()?, 1), Err(ParameterError::NamedTwice));
    /// # Ok::<_, ParameterError>(())
    /// ```
    pub fn with_place(mut self, place: Place, price: u64) -> Result<Self, ParameterError> {
        let before = self.places.insert(place, price);
        if before.is_some() { Err(ParameterError::NamedTwice) } else { Ok(self) }
    }

    pub(super) fn of(&self, phone: &Phone, region: Option<Region>) -> u64 {
        let prices = self.places.iter();
        let named = prices.filter_map(|(place, price)| {
            place.closeness(phone, region).map(|closeness| (closeness, *price))
        });
        named.max().map_or(self.default, |(_, price)| price)
    }
}

/// How many of the codes that were sent may be unverified: a few, and a share of those that
/// are verified. A country with real users has room for what it usually loses; one that
/// nobody verifies in has next to none.
///
/// For a country, in a day (UTC): `per_country_and_day`, and `share` percent of the codes
/// verified today or on the best of the 14 days before. In an hour: `per_country_and_hour`,
/// and `share` percent of those verified in it, or of a sixth of that best day. For a
/// client's address, in a day: `per_client_and_day`, and `share` percent of the verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnverifiedPolicy {
    /// For each country and day, however few are verified.
    pub per_country_and_day: u64,
    /// For each country and hour, however few are verified.
    pub per_country_and_hour: u64,
    /// For each client address and day, however few are verified.
    pub per_client_and_day: u64,
    /// Of the verified ones. 50 % bears that a third of all codes is never used.
    pub share: Percent,
    /// Countries that one client address may send to in a day and verify nothing in.
    pub countries_per_client_and_day: u64,
}

impl Default for UnverifiedPolicy {
    /// 20 for a country and day, 10 for an hour, 10 for a client, a share of 50 %, and 3
    /// countries.
    fn default() -> Self {
        Self {
            per_country_and_day: 20,
            per_country_and_hour: 10,
            per_client_and_day: 10,
            share: Percent(50),
            countries_per_client_and_day: 3,
        }
    }
}

/// When a range of numbers is stopped for an hour: when so many messages went to it within
/// a clock hour and too few of their codes came back. What is too young to have come back
/// does not count. After the hour five messages find out whether codes come back by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// From so many messages on.
    pub sends: u64,
    /// With a smaller share of them verified.
    pub verified: Percent,
}

impl Default for BreakerPolicy {
    /// Twenty messages, of which fewer than 20 % are verified.
    fn default() -> Self {
        Self { sends: 20, verified: Percent(20) }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn place(text: &str) -> Place {
        text.parse().unwrap()
    }

    fn in_region(region: &str) -> Destination {
        Destination { region: region.parse().ok(), premium: false }
    }

    const REFUSED: Result<(), ServiceError> =
        Err(ServiceError::DestinationNotAllowed { premium: false });
    const PREMIUM: Result<(), ServiceError> =
        Err(ServiceError::DestinationNotAllowed { premium: true });

    #[test]
    fn what_is_denied_stays_denied_where_it_is_allowed_too() {
        let (allowed, denied) = (vec![place("GB"), place("+1")], vec![place("+4477977")]);
        let policy = TrafficPolicy { allowed, denied, ..TrafficPolicy::default() };
        let permit =
            |number, region| policy.permit(&Phone::parse(number).unwrap(), Some(in_region(region)));
        assert_eq!(permit("+447700900123", "GB"), Ok(()));
        assert_eq!(permit("+12025550123", "US"), Ok(()));
        assert_eq!(permit("+447797712345", "GB"), REFUSED);
        assert_eq!(permit("+447700900123", "JE"), REFUSED, "it shares the code alone");
        assert_eq!(permit("+4915123456789", "DE"), REFUSED);
    }

    #[test]
    fn a_denied_country_is_not_reached_through_a_host_that_does_not_know_it() {
        let policy = TrafficPolicy { denied: vec![place("RU")], ..TrafficPolicy::default() };
        let kazakh = Phone::parse("+77012345678").unwrap();
        assert_eq!(policy.permit(&kazakh, Some(in_region("KZ"))), Ok(()));
        assert_eq!(policy.permit(&kazakh, None), REFUSED);
    }

    #[test]
    fn premium_numbers_are_refused_unless_their_range_is_named() {
        let premium = Some(Destination { region: "GB".parse().ok(), premium: true });
        let number = Phone::parse("+449012345678").unwrap();
        let satellite = Phone::parse("+88213300655").unwrap();
        let mut policy = TrafficPolicy::default();
        assert_eq!(policy.permit(&number, premium), PREMIUM);
        assert_eq!(policy.permit(&satellite, None), PREMIUM);
        policy.premium = vec![place("+4490"), place("+882")];
        assert_eq!(policy.permit(&number, premium), Ok(()));
        assert_eq!(policy.permit(&satellite, None), Ok(()));
    }

    #[test]
    fn the_price_is_that_of_the_closest_place() {
        let places = [("GB", 4), ("+44", 3), ("+4477977", 9)];
        let places = places.map(|(text, price)| (place(text), price)).into();
        let prices = Prices { default: 5, places };
        let price =
            |number, region: &str| prices.of(&Phone::parse(number).unwrap(), region.parse().ok());
        assert_eq!(price("+447700900123", "GB"), 4);
        assert_eq!(price("+447700900123", ""), 3);
        assert_eq!(price("+447797712345", "GB"), 9);
        assert_eq!(price("+4915123456789", "DE"), 5);
    }
}
