use alloc::string::String;

use keyfob::enrolment::{ErrorCorrection, Qr, SvgOptions};
use wasm_bindgen::prelude::*;

use crate::refusal::{Blame, not_a};

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
        if whole == 0 || f64::from(whole) != pixels {
            return Err(not_a("a whole number from 1 to 2^32 - 1 is needed", "pixels"));
        }
        options.pixels = Some(whole);
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
