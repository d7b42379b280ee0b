use pyo3::{prelude::*, types::PyBytes};

use crate::{
    argument::{self, Maybe, Value, entropy, small},
    error::{invalid, unpicklable},
};

/// The secret that a device and its verifier share.
///
/// Printed as redacted, compared in constant time, never pickled. It leaves only
/// through `expose_bytes()` and `expose_base32()`.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct Secret(pub(crate) keyfob::Secret);

#[pymethods]
impl Secret {
    /// Reads base32, as `from_base32` does.
    #[new]
    fn new(base32: Value<'_, '_>) -> PyResult<Self> {
        argument::base32("base32", base32).map(Self)
    }

    /// A new random secret: 160 bits, or as many bytes from 16 to 256.
    #[staticmethod]
    #[pyo3(signature = (bytes=Maybe::default()), text_signature = "(bytes=20)")]
    fn generate(bytes: Maybe<'_, '_>) -> PyResult<Self> {
        let usual = u16::try_from(keyfob::Secret::DEFAULT_BYTES).unwrap_or(u16::MAX);
        let bytes = usize::from(bytes.read_or(usual, "bytes", small)?);
        let mut source = entropy;
        keyfob::Secret::generate_sized(&mut source, bytes).map(Self).map_err(invalid("bytes"))
    }

    /// Reads base32 as people write it: in any case, with spaces and hyphens, padded or not.
    #[staticmethod]
    fn from_base32(text: Value<'_, '_>) -> PyResult<Self> {
        argument::base32("text", text).map(Self)
    }

    /// Takes raw bytes, 1 to 256 of them.
    #[staticmethod]
    fn from_bytes(data: Value<'_, '_>) -> PyResult<Self> {
        keyfob::Secret::from_bytes(argument::bytes("data", data)?)
            .map(Self)
            .map_err(invalid("data"))
    }

    /// Upper-case base32 without padding, as enrolment URIs carry it. Keep it out of logs.
    fn expose_base32(&self) -> String {
        self.0.expose_base32().to_string()
    }

    /// The raw bytes. Keep them out of logs.
    fn expose_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, self.0.expose_bytes())
    }

    /// The length in bits.
    #[getter]
    fn bits(&self) -> usize {
        self.0.bits()
    }

    /// Whether it has fewer than the 128 bits that RFC 4226 asks for.
    #[getter]
    fn is_short(&self) -> bool {
        self.0.is_short()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| self.0 == other.get().0)
    }

    #[allow(clippy::unused_self)]
    fn __reduce__(&self) -> PyResult<()> {
        unpicklable("Secret")
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }

    fn __copy__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __deepcopy__(this: Py<Self>, _memo: &Bound<'_, PyAny>) -> Py<Self> {
        this
    }
}

/// A new random secret as base32: 160 bits, or as many bytes from 16 to 256.
#[pyfunction]
#[pyo3(signature = (bytes=Maybe::default()), text_signature = "(bytes=20)")]
pub(crate) fn random_base32(bytes: Maybe<'_, '_>) -> PyResult<String> {
    Secret::generate(bytes).map(|secret| secret.expose_base32())
}
