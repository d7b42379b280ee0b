//! Google Authenticator's export of several accounts.

use keyfob::enrolment::{Enrolment as CoreEnrolment, Migration as Core, Skipped as CoreSkipped};
use pyo3::prelude::*;

use crate::{
    argument::{Value, each, entropy, integer, optional, text},
    enrolment::Enrolment,
    error::{invalid, no_entropy, unpicklable, unusable, wrong_type},
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
pub(crate) fn import_migration(uri: Value<'_, '_>) -> PyResult<Migration> {
    Core::parse(text("uri", uri)?).map(Migration).map_err(invalid("uri"))
}

/// Writes accounts as such URIs, at most ten to each. They hold the secrets.
#[pyfunction]
#[pyo3(signature = (enrolments, *, batch_id=None))]
pub(crate) fn export_migration(
    enrolments: Value<'_, '_>,
    batch_id: Option<Value<'_, '_>>,
) -> PyResult<Vec<String>> {
    let batch_id = optional("batch_id", batch_id, self::batch_id)?.map_or_else(random_id, Ok)?;
    let accounts = each("enrolments", enrolments, "a list of Enrolment", enrolment)?;
    let uris = Core::export(&accounts, batch_id).map_err(invalid("enrolments"))?;
    Ok(uris.iter().map(|uri| uri.to_string()).collect())
}

fn enrolment(argument: &str, value: Value<'_, '_>) -> PyResult<CoreEnrolment> {
    match value.cast::<Enrolment>() {
        Ok(enrolment) => Ok(enrolment.get().core().clone()),
        Err(_) => Err(wrong_type(argument, "a list of Enrolment, such as parse_uri reads", value)),
    }
}

fn batch_id(argument: &str, value: Value<'_, '_>) -> PyResult<i32> {
    integer(argument, value)?;
    let text = "use a number of 32 bits";
    value.extract().map_err(|_| unusable(argument, text))
}

fn random_id() -> PyResult<i32> {
    let mut bytes = [0; 4];
    entropy(&mut bytes).map_err(no_entropy)?;
    Ok(i32::from_ne_bytes(bytes))
}
