//! A flow of the service, driven from Python.

use std::sync::{Mutex, MutexGuard, PoisonError};

use keyfob::service::{Answer, Flow as Core, ServiceError, Step};
use pyo3::{IntoPyObjectExt, prelude::*, sync::MutexExt};

use crate::{
    argument::{Value, whole},
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
    fn start(&self, py: Python<'_>, now: Value<'_, '_>) -> PyResult<Py<PyAny>> {
        let now = whole("now", now)?;
        let step = self.running(py).step(|flow| flow.start(now));
        proceed(py, step)
    }

    /// Gives the answer to the last effect and runs on. Raises `TypeError` for what cannot be an
    /// answer to it: give another one, or say that it failed.
    fn resume(
        &self,
        py: Python<'_>,
        now: Value<'_, '_>,
        answer: Value<'_, '_>,
    ) -> PyResult<Py<PyAny>> {
        let now = whole("now", now)?;
        // To read an answer can run code of Python's, which might come back here: not under the
        // lock. Meanwhile nothing is awaited, so that each effect has one answer.
        let awaited = self.claim(py)?;
        let answer = read(awaited, answer).inspect_err(|_| {
            self.running(py).awaited = Some(awaited);
        })?;
        let step = self.running(py).step(|flow| flow.resume(now, answer));
        proceed(py, step)
    }

    /// Says that the last effect could not be carried out, or that it is not known whether
    /// it was: `storage-unavailable`, `provider-unavailable` or `channel-not-configured`.
    fn fail(&self, py: Python<'_>, now: Value<'_, '_>, code: Value<'_, '_>) -> PyResult<Py<PyAny>> {
        let (now, failed) = (whole("now", now)?, Answer::Failed(failure(code)?));
        self.claim(py)?;
        let step = self.running(py).step(|flow| flow.resume(now, failed));
        proceed(py, step)
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

    /// Takes over the answering of the last effect.
    fn claim(&self, py: Python<'_>) -> PyResult<Awaited> {
        let awaited = self.running(py).awaited.take();
        awaited.ok_or_else(|| refused(ServiceError::Misuse))
    }

    fn running(&self, py: Python<'_>) -> MutexGuard<'_, Running> {
        self.0.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    fn step(&mut self, step: impl FnOnce(&mut Core<Finish>) -> Step<Finish>) -> Step<Finish> {
        let step = step(&mut self.flow);
        self.awaited = match &step {
            Step::Effect(effect) => Some(Awaited::by(effect)),
            Step::Done(_) => None,
        };
        step
    }
}

fn proceed(py: Python<'_>, step: Step<Finish>) -> PyResult<Py<PyAny>> {
    match step {
        Step::Effect(effect) => describe(py, effect),
        Step::Done(result) => {
            let value = result.map_err(refused)?(py)?;
            Done { value }.into_py_any(py)
        }
    }
}

/// The end of a flow.
#[pyclass(frozen, module = "keyfob", get_all)]
pub(crate) struct Done {
    /// What it came to.
    value: Py<PyAny>,
}
