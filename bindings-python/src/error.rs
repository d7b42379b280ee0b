//! The one place where errors of the engine become exceptions.

use keyfob::{Error, service::ServiceError};
use pyo3::{
    IntoPyObjectExt,
    exceptions::PyTypeError,
    prelude::*,
    types::{PyDict, PyTuple},
};

/// What is wrong with an argument, as `keyfob.InvalidArgument`. That no random bytes could be
/// had is nobody's.
pub(crate) fn invalid<E: Into<Error>>(argument: &str) -> impl FnOnce(E) -> PyErr {
    move |error| match error.into() {
        Error::Entropy(error) => no_entropy(error),
        error => raise_invalid(argument, error.code(), &error.to_string(), error.position()),
    }
}

/// As [`invalid`], for what no Rust caller could pass: core has no word for it.
pub(crate) fn unusable(argument: &str, text: &str) -> PyErr {
    raise_invalid(argument, "invalid-argument", text, None)
}

/// As [`unusable`], by what is wanted.
pub(crate) fn misuse(argument: &str, wanted: &str) -> PyErr {
    Python::attach(|py| {
        let text = format!("{argument} must be {wanted}");
        raise(py, "InvalidArgument", (text, "invalid-argument", argument).into_pyobject(py))
    })
}

/// An argument of a type that it cannot have, as `keyfob.InvalidType`.
pub(crate) fn wrong_type(argument: &str, wanted: &str, value: &Bound<'_, PyAny>) -> PyErr {
    let (py, class) = (value.py(), value.get_type());
    let class = class.name().map_or_else(|_| "this".into(), |name| name.to_string());
    let text = format!("{argument} must be {wanted}, not {class}");
    raise(py, "InvalidType", (text, "invalid-argument", argument).into_pyobject(py))
}

/// An error of a flow: `keyfob.InvalidArgument` if the request is at fault,
/// `keyfob.ServiceError` otherwise.
pub(crate) fn refused(error: ServiceError) -> PyErr {
    let text = error.to_string();
    let details = match &error {
        ServiceError::Invalid { field, error } => {
            let argument = if *field == "set_secret" { "secret" } else { field }; // as over HTTP
            return raise_invalid(argument, error.code(), &error.to_string(), error.position());
        }
        ServiceError::RecipientBlocked { until } => Details { until: *until, ..Details::default() },
        ServiceError::SendLimit { scope, retry_at } => {
            Details { limit: Some(scope.name()), retry_at: Some(*retry_at), ..Details::default() }
        }
        _ => Details::default(),
    };
    Python::attach(|py| {
        let arguments = (text, error.code(), details.until, details.limit, details.retry_at);
        raise(py, "ServiceError", arguments.into_pyobject(py))
    })
}

/// No random bytes could be had.
pub(crate) fn no_entropy(error: keyfob::EntropyUnavailable) -> PyErr {
    refused(error.into())
}

/// What holds a secret leaves only by name.
pub(crate) fn unpicklable(class: &str) -> PyResult<()> {
    let text =
        format!("a {class} is not pickled, for it holds a secret; store what you need by name");
    Err(PyTypeError::new_err(text))
}

#[derive(Default)]
struct Details {
    until: Option<u64>,
    limit: Option<&'static str>,
    retry_at: Option<u64>,
}

fn raise_invalid(argument: &str, code: &str, text: &str, position: Option<usize>) -> PyErr {
    Python::attach(|py| {
        let arguments = (named_once(argument, text), code, argument, position);
        raise(py, "InvalidArgument", arguments.into_pyobject(py))
    })
}

/// The text under the name of the argument, unless it begins with that.
fn named_once(argument: &str, text: &str) -> String {
    let begun = text.strip_prefix("the ").unwrap_or(text).strip_prefix(argument);
    if begun.is_some_and(|rest| rest.starts_with(' ')) {
        return text.to_owned();
    }
    format!("{argument}: {text}")
}

fn raise(py: Python<'_>, class: &str, arguments: PyResult<Bound<'_, PyTuple>>) -> PyErr {
    let exception = || -> PyResult<Bound<'_, PyAny>> {
        py.import("keyfob._errors")?.getattr(class)?.call1(arguments?)
    };
    exception().map_or_else(|error| error, PyErr::from_value)
}

/// A dictionary of named values: what becomes keyword arguments in Python.
pub(crate) fn named<'py>(
    py: Python<'py>,
    values: impl IntoIterator<Item = (&'static str, PyResult<Bound<'py, PyAny>>)>,
) -> PyResult<Py<PyAny>> {
    let dictionary = PyDict::new(py);
    for (name, value) in values {
        dictionary.set_item(name, value?)?;
    }
    dictionary.into_py_any(py)
}
