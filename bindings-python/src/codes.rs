use pyo3::prelude::*;

use crate::{
    argument::{Maybe, Value, entropy, small, typed, word},
    error::{invalid, no_entropy},
};

/// What codes that are sent to people look like: 4 to 12 characters of `digits`, `letters`,
/// `alphanumeric` or `unambiguous`.
#[pyclass(frozen, module = "keyfob")]
pub(crate) struct CodePolicy(keyfob::CodePolicy);

#[pymethods]
impl CodePolicy {
    #[new]
    #[pyo3(
        signature = (length=Maybe::default(), alphabet=Maybe::default()),
        text_signature = "(length=6, alphabet='digits')"
    )]
    fn new(length: Maybe<'_, '_>, alphabet: Maybe<'_, '_>) -> PyResult<Self> {
        let usual = keyfob::CodePolicy::default();
        let length = length.read_or(usual.length(), "length", small)?;
        let alphabet = alphabet.read_or(usual.alphabet(), "alphabet", word)?;
        keyfob::CodePolicy::new(length, alphabet).map(Self).map_err(invalid("length"))
    }

    /// A new random code. Keep it out of logs.
    fn generate(&self) -> PyResult<String> {
        let code = self.0.generate(&mut entropy).map_err(no_entropy)?;
        Ok(code.expose().to_owned())
    }

    /// What a user typed as a code of this policy, letters in upper case; `None` if it is
    /// none. Nothing is trimmed.
    fn normalise(&self, typed: Value<'_, '_>) -> Option<String> {
        self.0.normalise(self::typed(typed)).map(|code| code.expose().to_owned())
    }

    /// Characters in a code.
    #[getter]
    fn length(&self) -> u8 {
        self.0.length()
    }

    /// The name of the characters that codes are made of.
    #[getter]
    fn alphabet(&self) -> &'static str {
        self.0.alphabet().name()
    }

    /// The characters that codes are made of.
    #[getter]
    fn characters(&self) -> &'static str {
        self.0.alphabet().characters()
    }

    /// The entropy of a code in thousandths of a bit.
    #[getter]
    fn entropy_millibits(&self) -> u32 {
        self.0.entropy_millibits()
    }

    /// Whether only a strict limit on attempts protects such a code: under 20 bits.
    #[getter]
    fn is_guessable(&self) -> bool {
        self.0.is_guessable()
    }

    fn __repr__(&self) -> String {
        format!("CodePolicy(length={}, alphabet='{}')", self.length(), self.alphabet())
    }
}
