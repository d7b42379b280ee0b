//! A flow of the service, driven from Python.

use std::sync::{Mutex, PoisonError};

use keyfob::service::{Answer, Flow as Core, ServiceError, Step};
use pyo3::{IntoPyObjectExt, prelude::*, sync::MutexExt};

use crate::{
    effect::{Awaited, describe, failure, read},
    error::{refused, unpicklable},
};

/// Makes Python's value of what a flow came to.
pub(crate) type Finish = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// One request to the service, as a value that asks for one effect at a time.
///
/// `start` and `resume` give an effect to carry out or, at the end, `Done`. A flow that is
/// dropped half-way has revealed nothing.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct Flow(Mutex<Running>);

struct Running {
    flow: Core<Finish>,
    awaited: Option<Awaited>,
}

#[pymethods]
impl Flow {
    /// Runs up to the first effect. `now` is the server's time in Unix seconds.
    fn start(&self, py: Python<'_>, now: u64) -> PyResult<Py<PyAny>> {
        self.proceed(py, |running| Ok(running.flow.start(now)))
    }

    /// Gives the answer to the last effect and runs on. Raises `TypeError` for what cannot be an
    /// answer to it: give another one, or say that it failed.
    fn resume(&self, py: Python<'_>, now: u64, answer: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        self.proceed(py, |running| {
            let awaited = running.awaited.ok_or_else(|| refused(ServiceError::Misuse))?;
            let answer = read(awaited, answer)?;
            Ok(running.flow.resume(now, answer))
        })
    }

    /// Says that the last effect could not be carried out, or that it is not known whether
    /// it was: `storage-unavailable`, `provider-unavailable` or `channel-not-configured`.
    fn fail(&self, py: Python<'_>, now: u64, code: &str) -> PyResult<Py<PyAny>> {
        let failed = Answer::Failed(failure(code)?);
        self.proceed(py, |running| Ok(running.flow.resume(now, failed)))
    }

    #[allow(clippy::unused_self)]
    fn __reduce__(&self) -> PyResult<()> {
        unpicklable("Flow")
    }

    #[allow(clippy::unused_self)]
    fn __repr__(&self) -> &'static str {
        "Flow(redacted)"
    }
}

impl Flow {
    pub(crate) fn new(flow: Core<Finish>) -> Self {
        Self(Mutex::new(Running { flow, awaited: None }))
    }

    fn proceed(
        &self,
        py: Python<'_>,
        step: impl FnOnce(&mut Running) -> PyResult<Step<Finish>>,
    ) -> PyResult<Py<PyAny>> {
        let mut running = self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner);
        match step(&mut running)? {
            Step::Effect(effect) => {
                let (awaited, effect) = describe(py, effect)?;
                running.awaited = Some(awaited);
                Ok(effect)
            }
            Step::Done(result) => {
                running.awaited = None;
                drop(running);
                let value = result.map_err(refused)?(py)?;
                Done { value }.into_py_any(py)
            }
        }
    }
}

/// The end of a flow.
#[pyclass(frozen, module = "keyfob", get_all)]
pub(crate) struct Done {
    /// What it came to.
    value: Py<PyAny>,
}
