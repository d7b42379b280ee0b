//! What `keyfob.pyotp` makes its codes with.

use keyfob::{Algorithm, Digits, HotpOutcome, LookAhead, ParameterError, Secret};
use pyo3::prelude::*;

use crate::error::{invalid, unpicklable};

/// The codes of one key by counter, from any counter on.
#[pyclass(frozen, module = "keyfob._native")]
pub(crate) struct CompatibleKey(keyfob::Hotp);

#[pymethods]
impl CompatibleKey {
    #[new]
    fn new(secret: &[u8], algorithm: &str, digits: u8) -> PyResult<Self> {
        let secret = Secret::from_bytes(secret).map_err(invalid("secret"))?;
        let algorithm: Algorithm =
            algorithm.parse().map_err(invalid::<ParameterError>("algorithm"))?;
        let digits = Digits::new(digits).map_err(invalid("digits"))?;
        Ok(Self(keyfob::Hotp::new(&secret, algorithm, digits)))
    }

    /// The code of a counter.
    fn generate(&self, counter: u64) -> String {
        self.0.generate(counter).as_str().to_owned()
    }

    /// The first of `count` counters from `first` on that the code belongs to. All of them
    /// are evaluated.
    fn find(&self, code: &str, first: u64, count: u64) -> Option<u64> {
        let mut found = None;
        let mut done = 0;
        while done < count {
            let range =
                u8::try_from(count - done - 1).unwrap_or(u8::MAX).min(LookAhead::MAXIMUM.value());
            let ahead = LookAhead::new(range).unwrap_or_default();
            let outcome = self.0.verify(code, first.saturating_add(done), ahead);
            if let (None, HotpOutcome::Accepted { next_counter }) = (found, outcome) {
                found = Some(next_counter - 1);
            }
            done += u64::from(range) + 1;
        }
        found
    }

    #[allow(clippy::unused_self)]
    fn __reduce__(&self) -> PyResult<()> {
        unpicklable("CompatibleKey")
    }

    #[allow(clippy::unused_self)]
    fn __repr__(&self) -> &'static str {
        "CompatibleKey(redacted)"
    }
}
