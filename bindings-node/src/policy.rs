use keyfob::{Alphabet, CodePolicy, ParameterError};
use napi::bindgen_prelude::External;
use napi_derive::napi;

use crate::{
    entropy,
    number::small,
    thrown::{At, Result},
};

#[napi]
pub fn policy_new(length: Option<f64>, alphabet: Option<String>) -> Result<External<CodePolicy>> {
    policy(length, alphabet.as_deref()).map(External::new)
}

#[napi(object, object_from_js = false)]
pub struct PolicyFields {
    pub length: u8,
    pub alphabet: &'static str,
}

#[napi]
pub fn policy_fields(policy: &External<CodePolicy>) -> PolicyFields {
    PolicyFields { length: policy.length(), alphabet: policy.alphabet().name() }
}

#[napi]
pub fn policy_entropy_millibits(policy: &External<CodePolicy>) -> u32 {
    policy.entropy_millibits()
}

#[napi]
pub fn policy_is_guessable(policy: &External<CodePolicy>) -> bool {
    policy.is_guessable()
}

#[napi]
pub fn policy_generate(policy: &External<CodePolicy>) -> Result<String> {
    let code = policy.generate(&mut entropy).map_err(|error| error.at("policy"))?;
    Ok(code.expose().to_owned())
}

#[napi]
pub fn policy_normalise(policy: &External<CodePolicy>, typed: String) -> Option<String> {
    policy.normalise(&typed).map(|code| code.expose().to_owned())
}

/// What is not given is as the core has it.
pub(crate) fn policy(length: Option<f64>, alphabet: Option<&str>) -> Result<CodePolicy> {
    let usual = CodePolicy::default();
    let alphabet = alphabet.map_or(Ok(usual.alphabet()), str::parse::<Alphabet>);
    let alphabet = alphabet.map_err(|error| error.at("alphabet"))?;
    let policy = length.map_or(Some(usual.length()), small).ok_or(ParameterError::CodeLength);
    let policy = policy.and_then(|length| CodePolicy::new(length, alphabet));
    policy.map_err(|error| error.at("length"))
}
