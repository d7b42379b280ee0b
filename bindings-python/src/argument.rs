//! Arguments as Python gives them: each is read under its name, so that an error can tell it.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    time::{SystemTime, UNIX_EPOCH},
};

use keyfob::{Algorithm, EntropyUnavailable, ParameterError, UnixTime};
use pyo3::{
    prelude::*,
    types::{
        PyBool, PyByteArray, PyBytes, PyDateTime, PyFloat, PyInt, PyString, PyTuple, PyTzInfoAccess,
    },
};

use crate::{
    error::{invalid, misuse, unusable, wrong_type},
    given::{items, pair},
    secret::Secret,
};

/// A value from Python.
pub(crate) type Value<'a, 'py> = &'a Bound<'py, PyAny>;

/// An argument that may be left out, which `None` is not.
#[derive(Clone, Copy, Default)]
pub(crate) struct Maybe<'a, 'py>(Option<Borrowed<'a, 'py, PyAny>>);

impl<'a, 'py> FromPyObject<'a, 'py> for Maybe<'a, 'py> {
    type Error = Infallible;

    fn extract(value: Borrowed<'a, 'py, PyAny>) -> Result<Self, Infallible> {
        Ok(Self(Some(value)))
    }
}

impl Maybe<'_, '_> {
    /// Core's own default if it was left out.
    pub(crate) fn read<T: Default>(
        self,
        argument: &str,
        read: impl FnOnce(&str, Value<'_, '_>) -> PyResult<T>,
    ) -> PyResult<T> {
        self.0.map_or_else(|| Ok(T::default()), |value| read(argument, &value))
    }

    /// `usual` if it was left out.
    pub(crate) fn read_or<T>(
        self,
        usual: T,
        argument: &str,
        read: impl FnOnce(&str, Value<'_, '_>) -> PyResult<T>,
    ) -> PyResult<T> {
        self.0.map_or(Ok(usual), |value| read(argument, &value))
    }
}

/// Whatever is read, or `None`.
pub(crate) fn optional<'a, 'py, T>(
    argument: &str,
    value: Option<Value<'a, 'py>>,
    read: impl FnOnce(&str, Value<'a, 'py>) -> PyResult<T>,
) -> PyResult<Option<T>> {
    value.map(|value| read(argument, value)).transpose()
}

/// Text. Python's own error for what is none in UTF-8 would show all of it.
pub(crate) fn text<'a>(argument: &str, value: Value<'a, '_>) -> PyResult<&'a str> {
    let Ok(text) = value.cast::<PyString>() else {
        return Err(wrong_type(argument, "a str", value));
    };
    text.to_str().map_err(|_| {
        misuse(argument, "text without lone surrogates; decode the bytes it comes from as UTF-8")
    })
}

/// As [`text`], to keep.
pub(crate) fn owned(argument: &str, value: Value<'_, '_>) -> PyResult<String> {
    text(argument, value).map(str::to_owned)
}

/// What a user typed. Whatever it is, it is no error: what is no text is no code.
pub(crate) fn typed<'a>(value: Value<'a, '_>) -> &'a str {
    value.cast::<PyString>().ok().and_then(|text| text.to_str().ok()).unwrap_or_default()
}

/// One of core's words.
pub(crate) fn word<T: std::str::FromStr<Err: Into<keyfob::Error>>>(
    argument: &str,
    value: Value<'_, '_>,
) -> PyResult<T> {
    text(argument, value)?.parse().map_err(invalid(argument))
}

/// A number that core judges. What does not fit, or is negative, is as wrong as the largest.
pub(crate) fn number(argument: &str, value: Value<'_, '_>) -> PyResult<u64> {
    integer(argument, value)?;
    Ok(value.extract().unwrap_or(u64::MAX))
}

/// As [`number`], where core takes small ones.
pub(crate) fn small<T: TryFrom<u64> + Largest>(
    argument: &str,
    value: Value<'_, '_>,
) -> PyResult<T> {
    Ok(T::try_from(number(argument, value)?).unwrap_or(T::LARGEST))
}

/// The largest number of its kind.
pub(crate) trait Largest {
    const LARGEST: Self;
}

macro_rules! largest {
    ($($kind:ident),*) => {
        $(impl Largest for $kind {
            const LARGEST: Self = Self::MAX;
        })*
    };
}

largest!(u8, u16, u32);

/// A number from 0 to 2^64 - 1.
pub(crate) fn whole(argument: &str, value: Value<'_, '_>) -> PyResult<u64> {
    integer(argument, value)?;
    value.extract().map_err(|_| misuse(argument, "a whole number from 0 to 18446744073709551615"))
}

/// That it is a whole number.
pub(crate) fn integer(argument: &str, value: Value<'_, '_>) -> PyResult<()> {
    match value.cast::<PyInt>() {
        Ok(_) => Ok(()),
        Err(_) => Err(wrong_type(argument, "a whole number", value)),
    }
}

/// `True` or `False`, and nothing that would be taken for one.
pub(crate) fn truth(argument: &str, value: Value<'_, '_>) -> PyResult<bool> {
    match value.cast::<PyBool>() {
        Ok(truth) => Ok(truth.is_true()),
        Err(_) => Err(wrong_type(argument, "True or False", value)),
    }
}

/// Bytes.
pub(crate) fn bytes(argument: &str, value: Value<'_, '_>) -> PyResult<Vec<u8>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().to_vec());
    }
    match value.cast::<PyByteArray>() {
        Ok(bytes) => Ok(bytes.to_vec()),
        Err(_) => Err(wrong_type(argument, "bytes", value)),
    }
}

/// Texts by name. One that is none is told by its name, as `context.amount`.
pub(crate) fn texts(argument: &str, value: Value<'_, '_>) -> PyResult<BTreeMap<String, String>> {
    let wanted = "a dict of texts";
    let texts = items(argument, value, wanted, |argument, item| {
        let (name, text) = pair(argument, item, wanted)?;
        let name = owned(argument, &name)?;
        let text = owned(&within(argument, &name), &text)?;
        Ok((name, text))
    })?;
    Ok(texts.into_iter().collect())
}

/// What is called so in an argument; what is no plain name is not repeated.
fn within(argument: &str, name: &str) -> String {
    let is_plain = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 32
        && name.bytes().all(|sign| sign.is_ascii_alphanumeric() || sign == b'_');
    if is_plain { format!("{argument}.{name}") } else { argument.to_owned() }
}

/// One value after another, which a text is not.
pub(crate) fn each<'py, T>(
    argument: &str,
    value: Value<'_, 'py>,
    wanted: &str,
    read: impl Fn(&str, Value<'_, 'py>) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    match value.try_iter() {
        Ok(values) if !value.is_instance_of::<PyString>() => {
            values.map(|value| read(argument, &value?)).collect()
        }
        _ => Err(wrong_type(argument, wanted, value)),
    }
}

/// A secret, or its base32.
pub(crate) fn secret(argument: &str, value: Value<'_, '_>) -> PyResult<keyfob::Secret> {
    if let Ok(secret) = value.cast::<Secret>() {
        return Ok(secret.get().0.clone());
    }
    if !value.is_instance_of::<PyString>() {
        let wanted = "a Secret, such as Secret.from_bytes makes, or its base32 as a str";
        return Err(wrong_type(argument, wanted, value));
    }
    base32(argument, value)
}

/// A secret as people write it. Lone surrogates are no base32, as other signs are none.
pub(crate) fn base32(argument: &str, value: Value<'_, '_>) -> PyResult<keyfob::Secret> {
    let Ok(text) = value.cast::<PyString>() else {
        return Err(wrong_type(argument, "a str; raw bytes are for Secret.from_bytes", value));
    };
    keyfob::Secret::from_base32(text.to_str().unwrap_or("\u{fffd}")).map_err(invalid(argument))
}

pub(crate) fn algorithm(argument: &str, value: Value<'_, '_>) -> PyResult<Algorithm> {
    word(argument, value)
}

pub(crate) fn digits(argument: &str, value: Value<'_, '_>) -> PyResult<keyfob::Digits> {
    keyfob::Digits::new(small(argument, value)?).map_err(invalid(argument))
}

pub(crate) fn period(argument: &str, value: Value<'_, '_>) -> PyResult<keyfob::Period> {
    keyfob::Period::new(small(argument, value)?).map_err(invalid(argument))
}

pub(crate) fn drift_limit(argument: &str, value: Value<'_, '_>) -> PyResult<keyfob::DriftLimit> {
    keyfob::DriftLimit::new(small(argument, value)?).map_err(invalid(argument))
}

pub(crate) fn look_ahead(argument: &str, value: Value<'_, '_>) -> PyResult<keyfob::LookAhead> {
    let steps = small(argument, value)?;
    keyfob::LookAhead::new(steps).map_err(invalid::<ParameterError>(argument))
}

/// As many steps to each side, or so many before and after.
pub(crate) fn window(argument: &str, value: Value<'_, '_>) -> PyResult<keyfob::Window> {
    let (before, after) = match value.cast::<PyTuple>() {
        Ok(sides) if sides.len() == 2 => {
            (small(argument, &sides.get_item(0)?)?, small(argument, &sides.get_item(1)?)?)
        }
        Err(_) if value.is_instance_of::<PyInt>() => {
            let both = small(argument, value)?;
            (both, both)
        }
        _ => return Err(wrong_type(argument, "a whole number, or (before, after)", value)),
    };
    keyfob::Window::new(before, after).map_err(invalid(argument))
}

/// Unix seconds, a `datetime` that knows its time zone, or the present.
#[inline]
pub(crate) fn time(argument: &str, value: Option<Value<'_, '_>>) -> PyResult<UnixTime> {
    match value {
        None => Ok(now()),
        Some(value) => value.extract().or_else(|_| moment(argument, value)),
    }
}

#[cold]
fn moment(argument: &str, value: Value<'_, '_>) -> PyResult<UnixTime> {
    let seconds = if let Ok(moment) = value.cast::<PyDateTime>() {
        if moment.get_tzinfo().is_none() {
            let text = "this datetime has no time zone; use one that has, such as datetime.now(timezone.utc)";
            return Err(unusable(argument, text));
        }
        moment.call_method0("timestamp")?.extract()?
    } else if value.is_instance_of::<PyFloat>() {
        value.extract()?
    } else if value.is_instance_of::<PyInt>() {
        f64::NAN
    } else {
        let wanted = "Unix seconds, or a datetime with a time zone";
        return Err(wrong_type(argument, wanted, value));
    };
    #[allow(clippy::cast_sign_loss, clippy::cast_precision_loss)] // within the range just checked
    match seconds {
        0.0..18_446_744_073_709_549_568.0 => Ok(seconds as u64),
        _ => Err(unusable(argument, "use seconds since 1970, from 0 on")),
    }
}

/// The operating system's random bytes.
pub(crate) fn entropy(bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
    getrandom::fill(bytes).map_err(|_| EntropyUnavailable)
}

/// Before 1970 it is 1970.
fn now() -> UnixTime {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
