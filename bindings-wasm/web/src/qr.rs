use alloc::string::String;

use keyfob::enrolment::{ErrorCorrection, Pixels, Qr, SvgOptions};
use wasm_bindgen::prelude::*;

use crate::refusal::Blame;

#[wasm_bindgen(js_name = qrSvg)]
pub fn svg(
    text: &str,
    level: Option<String>,
    title: Option<String>,
    pixels: Option<f64>,
) -> Result<String, JsValue> {
    let mut options = SvgOptions::default();
    if let Some(title) = &title {
        options.title = title;
    }
    if let Some(pixels) = pixels {
        let whole = pixels as u32; // saturates; no number becomes 0
        let pixels = if f64::from(whole) == pixels { whole } else { 0 }; // no width is 0
        options.pixels = Some(Pixels::new(pixels).blame("pixels")?);
    }
    Ok((*encode(text, level)?.to_svg(options)).clone())
}

#[wasm_bindgen(js_name = qrText)]
pub fn terminal(text: &str, level: Option<String>) -> Result<String, JsValue> {
    Ok((*encode(text, level)?.to_terminal()).clone())
}

pub fn encode(text: &str, level: Option<String>) -> Result<Qr, JsValue> {
    let level = level.map_or(Ok(ErrorCorrection::default()), |level| level.parse());
    let level = level.blame("errorCorrection")?;
    Qr::encode(text, level).blame("text")
}
