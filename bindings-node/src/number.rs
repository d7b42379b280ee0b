//! Numbers of JavaScript: a `number` is exact up to 2^53 - 1, a `bigint` always.

use napi::bindgen_prelude::{BigInt, Either};

use crate::thrown::{Result, invalid};

/// A time, a step or a counter.
pub(crate) type Count = Either<f64, BigInt>;

/// The largest whole number that a `number` holds exactly.
const MAXIMUM_SAFE: f64 = 9_007_199_254_740_991.0;

/// A whole number.
pub(crate) fn whole(value: f64, argument: &str) -> Result<u64> {
    exact(value).ok_or_else(|| invalid(argument, "a whole number from 0 to 2^53 - 1"))
}

fn exact(value: f64) -> Option<u64> {
    (value.fract() == 0.0).then(|| seconds(value)).flatten()
}

/// A time in seconds, whose fraction is dropped.
pub(crate) fn seconds(value: f64) -> Option<u64> {
    #[allow(clippy::cast_sign_loss)] // the range says it
    (0.0..=MAXIMUM_SAFE).contains(&value).then_some(value as u64)
}

/// As [`whole`], for either kind.
pub(crate) fn count(value: Count, argument: &str) -> Result<u64> {
    let number = match value {
        Either::A(number) => exact(number),
        Either::B(bigint) => match bigint.get_u64() {
            (false, value, true) => Some(value),
            _ => None,
        },
    };
    let wanted = "a whole number from 0 to 2^53 - 1, or a bigint below 2^64";
    number.ok_or_else(|| invalid(argument, wanted))
}

/// A small whole number; anything else is `None`, for the core to name the error.
pub(crate) fn small(value: f64) -> Option<u8> {
    #[allow(clippy::cast_sign_loss)] // the range says it
    (value.fract() == 0.0 && (0.0..=255.0).contains(&value)).then_some(value as u8)
}

/// Hours as the core counts them; what is none is out of its range.
pub(crate) fn hours(number: f64) -> u16 {
    #[allow(clippy::cast_sign_loss)] // the range says it
    if number.fract() == 0.0 && (0.0..=f64::from(u16::MAX)).contains(&number) {
        return number as u16;
    }
    0
}
