use keyfob::{
    ParameterError,
    enrolment::{ErrorCorrection, Pixels, Qr, SvgOptions},
};
use napi::bindgen_prelude::Uint8Array;
use napi_derive::napi;

use crate::{
    number::small,
    thrown::{At, Result},
};

#[napi]
pub fn qr_svg(
    text: String,
    level: Option<String>,
    title: Option<String>,
    pixels: Option<f64>,
) -> Result<String> {
    let mut options = SvgOptions::default();
    if let Some(title) = &title {
        options.title = title;
    }
    options.pixels = pixels.map(width).transpose()?;
    Ok(qr(&text, level.as_deref())?.to_svg(options).to_string())
}

#[napi]
pub fn qr_png(text: String, level: Option<String>, scale: Option<f64>) -> Result<Uint8Array> {
    let scale = scale.map_or(Some(Qr::DEFAULT_SCALE), small).unwrap_or_default(); // no scale is 0
    let png = qr(&text, level.as_deref())?.to_png(scale).map_err(|error| error.at("scale"))?;
    Ok(png.as_slice().into())
}

#[napi]
pub fn qr_text(text: String, level: Option<String>) -> Result<String> {
    Ok(qr(&text, level.as_deref())?.to_terminal().to_string())
}

fn qr(text: &str, level: Option<&str>) -> Result<Qr> {
    let level = level.map_or(Ok(ErrorCorrection::default()), str::parse);
    let level = level.map_err(|error: ParameterError| error.at("errorCorrection"))?;
    Qr::encode(text, level).map_err(|error| error.at("text"))
}

fn width(pixels: f64) -> Result<Pixels> {
    let fits = pixels.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&pixels);
    #[allow(clippy::cast_sign_loss)] // the range says it
    let whole = if fits { pixels as u32 } else { 0 }; // no width is 0
    Pixels::new(whole).map_err(|error| error.at("pixels"))
}
