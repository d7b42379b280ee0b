//! Small numbers. They arrive as the number that is natural in every language, and core judges
//! them: what does not fit is as wrong as the largest.

use keyfob::{Digits, DriftLimit, LookAhead, ParameterError, Period, Window as CoreWindow};

use crate::{
    Window,
    error::{KeyfobError, invalid},
    time::{Seconds, whole_seconds},
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

pub(crate) fn digits(argument: &str, given: Option<i32>) -> Result<Digits> {
    given.map_or(Ok(Digits::default()), |it| Digits::new(byte(it)).map_err(invalid(argument)))
}

pub(crate) fn period(argument: &str, given: Option<Seconds>) -> Result<Period> {
    let Some(given) = given else { return Ok(Period::default()) };
    let seconds = whole_seconds(given, || invalid(argument)(ParameterError::Period))?;
    Period::new(u8::try_from(seconds).unwrap_or(u8::MAX)).map_err(invalid(argument))
}

pub(crate) fn look_ahead(given: Option<i32>) -> Result<LookAhead> {
    given.map_or(Ok(LookAhead::default()), |it| {
        LookAhead::new(byte(it)).map_err(invalid("look_ahead"))
    })
}

pub(crate) fn window(argument: &str, given: Window) -> Result<CoreWindow> {
    let Window { before, after } = given;
    CoreWindow::new(byte(before), byte(after)).map_err(invalid(argument))
}

pub(crate) fn drift_limit(given: Option<i32>) -> Result<DriftLimit> {
    given.map_or(Ok(DriftLimit::default()), |it| {
        DriftLimit::new(byte(it)).map_err(invalid("drift_limit"))
    })
}
