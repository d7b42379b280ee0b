use alloc::string::String;

use keyfob::enrolment::{ErrorCorrection, Qr, SvgOptions};
use wasm_bindgen::prelude::*;

use crate::{number::whole, refusal::Blame};

#[wasm_bindgen(js_name = qrSvg)]
pub fn svg(text: &str, level: &str, title: &str, pixels: Option<f64>) -> Result<String, JsValue> {
    let pixels = pixels.map(|pixels| whole(pixels, "pixels")).transpose()?;
    let pixels = pixels.map(|pixels| u32::try_from(pixels).unwrap_or(u32::MAX));
    let svg = encode(text, level)?.to_svg(SvgOptions { title, pixels });
    Ok((*svg).clone())
}

#[wasm_bindgen(js_name = qrText)]
pub fn terminal(text: &str, level: &str) -> Result<String, JsValue> {
    Ok((*encode(text, level)?.to_terminal()).clone())
}

pub fn encode(text: &str, level: &str) -> Result<Qr, JsValue> {
    let level: ErrorCorrection = level.parse().blame("errorCorrection")?;
    Qr::encode(text, level).blame("text")
}
