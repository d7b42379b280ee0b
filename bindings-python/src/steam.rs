use pyo3::prelude::*;

use crate::{
    argument::{self, Maybe, Value, time, typed},
    error::unpicklable,
    timed::{Verification, state_of},
};

/// Steam's codes: five letters and digits, every 30 seconds.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct Steam(keyfob::Steam);

#[pymethods]
impl Steam {
    #[new]
    #[pyo3(
        signature = (secret, *, window=Maybe::default()),
        text_signature = "(secret, *, window=1)"
    )]
    fn new(secret: Value<'_, '_>, window: Maybe<'_, '_>) -> PyResult<Self> {
        let secret = argument::secret("secret", secret)?;
        let window = window.read("window", argument::window)?;
        Ok(Self(keyfob::Steam::new(&secret).with_window(window)))
    }

    /// The code that is current now.
    fn now(&self) -> PyResult<String> {
        self.at(None)
    }

    /// The code that is current at a time: Unix seconds or an aware `datetime`; now if none.
    #[pyo3(signature = (at=None))]
    fn at(&self, at: Option<Value<'_, '_>>) -> PyResult<String> {
        Ok(self.0.generate(time("at", at)?).as_str().to_owned())
    }

    /// Judges what a user typed, as `TOTP.verify` does. Letters may be of either case.
    #[pyo3(signature = (code, at=None, *, state=None))]
    fn verify(
        &self,
        code: Value<'_, '_>,
        at: Option<Value<'_, '_>>,
        state: Option<Value<'_, '_>>,
    ) -> PyResult<Verification> {
        let (at, state) = (time("at", at)?, state_of(state)?);
        Ok(Verification(self.0.verify(typed(code), at, &state)))
    }

    /// Seconds until the next code.
    #[pyo3(signature = (at=None))]
    fn remaining(&self, at: Option<Value<'_, '_>>) -> PyResult<u64> {
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
