//! QR codes.

use keyfob::enrolment::{ErrorCorrection, Qr, SvgOptions};
use pyo3::{prelude::*, types::PyBytes};

use crate::{
    argument::{Number, Small},
    error::invalid,
};

/// A QR code as an SVG image, with a title for screen readers. It holds what the text holds.
#[pyfunction]
#[pyo3(signature = (text, *, error_correction="medium", title="QR code", pixels=None))]
pub(crate) fn qr_svg(
    text: &str,
    error_correction: &str,
    title: &str,
    pixels: Option<Number>,
) -> PyResult<String> {
    let pixels = pixels.map(|pixels| pixels.narrow(u32::MAX));
    Ok(encode(text, error_correction)?.to_svg(SvgOptions { title, pixels }).to_string())
}

/// A QR code as a PNG image, `scale` (1 to 32) pixels to a module.
#[pyfunction]
#[pyo3(
    signature = (text, *, error_correction="medium", scale=Small(8)),
    text_signature = "(text, *, error_correction='medium', scale=8)"
)]
pub(crate) fn qr_png<'py>(
    py: Python<'py>,
    text: &str,
    error_correction: &str,
    scale: Small,
) -> PyResult<Bound<'py, PyBytes>> {
    let png = encode(text, error_correction)?.to_png(scale.0).map_err(invalid("scale"))?;
    Ok(PyBytes::new(py, &png))
}

/// A QR code for a terminal.
#[pyfunction]
#[pyo3(signature = (text, *, error_correction="medium"))]
pub(crate) fn qr_text(text: &str, error_correction: &str) -> PyResult<String> {
    Ok(encode(text, error_correction)?.to_terminal().to_string())
}

fn encode(text: &str, error_correction: &str) -> PyResult<Qr> {
    let level = error_correction.parse::<ErrorCorrection>();
    let level = level.map_err(invalid("error_correction"))?;
    Qr::encode(text, level).map_err(invalid("text"))
}
