//! The time of this machine, and how it is written.

use std::time::{SystemTime, UNIX_EPOCH};

use keyfob::UnixTime;

/// The present second.
pub(super) fn now() -> UnixTime {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

/// RFC 3339 in UTC; the bare number beyond the year 9999.
pub(super) fn write(time: UnixTime) -> String {
    let timestamp = i64::try_from(time).ok().and_then(|t| jiff::Timestamp::from_second(t).ok());
    timestamp.map_or_else(|| time.to_string(), |timestamp| timestamp.to_string())
}
