//! Arguments as Python gives them.

use std::time::{SystemTime, UNIX_EPOCH};

use keyfob::{Algorithm, EntropyUnavailable, ParameterError, UnixTime, Window};
use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyDateTime, PyFloat, PyInt, PyString, PyTuple, PyTzInfoAccess},
};

use crate::{
    error::{invalid, unusable},
    secret::Secret,
};

/// A whole number that must be small. What does not fit is as wrong as the largest.
#[derive(Clone, Copy)]
pub(crate) struct Small(pub(crate) u8);

impl FromPyObject<'_, '_> for Small {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        value.cast::<PyInt>()?;
        Ok(Self(value.extract().unwrap_or(u8::MAX)))
    }
}

/// The defaults of core.
macro_rules! usual {
    ($($kind:ident.$value:ident),*) => {
        $(impl From<keyfob::$kind> for Small {
            fn from(usual: keyfob::$kind) -> Self {
                Self(u8::try_from(usual.$value()).unwrap_or(u8::MAX)) // core keeps them small
            }
        })*
    };
}

usual!(Digits.value, Period.seconds, LookAhead.value);

/// A number that core judges. What does not fit, or is negative, is as wrong as the largest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Number(pub(crate) u64);

impl Number {
    /// As a length of something that is short.
    pub(crate) fn size(self) -> usize {
        usize::from(self.narrow(u16::MAX))
    }

    /// As a smaller number.
    pub(crate) fn narrow<T: TryFrom<u64>>(self, largest: T) -> T {
        T::try_from(self.0).unwrap_or(largest)
    }
}

impl FromPyObject<'_, '_> for Number {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        value.cast::<PyInt>()?;
        Ok(Self(value.extract().unwrap_or(u64::MAX)))
    }
}

/// A secret, or its base32.
pub(crate) struct SecretArgument(pub(crate) keyfob::Secret);

impl FromPyObject<'_, '_> for SecretArgument {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        if let Ok(secret) = value.cast::<Secret>() {
            return Ok(Self(secret.get().0.clone()));
        }
        let text = value.cast::<PyString>()?;
        let text = text.to_str().unwrap_or("\u{fffd}"); // lone surrogates: no base32
        keyfob::Secret::from_base32(text).map(Self).map_err(invalid("secret"))
    }
}

/// The name of an algorithm.
#[derive(Clone, Copy, Default)]
pub(crate) struct AlgorithmArgument(pub(crate) Algorithm);

impl FromPyObject<'_, '_> for AlgorithmArgument {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let text = value.cast::<PyString>()?;
        text.to_str().unwrap_or_default().parse().map(Self).map_err(invalid("algorithm"))
    }
}

/// As many steps to each side, or so many before and after.
#[derive(Clone, Copy, Default)]
pub(crate) struct WindowArgument(pub(crate) Window);

impl FromPyObject<'_, '_> for WindowArgument {
    type Error = PyErr;

    fn extract(value: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        let (Small(before), Small(after)) = if value.is_instance_of::<PyTuple>() {
            value.extract()?
        } else {
            let both = value.extract::<Small>()?;
            (both, both)
        };
        Window::new(before, after).map(Self).map_err(invalid("window"))
    }
}

/// What a user typed. Whatever it is, it is no error: what is no text is no code.
pub(crate) fn typed<'a>(value: &'a Bound<'_, PyAny>) -> &'a str {
    value.cast::<PyString>().ok().and_then(|text| text.to_str().ok()).unwrap_or_default()
}

/// A number from 0 to 2^64 - 1.
pub(crate) fn whole(argument: &str, value: &Bound<'_, PyAny>) -> PyResult<u64> {
    let Ok(number) = value.cast::<PyInt>() else {
        return Err(PyTypeError::new_err(format!("{argument}: use a whole number")));
    };
    number.extract().map_err(|_| {
        let text = "use a whole number from 0 to 18446744073709551615";
        unusable(argument, "invalid-argument", text)
    })
}

/// Unix seconds, a `datetime` that knows its time zone, or the present.
pub(crate) fn time(argument: &'static str, value: Option<&Bound<'_, PyAny>>) -> PyResult<UnixTime> {
    let Some(value) = value else { return Ok(now()) };
    if let Ok(number) = value.extract::<u64>() {
        return Ok(number);
    }
    let seconds = match value.cast::<PyDateTime>() {
        Ok(moment) if moment.get_tzinfo().is_none() => {
            let text = "this datetime has no time zone; use one that has, such as datetime.now(timezone.utc)";
            return Err(unusable(argument, "invalid-time", text));
        }
        Ok(moment) => moment.call_method0("timestamp")?.extract()?,
        Err(_) if value.is_instance_of::<PyInt>() => f64::NAN,
        Err(_) => value.cast::<PyFloat>()?.extract::<f64>()?,
    };
    #[allow(clippy::cast_sign_loss, clippy::cast_precision_loss)] // within the range just checked
    match seconds {
        0.0..18_446_744_073_709_549_568.0 => Ok(seconds as u64),
        _ => Err(unusable(argument, "invalid-time", "use seconds since 1970, from 0 on")),
    }
}

/// One of the alphabets that codes are made of.
pub(crate) fn alphabet(argument: &str, name: &str) -> PyResult<keyfob::Alphabet> {
    name.parse().map_err(invalid::<ParameterError>(argument))
}

/// The operating system's random bytes.
pub(crate) fn entropy(bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
    getrandom::fill(bytes).map_err(|_| EntropyUnavailable)
}

pub(crate) fn digits(Small(value): Small) -> PyResult<keyfob::Digits> {
    keyfob::Digits::new(value).map_err(invalid("digits"))
}

pub(crate) fn period(Small(value): Small) -> PyResult<keyfob::Period> {
    keyfob::Period::new(value).map_err(invalid("period"))
}

pub(crate) fn look_ahead(Small(value): Small) -> PyResult<keyfob::LookAhead> {
    keyfob::LookAhead::new(value).map_err(invalid::<ParameterError>("look_ahead"))
}

/// Before 1970 it is 1970.
fn now() -> UnixTime {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
