//! Recipients and the texts they get.

use keyfob::service::{
    self, Ending, MessageError, Recipient as Core, SegmentEncoding, Template, TransactionContext,
};
use pyo3::{prelude::*, types::PyBytes};

use crate::{
    argument::{self, Value, optional, text, texts, whole, word},
    error::{invalid, unusable},
};

/// Somebody a code can be sent to, in the one form that limits and wrong codes are kept by.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct Recipient(Core);

#[pymethods]
impl Recipient {
    /// Reads the recipient of a channel: `sms`, `voice` or `email`.
    #[new]
    fn new(channel: Value<'_, '_>, text: Value<'_, '_>) -> PyResult<Self> {
        let (channel, text) = (word("channel", channel)?, argument::text("text", text)?);
        Core::parse(channel, text).map(Self).map_err(invalid("text"))
    }

    /// The one form that all spellings have in common.
    #[getter]
    fn canonical(&self) -> String {
        self.0.canonical()
    }

    /// What may be shown and logged.
    #[getter]
    fn masked(&self) -> String {
        self.0.masked()
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| self.canonical() == other.get().canonical())
    }

    fn __repr__(&self) -> String {
        format!("Recipient('{}')", self.masked())
    }
}

/// How many text messages a text travels in.
#[pyclass(frozen, module = "keyfob", get_all)]
pub(crate) struct Segments {
    /// `gsm-7` or `ucs-2`.
    encoding: &'static str,
    /// Septets or UTF-16 units.
    units: usize,
    /// Messages.
    count: usize,
}

#[pymethods]
impl Segments {
    fn __repr__(&self) -> String {
        format!(
            "Segments(encoding='{}', units={}, count={})",
            self.encoding, self.units, self.count
        )
    }
}

/// How many text messages a text travels in, and is paid for as.
#[pyfunction]
pub(crate) fn segments(text: Value<'_, '_>) -> PyResult<Segments> {
    let found = service::segments(argument::text("text", text)?);
    let encoding = SegmentEncoding::name(found.encoding);
    Ok(Segments { encoding, units: found.units, count: found.count })
}

/// Raises if a text is no template: without `{{code}}`, say.
#[pyfunction]
pub(crate) fn check_template(template: Value<'_, '_>) -> PyResult<()> {
    self::template("template", template).map(drop)
}

/// Fills a template: `{{code}}`, `{{minutes}}`, `{{amount}}`, `{{payee}}`. `origin` and
/// `app_hash` add the last line that phones fill codes in by.
#[pyfunction]
#[pyo3(signature = (template, code, minutes, *, context=None, origin=None, app_hash=None))]
pub(crate) fn compose(
    template: Value<'_, '_>,
    code: Value<'_, '_>,
    minutes: Value<'_, '_>,
    context: Option<Value<'_, '_>>,
    origin: Option<Value<'_, '_>>,
    app_hash: Option<Value<'_, '_>>,
) -> PyResult<String> {
    let template = self::template("template", template)?;
    let context = optional("context", context, self::context)?;
    let (code, minutes) = (text("code", code)?, whole("minutes", minutes)?);
    let ending = ending(origin, app_hash)?;
    let text = service::compose(&template, code, minutes, context.as_ref(), &ending);
    Ok(text.map_err(unwritten)?.to_string())
}

/// Fills a template for a voice, which spells the code, twice.
#[pyfunction]
#[pyo3(signature = (template, code, minutes, *, context=None))]
pub(crate) fn speak(
    template: Value<'_, '_>,
    code: Value<'_, '_>,
    minutes: Value<'_, '_>,
    context: Option<Value<'_, '_>>,
) -> PyResult<String> {
    let template = self::template("template", template)?;
    let context = optional("context", context, self::context)?;
    let (code, minutes) = (text("code", code)?, whole("minutes", minutes)?);
    let text = service::speak(&template, code, minutes, context.as_ref());
    Ok(text.map_err(unwritten)?.to_string())
}

/// Marks up what `speak` wrote for a speech engine (W3C SSML 1.1).
#[pyfunction]
pub(crate) fn ssml(spoken: Value<'_, '_>) -> PyResult<String> {
    Ok(service::to_ssml(text("spoken", spoken)?).to_string())
}

/// The bytes that a transaction is bound by (PSD2: amount and payee).
#[pyfunction]
pub(crate) fn context_bytes<'py>(context: Value<'_, 'py>) -> PyResult<Bound<'py, PyBytes>> {
    let bytes = self::context("context", context)?.canonical_bytes();
    Ok(PyBytes::new(context.py(), &bytes))
}

/// What a message cannot be made of is the template, unless it is the code.
fn unwritten(error: MessageError) -> PyErr {
    let argument = if matches!(error, MessageError::Code) { "code" } else { "template" };
    invalid(argument)(error)
}

pub(crate) fn template(argument: &str, value: Value<'_, '_>) -> PyResult<Template> {
    Template::parse(text(argument, value)?).map_err(invalid(argument))
}

pub(crate) fn context(argument: &str, value: Value<'_, '_>) -> PyResult<TransactionContext> {
    TransactionContext::new(texts(argument, value)?).map_err(invalid(argument))
}

pub(crate) fn ending(
    origin: Option<Value<'_, '_>>,
    app_hash: Option<Value<'_, '_>>,
) -> PyResult<Ending> {
    let (origin, hash) = (optional("origin", origin, text)?, optional("app_hash", app_hash, text)?);
    match (origin, hash) {
        (None, None) => Ok(Ending::None),
        (Some(host), None) => Ending::origin_bound(host).map_err(invalid("origin")),
        (None, Some(hash)) => Ending::android_app_hash(hash).map_err(invalid("app_hash")),
        (Some(_), Some(_)) => {
            Err(unusable("app_hash", "a message has one last line; give one of both"))
        }
    }
}
