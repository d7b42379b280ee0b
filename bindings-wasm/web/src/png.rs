use alloc::{string::String, vec::Vec};

use keyfob::enrolment::{Qr, QrError};
use wasm_bindgen::prelude::*;

use crate::{number::small, qr::encode, refusal::Blame};

#[wasm_bindgen(js_name = qrPng)]
pub fn png(text: &str, level: Option<String>, scale: Option<f64>) -> Result<Vec<u8>, JsValue> {
    let qr = encode(text, level)?;
    let scale = scale.unwrap_or(Qr::DEFAULT_SCALE.into());
    let scale = small(scale, QrError::Scale).blame("scale")?;
    qr.to_png(scale).map(|png| (*png).clone()).blame("scale")
}
