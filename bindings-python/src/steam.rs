use pyo3::prelude::*;

use crate::{
    argument::{SecretArgument, WindowArgument, time, typed},
    error::unpicklable,
    timed::{TotpState, Verification},
};

/// Steam's codes: five letters and digits, every 30 seconds.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct Steam(keyfob::Steam);

#[pymethods]
impl Steam {
    #[new]
    #[pyo3(
        signature = (secret, *, window=WindowArgument::default()),
        text_signature = "(secret, *, window=1)"
    )]
    fn new(secret: SecretArgument, window: WindowArgument) -> Self {
        Self(keyfob::Steam::new(&secret.0).with_window(window.0))
    }

    /// The code that is current now.
    fn now(&self) -> PyResult<String> {
        self.at(None)
    }

    /// The code that is current at a time: Unix seconds or an aware `datetime`; now if none.
    #[pyo3(signature = (at=None))]
    fn at(&self, at: Option<&Bound<'_, PyAny>>) -> PyResult<String> {
        Ok(self.0.generate(time("at", at)?).as_str().to_owned())
    }

    /// Judges what a user typed, as `TOTP.verify` does. Letters may be of either case.
    #[pyo3(signature = (code, at=None, *, state=None))]
    fn verify(
        &self,
        code: &Bound<'_, PyAny>,
        at: Option<&Bound<'_, PyAny>>,
        state: Option<&Bound<'_, TotpState>>,
    ) -> PyResult<Verification> {
        let state = state.map_or_else(Default::default, |state| state.get().0);
        Ok(Verification(self.0.verify(typed(code), time("at", at)?, &state)))
    }

    /// Seconds until the next code.
    #[pyo3(signature = (at=None))]
    fn remaining(&self, at: Option<&Bound<'_, PyAny>>) -> PyResult<u64> {
        Ok(self.0.remaining(time("at", at)?))
    }

    #[allow(clippy::unused_self)]
    fn __reduce__(&self) -> PyResult<()> {
        unpicklable("Steam")
    }

    #[allow(clippy::unused_self)]
    fn __repr__(&self) -> &'static str {
        "Steam(redacted)"
    }
}

impl Steam {
    pub(crate) fn from_core(steam: keyfob::Steam) -> Self {
        Self(steam)
    }
}
