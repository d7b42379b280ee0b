//! Codes for when the authenticator is lost.

use std::sync::{Mutex, MutexGuard, PoisonError};

use keyfob::RecoveryOutcome;
use pyo3::prelude::*;

use crate::{
    argument::{self, Maybe, Value, entropy, small, typed},
    error::{invalid, unpicklable, unusable},
};

/// The recovery codes of one user as a verifier keeps them: hashes, and which are used.
///
/// ::
///
///     codes, recovery = RecoverySet.generate(10)  # show the codes, store the set
///     result = RecoverySet.from_json(stored).redeem(typed)
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct RecoverySet(Mutex<keyfob::RecoverySet>);

#[pymethods]
impl RecoverySet {
    /// New codes (at most 100) to show to the user once, and the set to store.
    #[staticmethod]
    #[pyo3(signature = (count=Maybe::default()), text_signature = "(count=10)")]
    fn generate(count: Maybe<'_, '_>) -> PyResult<(Vec<String>, Self)> {
        let count = count.read_or(keyfob::RecoverySet::DEFAULT_COUNT, "count", small)?;
        let (codes, set) =
            keyfob::RecoverySet::generate(&mut entropy, count).map_err(invalid("count"))?;
        let shown = codes.iter().map(|code| code.expose().to_string()).collect();
        Ok((shown, Self(Mutex::new(set))))
    }

    /// Reads what `to_json` wrote.
    #[staticmethod]
    fn from_json(text: Value<'_, '_>) -> PyResult<Self> {
        let set = serde_json::from_str(argument::text("text", text)?)
            .map_err(|_| unusable("text", "this is not what RecoverySet.to_json wrote"))?;
        Ok(Self(Mutex::new(set)))
    }

    /// The set as text, to store. It holds hashes and no codes.
    fn to_json(&self) -> String {
        serde_json::to_string(&*self.lock()).unwrap_or_default() // plain data: always writes
    }

    /// Uses a code up. Store the changed set by compare-and-swap *before* you let the user
    /// in, or two requests at once can both spend one code.
    fn redeem(&self, typed: Value<'_, '_>) -> RecoveryResult {
        let text = self::typed(typed);
        RecoveryResult(self.lock().redeem(text)) // nothing of Python runs under the lock
    }

    /// How many codes are left.
    #[getter]
    fn remaining(&self) -> usize {
        self.lock().remaining()
    }

    #[allow(clippy::unused_self)]
    fn __reduce__(&self) -> PyResult<()> {
        unpicklable("RecoverySet")
    }

    fn __repr__(&self) -> String {
        format!("RecoverySet(redacted, {} left)", self.remaining())
    }
}

impl RecoverySet {
    fn lock(&self) -> MutexGuard<'_, keyfob::RecoverySet> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What became of a recovery code. True if it was accepted.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct RecoveryResult(RecoveryOutcome);

#[pymethods]
impl RecoveryResult {
    fn __bool__(&self) -> bool {
        self.0.is_accepted()
    }

    /// `accepted`, `replayed`, `mismatch` or `malformed`.
    #[getter]
    fn outcome(&self) -> &'static str {
        self.0.code()
    }

    /// How many codes are left after an accepted one; offer new ones before none is.
    #[getter]
    fn remaining(&self) -> Option<usize> {
        match self.0 {
            RecoveryOutcome::Accepted { remaining } => Some(remaining),
            _ => None,
        }
    }

    fn __repr__(&self) -> String {
        format!("RecoveryResult(outcome='{}')", self.outcome())
    }
}
