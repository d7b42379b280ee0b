//! Recipients and the texts they get.

use std::collections::BTreeMap;

use keyfob::service::{
    self, Ending, Recipient as Core, SegmentEncoding, Template, TransactionContext,
};
use pyo3::{prelude::*, types::PyBytes};

use crate::{
    argument::whole,
    error::{invalid, unusable},
};

/// Somebody a code can be sent to, in the one form that limits and wrong codes are kept by.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct Recipient(Core);

#[pymethods]
impl Recipient {
    /// Reads the recipient of a channel: `sms`, `voice` or `email`.
    #[new]
    fn new(channel: &str, text: &str) -> PyResult<Self> {
        let channel = channel.parse().map_err(invalid::<service::RecipientError>("channel"))?;
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
pub(crate) fn segments(text: &str) -> Segments {
    let found = service::segments(text);
    let encoding = SegmentEncoding::name(found.encoding);
    Segments { encoding, units: found.units, count: found.count }
}

/// Raises if a text is no template: without `{{code}}`, say.
#[pyfunction]
pub(crate) fn check_template(template: &str) -> PyResult<()> {
    self::template("template", template).map(drop)
}

/// Fills a template: `{{code}}`, `{{minutes}}`, `{{amount}}`, `{{payee}}`. `origin` and
/// `app_hash` add the last line that phones fill codes in by.
#[pyfunction]
#[pyo3(signature = (template, code, minutes, *, context=None, origin=None, app_hash=None))]
pub(crate) fn compose(
    template: &str,
    code: &str,
    minutes: &Bound<'_, PyAny>,
    context: Option<BTreeMap<String, String>>,
    origin: Option<&str>,
    app_hash: Option<&str>,
) -> PyResult<String> {
    let template = self::template("template", template)?;
    let (context, ending) = (self::context(context)?, ending(origin, app_hash)?);
    let minutes = whole("minutes", minutes)?;
    let text = service::compose(&template, code, minutes, context.as_ref(), &ending);
    Ok(text.map_err(invalid("template"))?.to_string())
}

/// Fills a template for a voice, which spells the code, twice.
#[pyfunction]
#[pyo3(signature = (template, code, minutes, *, context=None))]
pub(crate) fn speak(
    template: &str,
    code: &str,
    minutes: &Bound<'_, PyAny>,
    context: Option<BTreeMap<String, String>>,
) -> PyResult<String> {
    let (template, context) = (self::template("template", template)?, self::context(context)?);
    let minutes = whole("minutes", minutes)?;
    let text = service::speak(&template, code, minutes, context.as_ref());
    Ok(text.map_err(invalid("template"))?.to_string())
}

/// Marks up what `speak` wrote for a speech engine (W3C SSML 1.1).
#[pyfunction]
pub(crate) fn ssml(spoken: &str) -> String {
    service::to_ssml(spoken).to_string()
}

/// The bytes that a transaction is bound by (PSD2: amount and payee).
#[pyfunction]
pub(crate) fn context_bytes(
    py: Python<'_>,
    context: BTreeMap<String, String>,
) -> PyResult<Bound<'_, PyBytes>> {
    let context = TransactionContext::new(context).map_err(invalid("context"))?;
    Ok(PyBytes::new(py, &context.canonical_bytes()))
}

pub(crate) fn template(argument: &'static str, text: &str) -> PyResult<Template> {
    Template::parse(text).map_err(invalid(argument))
}

pub(crate) fn context(
    fields: Option<BTreeMap<String, String>>,
) -> PyResult<Option<TransactionContext>> {
    fields.map(TransactionContext::new).transpose().map_err(invalid("context"))
}

pub(crate) fn ending(origin: Option<&str>, app_hash: Option<&str>) -> PyResult<Ending> {
    match (origin, app_hash) {
        (None, None) => Ok(Ending::None),
        (Some(host), None) => Ending::origin_bound(host).map_err(invalid("origin")),
        (None, Some(hash)) => Ending::android_app_hash(hash).map_err(invalid("app_hash")),
        (Some(_), Some(_)) => Err(unusable(
            "app_hash",
            "invalid-ending",
            "a message has one last line; give one of both",
        )),
    }
}
