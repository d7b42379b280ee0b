//! Moments and lengths of time, as languages have them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use keyfob::UnixTime;

/// The last second that every language can write: that of the year 9999.
const LAST: UnixTime = 253_402_300_799;

/// A moment, to the second. What is called often takes this: it crosses as a number.
#[derive(Debug, Clone, Copy)]
pub struct Moment(pub(crate) UnixTime);

uniffi::custom_type!(Moment, i64, {
    lower: |moment| i64::try_from(moment.0).unwrap_or(i64::MAX),
    try_lift: |seconds| Ok(Moment(u64::try_from(seconds).unwrap_or(0))), // before 1970 it is 1970
});

/// A length of time in whole seconds, for the same reason.
#[derive(Debug, Clone, Copy)]
pub struct Seconds(pub(crate) u64);

uniffi::custom_type!(Seconds, i64, {
    lower: |length| i64::try_from(length.0).unwrap_or(i64::MAX),
    try_lift: |seconds| Ok(Seconds(u64::try_from(seconds)?)),
});

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
