use alloc::string::{String, ToString};

use keyfob::{Alphabet, ParameterError};
use wasm_bindgen::prelude::*;

use crate::{
    number::{entropy, small},
    object::Made,
    refusal::Blame,
};

#[wasm_bindgen(js_name = RawCodePolicy)]
pub struct CodePolicy(keyfob::CodePolicy);

#[wasm_bindgen(js_class = RawCodePolicy)]
impl CodePolicy {
    #[wasm_bindgen(constructor)]
    pub fn new(length: Option<f64>, alphabet: Option<String>) -> Result<CodePolicy, JsValue> {
        policy(length, alphabet.as_deref()).map(Self)
    }

    pub fn describe(&self) -> JsValue {
        let (length, alphabet) = (self.0.length(), self.0.alphabet());
        Made::new().with("length", length).with("alphabet", alphabet.name()).into()
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

/// What is not given is as the core has it.
pub fn policy(length: Option<f64>, alphabet: Option<&str>) -> Result<keyfob::CodePolicy, JsValue> {
    let default = keyfob::CodePolicy::default();
    let alphabet = alphabet.map_or(Ok(default.alphabet()), str::parse::<Alphabet>);
    let alphabet = alphabet.blame("alphabet")?;
    let length = length.map_or(Ok(default.length()), |n| small(n, ParameterError::CodeLength));
    length.and_then(|length| keyfob::CodePolicy::new(length, alphabet)).blame("length")
}
