//! What `keyfob.pyotp` makes its codes with.

use keyfob::{Algorithm, Digits, ParameterError, Secret};
use pyo3::prelude::*;

use crate::error::{invalid, unpicklable};

/// How many counters core looks at after the first.
const AT_ONCE: u8 = 127;

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
        let last = first.saturating_add(count.saturating_sub(1));
        let mut found = None;
        let mut next = (count > 0).then_some(first);
        while let Some(from) = next {
            let after = u8::try_from(last - from).unwrap_or(u8::MAX).min(AT_ONCE);
            found = found.or(self.0.matching(code, from, after).next());
            next = from.checked_add(u64::from(after) + 1).filter(|next| *next <= last);
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
