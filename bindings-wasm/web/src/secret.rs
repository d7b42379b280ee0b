use alloc::{string::String, vec::Vec};

use wasm_bindgen::prelude::*;

use crate::{number::entropy, refusal::Blame};

/// A secret in the module's memory, wiped when freed.
#[wasm_bindgen(js_name = RawSecret)]
pub struct Secret(pub(crate) keyfob::Secret);

#[wasm_bindgen(js_class = RawSecret)]
impl Secret {
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Secret, JsValue> {
        keyfob::Secret::from_bytes(bytes).map(Self).blame("secret")
    }

    #[wasm_bindgen(js_name = fromBase32)]
    pub fn from_base32(text: &str) -> Result<Secret, JsValue> {
        keyfob::Secret::from_base32(text).map(Self).blame("secret")
    }

    pub fn generate(bytes: Option<f64>) -> Result<Secret, JsValue> {
        let bytes = bytes.map_or(keyfob::Secret::DEFAULT_BYTES, |bytes| bytes as usize); // saturates
        keyfob::Secret::generate_sized(&mut entropy, bytes).map(Self).blame("bytes")
    }

    #[wasm_bindgen(getter)]
    pub fn bits(&self) -> u32 {
        self.0.bits() as u32
    }

    #[wasm_bindgen(getter, js_name = isShort)]
    pub fn is_short(&self) -> bool {
        self.0.is_short()
    }

    #[wasm_bindgen(js_name = exposeBytes)]
    pub fn expose_bytes(&self) -> Vec<u8> {
        self.0.expose_bytes().to_vec()
    }

    #[wasm_bindgen(js_name = exposeBase32)]
    pub fn expose_base32(&self) -> String {
        (*self.0.expose_base32()).clone()
    }

    pub fn copy(&self) -> Secret {
        Self(self.0.clone())
    }

    pub fn equals(&self, other: &Secret) -> bool {
        self.0 == other.0
    }
}
