//! The one place where errors of the engine become exceptions.

use keyfob::{Error, service::ServiceError};
use pyo3::{
    IntoPyObjectExt,
    exceptions::PyTypeError,
    prelude::*,
    types::{PyDict, PyTuple},
};

/// What is wrong with an argument, as `keyfob.InvalidArgument`.
pub(crate) fn invalid<E: Into<Error>>(argument: &str) -> impl FnOnce(E) -> PyErr {
    move |error| {
        let error = error.into();
        raise_invalid(argument, error.code(), &error.to_string(), error.position())
    }
}

/// As [`invalid`], for what no Rust caller could pass.
pub(crate) fn unusable(argument: &str, code: &str, text: &str) -> PyErr {
    raise_invalid(argument, code, text, None)
}

/// An error of a flow: `keyfob.InvalidArgument` if the request is at fault,
/// `keyfob.ServiceError` otherwise.
pub(crate) fn refused(error: ServiceError) -> PyErr {
    let text = error.to_string();
    let details = match &error {
        ServiceError::Invalid { field, error } => {
            return raise_invalid(field, error.code(), &error.to_string(), error.position());
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
        let arguments = (format!("{argument}: {text}"), code, argument, position);
        raise(py, "InvalidArgument", arguments.into_pyobject(py))
    })
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
