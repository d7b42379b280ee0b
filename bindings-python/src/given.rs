//! Values of the package's own classes, such as its policies.

use pyo3::{prelude::*, types::PyMapping};

use crate::{
    argument::{Value, each},
    error::wrong_type,
};

/// A value, and what it is called in errors: `traffic.prices`.
pub(crate) struct Given<'py> {
    value: Bound<'py, PyAny>,
    name: String,
}

impl<'py> Given<'py> {
    /// A value of a class of `keyfob._policy`.
    pub(crate) fn of(name: &str, value: Value<'_, 'py>, class: &str) -> PyResult<Self> {
        let module = value.py().import("keyfob._policy")?;
        if value.is_instance(&module.getattr(class)?)? {
            return Ok(Self { value: value.clone(), name: name.to_owned() });
        }
        Err(wrong_type(name, &format!("a keyfob.{class}"), value))
    }

    /// The same, whose attributes are named by themselves alone.
    pub(crate) fn unnamed(self) -> Self {
        Self { name: String::new(), ..self }
    }

    /// An attribute of a class of `keyfob._policy`.
    pub(crate) fn object(&self, name: &str, class: &str) -> PyResult<Self> {
        self.read(name, |name, value| Self::of(name, value, class))
    }

    /// An attribute.
    pub(crate) fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str, Value<'_, 'py>) -> PyResult<T>,
    ) -> PyResult<T> {
        let value = self.value.getattr(name)?;
        match self.name.as_str() {
            "" => read(name, &value),
            owner => read(&format!("{owner}.{name}"), &value),
        }
    }

    /// As [`read`](Self::read), unless it is `None`.
    pub(crate) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str, Value<'_, 'py>) -> PyResult<T>,
    ) -> PyResult<Option<T>> {
        self.read(
            name,
            |name, value| {
                if value.is_none() { Ok(None) } else { read(name, value).map(Some) }
            },
        )
    }

    /// Each of several.
    pub(crate) fn each<T>(
        &self,
        name: &str,
        wanted: &str,
        read: impl Fn(&str, Value<'_, 'py>) -> PyResult<T>,
    ) -> PyResult<Vec<T>> {
        self.read(name, |name, value| each(name, value, wanted, read))
    }

    /// The items of a mapping.
    pub(crate) fn items<T>(
        &self,
        name: &str,
        wanted: &str,
        read: impl Fn(&str, Value<'_, 'py>) -> PyResult<T>,
    ) -> PyResult<Vec<T>> {
        self.read(name, |name, value| items(name, value, wanted, read))
    }
}

/// The items of a mapping.
pub(crate) fn items<'py, T>(
    name: &str,
    value: Value<'_, 'py>,
    wanted: &str,
    read: impl Fn(&str, Value<'_, 'py>) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    match value.cast::<PyMapping>() {
        Ok(mapping) => each(name, mapping.items()?.as_any(), wanted, read),
        Err(_) => Err(wrong_type(name, wanted, value)),
    }
}

/// Two values that stand together.
pub(crate) fn pair<'py>(
    name: &str,
    value: Value<'_, 'py>,
    wanted: &str,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    value.extract().map_err(|_| wrong_type(name, wanted, value))
}
