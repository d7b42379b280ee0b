//! QR codes.

use keyfob::enrolment::{ErrorCorrection, Pixels, Qr, SvgOptions};
use pyo3::{
    prelude::*,
    types::{PyBytes, PyString},
};

use crate::{
    argument::{self, Maybe, Value, optional, owned, small, word},
    enrolment::Enrolment,
    error::{invalid, wrong_type},
};

/// A QR code as an SVG image, with a title for screen readers, of a text or of an `Enrolment`. It
/// holds what that holds.
#[pyfunction]
#[pyo3(
    signature = (text, *, error_correction=Maybe::default(), title=Maybe::default(), pixels=None),
    text_signature = "(text, *, error_correction='medium', title='QR code', pixels=None)"
)]
pub(crate) fn qr_svg(
    text: Value<'_, '_>,
    error_correction: Maybe<'_, '_>,
    title: Maybe<'_, '_>,
    pixels: Option<Value<'_, '_>>,
) -> PyResult<String> {
    let pixels = optional("pixels", pixels, |argument, value| {
        Pixels::new(small(argument, value)?).map_err(invalid(argument))
    })?;
    let title = title.read_or(SvgOptions::default().title.to_owned(), "title", owned)?;
    let options = SvgOptions { title: &title, pixels };
    Ok(encode(text, error_correction)?.to_svg(options).to_string())
}

/// A QR code as a PNG image, `scale` (1 to 32) pixels to a module, of a text or of an `Enrolment`.
#[pyfunction]
#[pyo3(
    signature = (text, *, error_correction=Maybe::default(), scale=Maybe::default()),
    text_signature = "(text, *, error_correction='medium', scale=8)"
)]
pub(crate) fn qr_png<'py>(
    text: Value<'_, 'py>,
    error_correction: Maybe<'_, '_>,
    scale: Maybe<'_, '_>,
) -> PyResult<Bound<'py, PyBytes>> {
    let scale = scale.read_or(8, "scale", small)?;
    let png = encode(text, error_correction)?.to_png(scale).map_err(invalid("scale"))?;
    Ok(PyBytes::new(text.py(), &png))
}

/// A QR code for a terminal, of a text or of an `Enrolment`.
#[pyfunction]
#[pyo3(
    signature = (text, *, error_correction=Maybe::default()),
    text_signature = "(text, *, error_correction='medium')"
)]
pub(crate) fn qr_text(text: Value<'_, '_>, error_correction: Maybe<'_, '_>) -> PyResult<String> {
    Ok(encode(text, error_correction)?.to_terminal().to_string())
}

fn encode(text: Value<'_, '_>, error_correction: Maybe<'_, '_>) -> PyResult<Qr> {
    let level: ErrorCorrection = error_correction.read("error_correction", word)?;
    if let Ok(enrolment) = text.cast::<Enrolment>() {
        return Qr::encode(&enrolment.get().core().to_uri(), level).map_err(invalid("text"));
    }
    if !text.is_instance_of::<PyString>() {
        return Err(wrong_type("text", "a str, such as a URI, or an Enrolment", text));
    }
    Qr::encode(argument::text("text", text)?, level).map_err(invalid("text"))
}
