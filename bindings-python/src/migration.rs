//! Google Authenticator's export of several accounts.

use keyfob::enrolment::{Enrolment as CoreEnrolment, Migration as Core, Skipped as CoreSkipped};
use pyo3::{prelude::*, types::PyInt};

use crate::{
    argument::entropy,
    enrolment::Enrolment,
    error::{invalid, no_entropy, unpicklable, unusable},
};

/// What one `otpauth-migration://` URI holds.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct Migration(Core);

#[pymethods]
impl Migration {
    /// The accounts.
    #[getter]
    fn entries(&self) -> Vec<Enrolment> {
        self.0.entries.iter().cloned().map(Enrolment::from_core).collect()
    }

    /// The accounts that could not be read.
    #[getter]
    fn skipped(&self) -> Vec<Skipped> {
        self.0.skipped.iter().cloned().map(Skipped).collect()
    }

    /// How many URIs the whole export has.
    #[getter]
    fn batch_size(&self) -> u32 {
        self.0.batch_size
    }

    /// Which of them this is, from 0.
    #[getter]
    fn batch_index(&self) -> u32 {
        self.0.batch_index
    }

    /// The same number in each URI of one export.
    #[getter]
    fn batch_id(&self) -> i32 {
        self.0.batch_id
    }

    #[allow(clippy::unused_self)]
    fn __reduce__(&self) -> PyResult<()> {
        unpicklable("Migration")
    }

    fn __repr__(&self) -> String {
        let (entries, skipped) = (self.0.entries.len(), self.0.skipped.len());
        format!("Migration(redacted, {entries} accounts, {skipped} skipped)")
    }
}

/// An account of an export that could not be read.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct Skipped(CoreSkipped);

#[pymethods]
impl Skipped {
    /// Its place among all accounts of the URI, from 0.
    #[getter]
    fn index(&self) -> usize {
        self.0.index
    }

    /// Its name as far as it can be shown.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// The stable name of the reason.
    #[getter]
    fn reason(&self) -> &'static str {
        self.0.reason.code()
    }

    fn __str__(&self) -> String {
        self.0.reason.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Skipped(index={}, reason='{}')", self.index(), self.reason())
    }
}

/// Reads `otpauth-migration://offline?data=…`, one QR code of Google Authenticator's export.
#[pyfunction]
pub(crate) fn import_migration(uri: &str) -> PyResult<Migration> {
    Core::parse(uri).map(Migration).map_err(invalid("uri"))
}

/// Writes accounts as such URIs, at most ten to each. They hold the secrets.
#[pyfunction]
#[pyo3(signature = (enrolments, *, batch_id=None))]
pub(crate) fn export_migration(
    enrolments: Vec<Py<Enrolment>>,
    batch_id: Option<&Bound<'_, PyInt>>,
) -> PyResult<Vec<String>> {
    let batch_id = batch_id.map_or_else(random_id, |id| {
        id.extract()
            .map_err(|_| unusable("batch_id", "invalid-batch-id", "use a number of 32 bits"))
    })?;
    let accounts: Vec<CoreEnrolment> =
        enrolments.iter().map(|it| it.get().core().clone()).collect();
    let uris = Core::export(&accounts, batch_id).map_err(invalid("enrolments"))?;
    Ok(uris.iter().map(|uri| uri.to_string()).collect())
}

fn random_id() -> PyResult<i32> {
    let mut bytes = [0; 4];
    entropy(&mut bytes).map_err(no_entropy)?;
    Ok(i32::from_ne_bytes(bytes))
}
