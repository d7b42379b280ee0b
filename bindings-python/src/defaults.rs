//! What the engine does where nothing is said. Python's signatures repeat it, so that `help()` can
//! show it; the tests hold them to this.

use keyfob::{
    Algorithm, CodePolicy, Digits, LookAhead, Period, Secret, Window,
    enrolment::{ErrorCorrection, SvgOptions},
    service::SimSwapPolicy,
};
use pyo3::{IntoPyObjectExt, prelude::*};

use crate::error::named;

/// The engine's defaults, by the names of arguments.
#[pyfunction]
pub(crate) fn defaults(py: Python<'_>) -> PyResult<Py<PyAny>> {
    let (window, code, sim_swap) =
        (Window::default(), CodePolicy::default(), SimSwapPolicy::default());
    named(
        py,
        [
            ("algorithm", Algorithm::default().name().into_bound_py_any(py)),
            ("digits", Digits::default().value().into_bound_py_any(py)),
            ("period", Period::default().seconds().into_bound_py_any(py)),
            ("window", window.before().max(window.after()).into_bound_py_any(py)),
            ("look_ahead", LookAhead::default().value().into_bound_py_any(py)),
            ("bytes", Secret::DEFAULT_BYTES.into_bound_py_any(py)),
            ("length", code.length().into_bound_py_any(py)),
            ("alphabet", code.alphabet().name().into_bound_py_any(py)),
            ("error_correction", ErrorCorrection::default().name().into_bound_py_any(py)),
            ("title", SvgOptions::default().title.into_bound_py_any(py)),
            ("max_age_hours", sim_swap.max_age_hours.into_bound_py_any(py)),
            ("on_swapped", sim_swap.on_swapped.code().into_bound_py_any(py)),
            ("on_unknown", sim_swap.on_unknown.code().into_bound_py_any(py)),
        ],
    )
}
