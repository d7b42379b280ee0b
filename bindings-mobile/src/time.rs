//! Moments and lengths of time, as languages have them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use keyfob::UnixTime;

/// The last second that every language can write: that of the year 9999.
const LAST: UnixTime = 253_402_300_799;

/// Before 1970 it is 1970.
pub(crate) fn unix(time: SystemTime) -> UnixTime {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

pub(crate) fn moment(seconds: UnixTime) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.min(LAST))
}

/// A length that core measures in whole seconds. What is no number of them is as wrong as the
/// longest.
pub(crate) fn whole_seconds(length: Duration) -> u64 {
    if length.subsec_nanos() == 0 { length.as_secs() } else { u64::MAX }
}
