use alloc::string::{String, ToString};

use keyfob::{Alphabet, ParameterError};
use wasm_bindgen::prelude::*;

use crate::{
    number::{entropy, small},
    refusal::Blame,
};

#[wasm_bindgen(js_name = RawCodePolicy)]
pub struct CodePolicy(keyfob::CodePolicy);

#[wasm_bindgen(js_class = RawCodePolicy)]
impl CodePolicy {
    #[wasm_bindgen(constructor)]
    pub fn new(length: f64, alphabet: &str) -> Result<CodePolicy, JsValue> {
        policy(length, alphabet).map(Self)
    }

    #[wasm_bindgen(getter, js_name = entropyMillibits)]
    pub fn entropy_millibits(&self) -> u32 {
        self.0.entropy_millibits()
    }

    #[wasm_bindgen(getter, js_name = isGuessable)]
    pub fn is_guessable(&self) -> bool {
        self.0.is_guessable()
    }

    pub fn generate(&self) -> Result<String, JsValue> {
        self.0.generate(&mut entropy).map(|code| code.expose().to_string()).blame("")
    }

    pub fn normalise(&self, typed: &str) -> JsValue {
        self.0.normalise(typed).map_or(JsValue::NULL, |code| code.expose().into())
    }
}

pub fn policy(length: f64, alphabet: &str) -> Result<keyfob::CodePolicy, JsValue> {
    let alphabet: Alphabet = alphabet.parse().blame("alphabet")?;
    let length = small(length, ParameterError::CodeLength).blame("length")?;
    keyfob::CodePolicy::new(length, alphabet).blame("length")
}
