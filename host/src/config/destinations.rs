//! The places of `[limits]`, held to the numbers that there are: a country that nobody has would
//! allow, deny and cost nothing, and nobody would notice.

use std::collections::BTreeSet;

use keyfob::service::{Place, Region};
use rlibphonenumber::PHONE_NUMBER_UTIL;

use super::{Limits, written::quoted_text};

/// What is wrong with the places that no number belongs to, and what may have been meant.
pub(super) fn unknown<'a>(places: impl Iterator<Item = (String, &'a Place)>) -> Vec<String> {
    let places: Vec<_> = places.collect();
    if places.is_empty() {
        return Vec::new(); // what is known of numbers stays unread
    }
    let regions = regions();
    let wrong = places.iter().filter_map(|(key, place)| {
        let advice = match place {
            Place::Region(region) if regions.contains(region) => return None,
            Place::Region(region) => meant(region.as_str()).map_or(
                "no country or territory with numbers has these letters; write two letters of ISO 3166-1, like GB".to_owned(),
                |meant| format!("write {meant}"),
            ),
            Place::Prefix(prefix) if is_assigned(&prefix.as_str()[1..]) => return None,
            Place::Prefix(_) => "no country's numbers begin so; write the calling code first, like +44".to_owned(),
        };
        Some(format!("`{key}`: {}: {advice}", quoted_text(&place.to_string())))
    });
    wrong.collect()
}

/// What to say of a limit of costs that some messages pass by, as they cost nothing.
pub(super) fn free(limits: &Limits, has_price: bool) -> Option<String> {
    limits.cost_per_day.0?;
    let prices = &limits.prices.0;
    if limits.price > 0 {
        return None;
    }
    if prices.values().all(|price| *price == 0) {
        return Some("it is never reached, as every message costs 0; set `price`, or `prices` of the places that are sent to".to_owned());
    }
    if has_price {
        return None; // that all else is free was written down
    }
    let set = "set `price` for all that has none of its own, to 0 if it is free";
    let priced: Vec<_> = prices.keys().collect();
    let free: Vec<_> = limits
        .allowed
        .0
        .iter()
        .filter(|place| !is_priced(place, &priced))
        .map(ToString::to_string)
        .collect();
    match (limits.allowed.0.is_empty(), free.is_empty()) {
        (true, _) => {
            let priced: Vec<_> = priced.iter().map(ToString::to_string).collect();
            Some(format!(
                "only messages to {} have a price, and all others count as free; {set}",
                priced.join(", ")
            ))
        }
        (false, false) => {
            Some(format!("messages to {} have no price and count as free; {set}", free.join(", ")))
        }
        (false, true) => None,
    }
}

/// Whether whatever goes there has a price.
fn is_priced(place: &Place, priced: &[&Place]) -> bool {
    let is_begun = |number: &str| {
        priced.iter().any(
            |other| matches!(other, Place::Prefix(prefix) if number.starts_with(prefix.as_str())),
        )
    };
    match place {
        Place::Region(region) => {
            priced.contains(&place) || calling_code(*region).is_some_and(|code| is_begun(&code))
        }
        Place::Prefix(prefix) => {
            let of = |region: &Region| {
                calling_code(*region).is_some_and(|code| prefix.as_str().starts_with(&code))
            };
            let mut there = regions().into_iter().filter(of).peekable();
            is_begun(prefix.as_str())
                || there.peek().is_some()
                    && there.all(|region| priced.contains(&&Place::Region(region)))
        }
    }
}

/// The countries and territories that have numbers.
fn regions() -> BTreeSet<Region> {
    let regions = PHONE_NUMBER_UTIL.get_supported_regions();
    regions.filter_map(|region| region.as_region_str().parse().ok()).collect()
}

fn calling_code(region: Region) -> Option<String> {
    let mut regions = PHONE_NUMBER_UTIL.get_supported_regions();
    let region = regions.find(|other| other.as_region_str().parse() == Ok(region))?;
    PHONE_NUMBER_UTIL.get_country_code_for_region(region).map(|code| format!("+{code}"))
}

/// Whether numbers can begin with these digits.
fn is_assigned(digits: &str) -> bool {
    PHONE_NUMBER_UTIL
        .get_supported_calling_codes()
        .map(|code| code.to_string())
        .any(|code| code.starts_with(digits) || digits.starts_with(&code))
}

/// Letters that are written for a country and are none's, or only those of its language.
fn meant(letters: &str) -> Option<&'static str> {
    Some(match letters {
        "UK" | "EN" => "GB",
        "EL" => "GR",
        "JA" => "JP",
        "KO" => "KR",
        "ZH" => "CN",
        "DA" => "DK",
        "CS" => "CZ",
        "HI" => "IN",
        "UR" => "PK",
        "VI" => "VN",
        "SF" => "FI",
        "SU" => "RU",
        "YU" => "RS",
        "AN" => "CW",
        "TP" => "TL",
        "ZR" => "CD",
        "BU" => "MM",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn problems(limits: &str) -> (Config, String) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keyfob.toml");
        std::fs::write(&file, format!("[limits]\n{limits}")).unwrap();
        let config = Config::read(Some(&file), []).unwrap();
        let said: Vec<_> = config.problems.iter().map(ToString::to_string).collect();
        (config, said.join("\n"))
    }

    #[test]
    fn a_country_that_is_none_opens_nothing_and_is_named_with_what_was_meant() {
        for (text, words) in [
            ("allowed = [\"UK\"]", ["`allowed`: \"UK\"", "write GB"]),
            ("denied = [\"uk\", \"GB\"]", ["`denied`: \"UK\"", "write GB"]),
            ("premium = [\"EL\"]", ["`premium`: \"EL\"", "write GR"]),
            ("prices = { UK = 4 }", ["`prices`: \"UK\"", "write GB"]),
            ("denied = [\"XX\"]", ["`denied`: \"XX\"", "ISO 3166-1"]),
            ("denied = [\"+999\"]", ["`denied`: \"+999\"", "calling code"]),
            ("allowed = [\"Russia\"]", ["`allowed`: \"Russia\"", "two letters"]),
            ("prices = { Europe = 4 }", ["`prices`: \"Europe\"", "two letters"]),
        ] {
            let (config, said) = problems(text);
            assert_eq!(config.limits, Limits::closed(), "{text}");
            assert!(words.iter().all(|word| said.contains(word)), "{text}: {said}");
        }
    }

    #[test]
    fn every_country_can_be_named_in_any_case_and_every_range() {
        let all: Vec<_> = regions()
            .iter()
            .map(|region| format!("{:?}", region.as_str().to_lowercase()))
            .collect();
        assert!(all.len() > 200);
        for text in [
            format!("denied = [{}]", all.join(", ")),
            "allowed = [\"gb\", \"+1\", \"+1242\", \"+8\", \"+88213\"]".to_owned(),
        ] {
            assert_eq!(problems(&text).1, "", "{text}");
        }
    }

    #[test]
    fn a_limit_of_costs_that_messages_pass_by_is_said_and_all_else_holds() {
        for (text, word) in [
            ("", "never reached"),
            ("price = 0", "never reached"),
            ("prices = { GB = 0 }", "never reached"),
            ("prices = { GB = 4 }", "only messages to GB"),
            ("allowed = [\"GB\", \"FR\"]\nprices = { GB = 4 }", "messages to FR"),
            ("allowed = [\"+44\"]\nprices = { GB = 4 }", "messages to +44"),
            ("allowed = [\"GB\"]\nprices = { \"+4477\" = 4 }", "messages to GB"),
        ] {
            let (config, said) = problems(&format!("cost_per_day = 100\n{text}"));
            assert!(
                said.starts_with("limits.cost_per_day: ") && said.contains(word),
                "{text}: {said}"
            );
            assert_eq!(config.limits.cost_per_day.0, Some(100));
        }
    }

    #[test]
    fn costs_that_are_all_known_need_no_word() {
        for text in [
            "cost_per_day = 100\nprice = 5",
            "cost_per_day = 100\nprice = 0\nprices = { GB = 4 }",
            "cost_per_day = 100\nallowed = [\"GB\", \"+4477\", \"FR\"]\nprices = { \"+44\" = 4, fr = 5 }",
            "cost_per_day = 100\nallowed = [\"+33\"]\nprices = { FR = 5 }",
            "cost_per_day = \"off\"",
        ] {
            assert_eq!(problems(text).1, "", "{text}");
        }
    }
}
