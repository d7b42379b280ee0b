use keyfob::Secret;
use napi::bindgen_prelude::{External, Uint8Array};
use napi_derive::napi;

use crate::{
    entropy,
    thrown::{At, Result},
};

#[napi]
pub fn secret_from_bytes(bytes: &[u8]) -> Result<External<Secret>> {
    Secret::from_bytes(bytes).map(External::new).map_err(|error| error.at("secret"))
}

#[napi]
pub fn secret_from_base32(text: String) -> Result<External<Secret>> {
    Secret::from_base32(&text).map(External::new).map_err(|error| error.at("secret"))
}

#[napi]
pub fn secret_generate(bytes: Option<f64>) -> Result<External<Secret>> {
    #[allow(clippy::cast_sign_loss)] // a float that is out of range becomes the nearest
    let bytes = bytes.map_or(Secret::DEFAULT_BYTES, |bytes| bytes as usize);
    let secret = Secret::generate_sized(&mut entropy, bytes);
    secret.map(External::new).map_err(|error| error.at("bytes"))
}

#[napi]
pub fn secret_bits(secret: &External<Secret>) -> u32 {
    secret.bits() as u32
}

#[napi]
pub fn secret_is_short(secret: &External<Secret>) -> bool {
    secret.is_short()
}

#[napi]
pub fn secret_expose_bytes(secret: &External<Secret>) -> Uint8Array {
    secret.expose_bytes().into()
}

#[napi]
pub fn secret_expose_base32(secret: &External<Secret>) -> String {
    secret.expose_base32().to_string()
}

#[napi]
pub fn secret_equals(secret: &External<Secret>, other: &External<Secret>) -> bool {
    **secret == **other
}
