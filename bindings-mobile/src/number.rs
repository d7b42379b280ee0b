//! Small numbers. They arrive as the number that is natural in every language, and core judges
//! them: what does not fit is as wrong as the largest.

use keyfob::{Digits, DriftLimit, LookAhead, Period, Window as CoreWindow};
use std::time::Duration;

use crate::{
    error::{KeyfobError, invalid},
    time::whole_seconds,
};

type Result<T> = std::result::Result<T, KeyfobError>;

pub(crate) fn byte(number: i32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

pub(crate) fn word(number: i32) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

pub(crate) fn size(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(crate) fn digits(given: Option<i32>) -> Result<Digits> {
    given.map_or(Ok(Digits::default()), |it| Digits::new(byte(it)).map_err(invalid("digits")))
}

pub(crate) fn period(given: Option<Duration>) -> Result<Period> {
    let read = |length| u8::try_from(whole_seconds(length)).unwrap_or(u8::MAX);
    given.map_or(Ok(Period::default()), |it| Period::new(read(it)).map_err(invalid("period")))
}

pub(crate) fn look_ahead(given: Option<i32>) -> Result<LookAhead> {
    given.map_or(Ok(LookAhead::default()), |it| {
        LookAhead::new(byte(it)).map_err(invalid("look_ahead"))
    })
}

pub(crate) fn window(before: i32, after: i32) -> Result<CoreWindow> {
    CoreWindow::new(byte(before), byte(after)).map_err(invalid("window"))
}

pub(crate) fn drift_limit(given: Option<i32>) -> Result<DriftLimit> {
    given.map_or(Ok(DriftLimit::default()), |it| {
        DriftLimit::new(byte(it)).map_err(invalid("drift_limit"))
    })
}
