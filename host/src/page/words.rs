//! Lengths of time in words. A page without a script does not know the reader's
//! zone, so it says how long, not when.

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// About so long: what remains of something. Minutes are never more than there are;
/// hours and days are the nearest, so that a link of 24 hours does not lose one at once.
pub(super) fn remaining(seconds: u64) -> String {
    match seconds {
        0..MINUTE => "less than a minute".to_owned(),
        MINUTE..HOUR => count(seconds / MINUTE, "minute"),
        HOUR..=129_600 => count(nearest(seconds, HOUR), "hour"),
        _ => count(nearest(seconds, DAY), "day"),
    }
}

/// At most so long: what there is to wait, never less than it takes.
pub(super) fn wait(seconds: u64) -> String {
    match seconds {
        0..=90 => count(seconds.max(1), "second"),
        91..=5_400 => count(seconds.div_ceil(MINUTE), "minute"),
        5_401..=129_600 => count(seconds.div_ceil(HOUR), "hour"),
        _ => count(seconds.div_ceil(DAY), "day"),
    }
}

/// How long something has been there.
pub(super) fn ago(seconds: u64) -> String {
    match seconds {
        0..5 => "just now".to_owned(),
        5..MINUTE => format!("{} ago", count(seconds, "second")),
        _ => format!("{} ago", remaining(seconds)),
    }
}

fn nearest(seconds: u64, unit: u64) -> u64 {
    seconds.saturating_add(unit / 2) / unit
}

/// `1 second`, `2 seconds`.
pub(super) fn count(number: u64, unit: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_remains_is_said_to_the_minute_then_to_the_nearest_hour_and_day() {
        assert_eq!(remaining(0), "less than a minute");
        assert_eq!(remaining(59), "less than a minute");
        assert_eq!(remaining(60), "1 minute");
        assert_eq!(remaining(HOUR - 1), "59 minutes");
        assert_eq!(remaining(HOUR), "1 hour");
        assert_eq!(remaining(DAY), "24 hours");
        assert_eq!(remaining(DAY - 1), "24 hours");
        assert_eq!(remaining(DAY - HOUR / 2 - 1), "23 hours");
        assert_eq!(remaining(DAY + 12 * HOUR + 1), "2 days");
        assert_eq!(remaining(u64::MAX), format!("{} days", u64::MAX / DAY));
    }

    #[test]
    fn a_wait_is_never_understated() {
        assert_eq!(wait(0), "1 second");
        assert_eq!(wait(90), "90 seconds");
        assert_eq!(wait(91), "2 minutes");
        assert_eq!(wait(301), "6 minutes");
        assert_eq!(wait(5_401), "2 hours");
        assert_eq!(wait(129_601), "2 days");
    }
}
