use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Prefix;
use crate::{ParameterError, service::Phone};

/// What is known of a number besides its digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The country or territory it belongs to. Calling codes that several share, such as
    /// `+1`, do not tell.
    pub region: Option<Region>,
    /// Whether its range costs more than others: premium rate, shared cost and the like.
    pub premium: bool,
}

/// A country or territory: the two letters of ISO 3166-1, such as `GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Region([u8; 2]);

impl Region {
    /// The two letters, as capitals.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default() // two capitals
    }
}

impl FromStr for Region {
    type Err = ParameterError;

    /// Reads two letters in any case.
    fn from_str(text: &str) -> Result<Self, ParameterError> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => Err(ParameterError::Place),
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A country or a range of numbers, as rules name them: `GB`, `+44` or `+447700`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// All numbers of a country or territory.
    Region(Region),
    /// All numbers that begin so.
    Prefix(Prefix),
}

impl FromStr for Place {
    type Err = ParameterError;

    /// Reads two letters, or a prefix with at least one digit: a `+` alone is more likely what
    /// is left of a place than every number of the world.
    fn from_str(text: &str) -> Result<Self, ParameterError> {
        if !text.starts_with('+') {
            return text.parse().map(Self::Region);
        }
        let prefix = text.parse().map_err(|_| ParameterError::Place)?;
        if prefix == Prefix::EVERY_NUMBER {
            return Err(ParameterError::Place);
        }
        Ok(Self::Prefix(prefix))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Region(region) => region.fmt(f),
            Self::Prefix(prefix) => prefix.fmt(f),
        }
    }
}

impl Place {
    /// How closely this names the number; `None` if it is another's. The longer prefix is
    /// closer, and any prefix with more than a calling code closer than a country.
    pub(super) fn closeness(&self, phone: &Phone, region: Option<Region>) -> Option<usize> {
        match self {
            Self::Region(named) => (Some(*named) == region).then(|| phone.country_code().len()),
            Self::Prefix(prefix) => prefix.begins(phone).then(|| prefix.as_str().len()),
        }
    }

    pub(super) fn holds(&self, phone: &Phone, region: Option<Region>) -> bool {
        self.closeness(phone, region).is_some()
    }
}

/// What limits per country are keyed by: the letters, or the calling code if that is all
/// that is known.
pub(super) fn country<'a>(phone: &'a Phone, region: Option<&'a Region>) -> &'a str {
    region.map_or(phone.country_code(), Region::as_str)
}

/// The range of up to ten thousand numbers that a number is in.
pub(super) fn prefix(phone: &Phone) -> &str {
    let number = phone.as_str();
    let end = number.len().saturating_sub(4).max(phone.country_code().len());
    &number[..end]
}

/// Codes that belong to no country and cost many times what others do: satellites, global
/// networks, shared cost and premium rate (ITU-T E.164, list of assigned codes).
pub(super) fn is_global_service(phone: &Phone) -> bool {
    matches!(phone.country_code(), "+808" | "+870" | "+878" | "+881" | "+882" | "+883" | "+979")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> Phone {
        Phone::parse(text).unwrap()
    }

    #[test]
    fn the_closest_place_is_the_one_that_names_most_of_the_number() {
        let (jersey, number) = (Some("JE".parse().unwrap()), phone("+447797712345"));
        let closeness = |text: &str| text.parse::<Place>().unwrap().closeness(&number, jersey);
        assert_eq!(closeness("GB"), None, "a calling code has several countries");
        assert_eq!(closeness("je"), closeness("+44"));
        assert!(closeness("+447797") > closeness("JE"));
        assert_eq!(closeness("+447796"), None);
        for text in ["", "+", "G", "GBR", "G1", "44", "+044", "+44 7", "+4477977123456789"] {
            assert_eq!(text.parse::<Place>(), Err(ParameterError::Place), "{text}");
        }
    }

    #[test]
    fn a_range_is_what_stands_before_the_last_four_digits() {
        assert_eq!(prefix(&phone("+447700900123")), "+44770090");
        assert_eq!(prefix(&phone("+35312")), "+353", "never less than the country");
        assert_eq!(country(&phone("+12025550123"), None), "+1");
        assert!(
            is_global_service(&phone("+88213300655"))
                && !is_global_service(&phone("+8613812345678"))
        );
    }
}
