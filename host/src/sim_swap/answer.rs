//! What the bodies of CAMARA SIM Swap 2.1 say.

use jiff::Timestamp;
use keyfob::{UnixTime, service::SimSwap};
use serde::{Deserialize, de::DeserializeOwned};

/// Reads the answer of `/check`. `None` if it is none.
pub(super) fn of_check(body: &[u8]) -> Option<SimSwap> {
    #[derive(Deserialize)]
    struct Answer {
        swapped: bool,
    }
    let Answer { swapped } = object(body)?;
    Some(if swapped { SimSwap::Swapped } else { SimSwap::NotSwapped })
}

/// Reads the answer of `/retrieve-date` to a question about the last `max_age_hours`.
/// `None` if it is none.
pub(super) fn of_retrieve_date(body: &[u8], max_age_hours: u16, now: UnixTime) -> Option<SimSwap> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        #[serde(deserialize_with = "Option::deserialize")] // null may be there, nothing may not
        latest_sim_change: Option<String>,
        /// In days. Without it null says nothing.
        monitored_period: Option<u32>,
    }
    let answer: Answer = object(body)?;
    let max_age = u64::from(max_age_hours) * 3_600;
    Some(match (answer.latest_sim_change, answer.monitored_period) {
        (Some(date), _) => {
            let changed_at: Timestamp = date.parse().ok()?;
            let since = now.saturating_sub(max_age).cast_signed();
            // A change in the future is one of a clock that differs from ours.
            if changed_at.as_second() >= since { SimSwap::Swapped } else { SimSwap::NotSwapped }
        }
        (None, Some(days)) if u64::from(days) * 86_400 >= max_age => SimSwap::NotSwapped,
        (None, _) => SimSwap::Unknown,
    })
}

/// Whether a refusal is about this number or this question, and not about us: the
/// operator works, and does not know.
pub(super) fn is_about_the_number(status: u16, body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Refusal {
        code: String,
    }
    let Some(Refusal { code }) = object(body) else { return false };
    matches!(
        (status, code.as_str()),
        (400, "OUT_OF_RANGE" | "INVALID_ARGUMENT")
            | (404, "IDENTIFIER_NOT_FOUND")
            | (422, "SERVICE_NOT_APPLICABLE" | "UNSUPPORTED_IDENTIFIER")
    )
}

/// Reads an object. serde would take the values of its members in an array too, and so
/// read `[false]` as an answer.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let is_object = body.trim_ascii_start().first() == Some(&b'{');
    is_object.then(|| serde_json::from_slice(body).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = 1_800_000_000; // 2027-01-15T08:00:00Z

    fn date(body: &str, hours: u16) -> Option<SimSwap> {
        of_retrieve_date(body.as_bytes(), hours, NOW)
    }

    fn changed(at: &str) -> Option<SimSwap> {
        date(&format!(r#"{{"latestSimChange": "{at}"}}"#), 24)
    }

    #[test]
    fn a_check_says_yes_or_no_and_nothing_else_is_an_answer() {
        assert_eq!(of_check(br#"{"swapped": true}"#), Some(SimSwap::Swapped));
        assert_eq!(of_check(br#"{"swapped": false, "more": 1}"#), Some(SimSwap::NotSwapped));
        for body in [
            "",
            "{}",
            "null",
            "false",
            "[false]",
            "{\"swapped\"",
            r#"{"swapped": null}"#,
            r#"{"swapped": "false"}"#,
            r#"{"swapped": 0}"#,
            r#"{"swapped": false} x"#,
            r#"{"swapped": false, "swapped": true}"#,
            "\u{0}",
        ] {
            assert_eq!(of_check(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_date_counts_to_the_second_and_from_the_future_too() {
        assert_eq!(changed("2027-01-14T08:00:00Z"), Some(SimSwap::Swapped));
        assert_eq!(changed("2027-01-14T07:59:59.999Z"), Some(SimSwap::NotSwapped));
        assert_eq!(changed("2027-01-14T10:00:00.000+02:00"), Some(SimSwap::Swapped));
        assert_eq!(changed("2031-01-01T00:00:00Z"), Some(SimSwap::Swapped));
        assert_eq!(changed("1969-07-20T20:17:00Z"), Some(SimSwap::NotSwapped));
        for text in ["", "yesterday", "2027-01-14", "2027-01-14T08:00:00", "2027-13-14T08:00:00Z"] {
            assert_eq!(changed(text), None, "{text}");
        }
    }

    #[test]
    fn null_says_no_for_the_days_that_are_watched_and_otherwise_nothing() {
        let null =
            |period: &str, hours| date(&format!(r#"{{"latestSimChange": null{period}}}"#), hours);
        assert_eq!(null(r#", "monitoredPeriod": 10"#, 240), Some(SimSwap::NotSwapped));
        assert_eq!(null(r#", "monitoredPeriod": 10"#, 241), Some(SimSwap::Unknown));
        assert_eq!(null(r#", "monitoredPeriod": 0"#, 1), Some(SimSwap::Unknown));
        assert_eq!(null(r#", "monitoredPeriod": null"#, 1), Some(SimSwap::Unknown));
        assert_eq!(null("", 1), Some(SimSwap::Unknown));
        assert_eq!(null(r#", "monitoredPeriod": -1"#, 1), None);
        assert_eq!(date("{}", 1), None, "what must be there is not");
        assert_eq!(date(r#"{"monitoredPeriod": 120}"#, 1), None);
    }

    #[test]
    fn a_refusal_of_the_number_is_told_from_one_of_us() {
        let about = |status, code: &str| {
            is_about_the_number(status, format!(r#"{{"code": "{code}"}}"#).as_bytes())
        };
        assert!(about(404, "IDENTIFIER_NOT_FOUND") && about(400, "OUT_OF_RANGE"));
        assert!(about(422, "SERVICE_NOT_APPLICABLE"));
        assert!(!about(422, "MISSING_IDENTIFIER") && !about(422, "UNNECESSARY_IDENTIFIER"));
        assert!(!about(404, "NOT_FOUND") && !about(403, "OUT_OF_RANGE"));
        assert!(!is_about_the_number(404, b"<html>"), "nothing of CAMARA's is there");
    }
}
