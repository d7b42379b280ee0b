//! Moments and lengths of time, as languages have them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use keyfob::UnixTime;

use crate::error::KeyfobError;

/// The last second that every language can write: that of the year 9999.
const LAST: UnixTime = 253_402_300_799;

/// A moment, to the second. What is called often takes this: it crosses as a number.
#[derive(Debug, Clone, Copy)]
pub struct Moment(pub(crate) UnixTime);

uniffi::custom_type!(Moment, i64, {
    lower: |moment| i64::try_from(moment.0).unwrap_or(i64::MAX),
    try_lift: |seconds| Ok(Moment(u64::try_from(seconds).unwrap_or(0))), // before 1970 it is 1970
});

/// A length of time in whole seconds. One that is not, or is negative, is refused by name: cut off
/// it would deceive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(Option<u64>);

uniffi::custom_type!(Seconds, i64, {
    lower: |length| length.0.and_then(|it| i64::try_from(it).ok()).unwrap_or(i64::MAX),
    try_lift: |seconds| Ok(Seconds(u64::try_from(seconds).ok())),
});

impl From<u64> for Seconds {
    fn from(seconds: u64) -> Self {
        Self(Some(seconds))
    }
}

/// The one way to core for a length: its seconds, or what is wrong with it.
pub(crate) fn whole_seconds(
    length: Seconds,
    wrong: impl FnOnce() -> KeyfobError,
) -> Result<u64, KeyfobError> {
    length.0.ok_or_else(wrong)
}

/// Before 1970 it is 1970.
pub(crate) fn unix(time: SystemTime) -> UnixTime {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

pub(crate) fn moment(seconds: UnixTime) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds.min(LAST))
}
