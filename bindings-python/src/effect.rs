//! What a flow asks of the application, and what the application answers.

use keyfob::service::{
    Answer, Effect, Fallback as CoreFallback, Message as CoreMessage, PortError,
    Record as CoreRecord, Stored as CoreStored, Swap as CoreSwap, Version,
};
use pyo3::{
    IntoPyObjectExt,
    exceptions::PyTypeError,
    prelude::*,
    types::{PyBool, PyBytes, PyMemoryView},
};

use crate::{
    argument::{Value, text, word},
    error::{unpicklable, unusable, wrong_type},
};

/// Answer with the `Stored` record at `key` unless it has expired at `now`, or `None`.
#[pyclass(frozen, module = "keyfob", get_all)]
pub(crate) struct Load {
    /// 33 bytes.
    key: Py<PyBytes>,
    /// The time at which expiry is judged.
    now: u64,
}

/// Put `record` in the place of the one whose version is `expected` (`None`: there is none
/// that has not expired at `now`), in one atomic and durable step. A `record` of `None`
/// removes it. Answer whether it was as expected.
#[pyclass(frozen, module = "keyfob", get_all)]
pub(crate) struct Swap {
    /// 33 bytes.
    key: Py<PyBytes>,
    /// 8 bytes, or none.
    expected: Option<Py<PyBytes>>,
    /// What to store.
    record: Option<Py<Record>>,
    /// The time at which expiry is judged.
    now: u64,
}

/// Add `amount` to a counter in one atomic step, and answer with the sum, at least 0.
#[pyclass(frozen, module = "keyfob", get_all)]
pub(crate) struct Add {
    /// 33 bytes.
    key: Py<PyBytes>,
    /// What to add; may be negative.
    amount: i64,
    /// The second from which the counter starts from 0 again.
    expires_at: u64,
    /// The time at which expiry is judged.
    now: u64,
}

/// Hand a message over. Answer `sent` or `queued`.
#[pyclass(frozen, module = "keyfob", get_all)]
pub(crate) struct Deliver {
    /// The message.
    message: Py<Message>,
}

/// Ask an operator whether the SIM of a number changed. Answer `swapped`, `not-swapped` or
/// `unknown`.
#[pyclass(frozen, module = "keyfob", get_all)]
pub(crate) struct AskSimSwap {
    /// The number.
    phone: String,
    /// How far back to look.
    max_age_hours: u16,
}

/// A record to be written.
#[pyclass(frozen, module = "keyfob", get_all)]
pub(crate) struct Record {
    /// 8 bytes that the record is stored under; only ever compared.
    version: Py<PyBytes>,
    /// The sealed body.
    data: Py<PyBytes>,
    /// The second from which it counts as absent.
    expires_at: Option<u64>,
}

/// A record as it was found.
#[pyclass(frozen, module = "keyfob", get_all)]
pub(crate) struct Stored {
    /// The 8 bytes it was stored under.
    version: Py<PyBytes>,
    /// The sealed body.
    data: Py<PyBytes>,
}

#[pymethods]
impl Stored {
    #[new]
    fn new(version: Value<'_, '_>, data: Value<'_, '_>) -> PyResult<Self> {
        Ok(Self { version: taken("version", version)?, data: taken("data", data)? })
    }
}

/// A message for one person. It carries the code in clear: store it sealed or not at all.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct Message(CoreMessage);

#[pymethods]
impl Message {
    /// The challenge it belongs to.
    #[getter]
    fn otp_id(&self) -> String {
        self.0.otp_id.to_string()
    }

    /// Which of the challenge's messages it is, to report its delivery by.
    #[getter]
    fn message_id(&self) -> String {
        self.0.id.to_string()
    }

    /// The account on whose behalf it is sent.
    #[getter]
    fn account(&self) -> String {
        self.0.account.to_string()
    }

    /// `sms`, `voice` or `email`.
    #[getter]
    fn channel(&self) -> &'static str {
        self.0.channel.name()
    }

    /// To whom.
    #[getter]
    fn recipient(&self) -> &str {
        self.0.recipient.as_str()
    }

    /// The language of the text, as a tag such as `en`.
    #[getter]
    fn language(&self) -> &'static str {
        self.0.language.tag()
    }

    /// The subject, for channels that have one.
    #[getter]
    fn subject(&self) -> &str {
        &self.0.subject
    }

    /// The text as the person will read or hear it. It holds the code.
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    /// The code in the text.
    #[getter]
    fn code(&self) -> &str {
        &self.0.code
    }

    /// The second from which it must no longer be sent.
    #[getter]
    fn expires_at(&self) -> u64 {
        self.0.expires_at
    }

    /// How many seconds to wait for a receipt before the next of `fallbacks`.
    #[getter]
    fn fallback_after(&self) -> Option<u64> {
        self.0.fallback_after
    }

    /// The ways it goes when it does not get through, in their order.
    #[getter]
    fn fallbacks(&self) -> Vec<Fallback> {
        self.0.fallbacks.iter().cloned().map(Fallback).collect()
    }

    #[allow(clippy::unused_self)]
    fn __reduce__(&self) -> PyResult<()> {
        unpicklable("Message")
    }

    fn __repr__(&self) -> String {
        format!("Message(redacted, otp_id='{}', channel='{}')", self.otp_id(), self.channel())
    }
}

/// Another way of a message. Its text holds the code.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct Fallback(CoreFallback);

#[pymethods]
impl Fallback {
    /// `sms`, `voice` or `email`.
    #[getter]
    fn channel(&self) -> &'static str {
        self.0.channel.name()
    }

    /// To whom.
    #[getter]
    fn recipient(&self) -> &str {
        self.0.recipient.as_str()
    }

    /// The text as the person will read or hear it.
    #[getter]
    fn text(&self) -> &str {
        &self.0.text
    }

    #[allow(clippy::unused_self)]
    fn __reduce__(&self) -> PyResult<()> {
        unpicklable("Fallback")
    }

    fn __repr__(&self) -> String {
        format!("Fallback(redacted, channel='{}')", self.channel())
    }
}

/// What kind of answer an effect waits for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Awaited {
    Stored,
    Swapped,
    Sum,
    Receipt,
    SimSwap,
}

impl Awaited {
    pub(crate) fn by(effect: &Effect) -> Self {
        match effect {
            Effect::Load { .. } => Self::Stored,
            Effect::Swap { .. } => Self::Swapped,
            Effect::Add { .. } => Self::Sum,
            Effect::Deliver(_) => Self::Receipt,
            Effect::SimSwap { .. } => Self::SimSwap,
        }
    }
}

/// An effect for Python.
pub(crate) fn describe(py: Python<'_>, effect: Effect) -> PyResult<Py<PyAny>> {
    match effect {
        Effect::Load { key, now } => {
            let key = bytes(py, key.as_bytes());
            Load { key, now }.into_py_any(py)
        }
        Effect::Swap { key, expected, record, now } => {
            let record = record.map(|it| Py::new(py, Record::from_core(py, &it))).transpose()?;
            let expected = expected.map(|version| bytes(py, &version.0.to_be_bytes()));
            let key = bytes(py, key.as_bytes());
            Swap { key, expected, record, now }.into_py_any(py)
        }
        Effect::Add { counter, amount, now } => {
            let key = bytes(py, counter.key.as_bytes());
            Add { key, amount, expires_at: counter.expires_at, now }.into_py_any(py)
        }
        Effect::Deliver(message) => {
            let message = Py::new(py, Message(message))?;
            Deliver { message }.into_py_any(py)
        }
        Effect::SimSwap { phone, max_age_hours } => {
            let phone = phone.as_str().to_owned();
            AskSimSwap { phone, max_age_hours }.into_py_any(py)
        }
    }
}

/// What Python answered, as the flow wants it.
///
/// # Errors
/// A `TypeError`, of which no refusal is one, for whatever cannot be an answer.
pub(crate) fn read(awaited: Awaited, answer: Value<'_, '_>) -> PyResult<Answer> {
    readable(awaited, answer).map_err(|error| {
        let py = answer.py();
        let refused = PyTypeError::new_err(error.value(py).to_string());
        refused.set_cause(py, Some(error));
        refused
    })
}

fn readable(awaited: Awaited, answer: Value<'_, '_>) -> PyResult<Answer> {
    Ok(match awaited {
        Awaited::Stored if answer.is_none() => Answer::Loaded(None),
        Awaited::Stored => {
            Answer::Loaded(Some(answer.cast::<Stored>()?.get().to_core(answer.py())?))
        }
        Awaited::Swapped if answer.extract::<bool>()? => Answer::Swapped(CoreSwap::Swapped),
        Awaited::Swapped => Answer::Swapped(CoreSwap::Conflict),
        Awaited::Sum if answer.is_instance_of::<PyBool>() => {
            return Err(PyTypeError::new_err("answer the sum"));
        }
        Awaited::Sum => Answer::Added(answer.extract()?),
        Awaited::Receipt => Answer::Delivered(word("answer", answer)?),
        Awaited::SimSwap => Answer::SimSwapped(word("answer", answer)?),
    })
}

/// Why an effect could not be carried out, by its stable name.
pub(crate) fn failure(code: Value<'_, '_>) -> PyResult<PortError> {
    let code = text("code", code)?;
    let errors = [PortError::Unavailable, PortError::ProviderUnavailable, PortError::NotConfigured];
    errors.into_iter().find(|error| error.code() == code).ok_or_else(|| {
        let text = "use storage-unavailable, provider-unavailable or channel-not-configured";
        unusable("code", text)
    })
}

impl Record {
    fn from_core(py: Python<'_>, record: &CoreRecord) -> Self {
        Self {
            version: bytes(py, &record.version.0.to_be_bytes()),
            data: bytes(py, &record.bytes),
            expires_at: record.expires_at,
        }
    }
}

impl Stored {
    fn to_core(&self, py: Python<'_>) -> PyResult<CoreStored> {
        let version = self
            .version
            .as_bytes(py)
            .try_into()
            .map_err(|_| unusable("version", "give back the 8 bytes that were stored"))?;
        let bytes = self.data.as_bytes(py).to_vec();
        Ok(CoreStored { version: Version(u64::from_be_bytes(version)), bytes })
    }
}

/// Bytes, or a view of some: database drivers give either.
fn taken(argument: &str, value: Value<'_, '_>) -> PyResult<Py<PyBytes>> {
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(bytes.clone().unbind());
    }
    let view = PyMemoryView::from(value).map_err(|_| wrong_type(argument, "bytes", value))?;
    Ok(view.call_method0("tobytes")?.cast_into::<PyBytes>()?.unbind())
}

fn bytes(py: Python<'_>, bytes: &[u8]) -> Py<PyBytes> {
    PyBytes::new(py, bytes).unbind()
}
