use alloc::{string::String, vec::Vec};

use keyfob::{ParameterError, RecoveryCode, RecoveryHash, RecoveryOutcome};
use wasm_bindgen::prelude::*;

use crate::{
    number::{entropy, small},
    object::Made,
    refusal::Blame,
};

#[wasm_bindgen(js_name = RawRecoverySet)]
pub struct RecoverySet {
    set: keyfob::RecoverySet,
    /// Of a new set, until they are taken.
    codes: Vec<String>,
}

/// A byte that says whether the code is used, and the hash: an entry as it crosses.
const ENTRY: usize = 33;

#[wasm_bindgen(js_class = RawRecoverySet)]
impl RecoverySet {
    /// From 33 bytes for each code.
    #[wasm_bindgen(constructor)]
    pub fn new(entries: &[u8]) -> RecoverySet {
        let entries = entries.chunks_exact(ENTRY).filter_map(|entry| {
            let (used, hash) = entry.split_first()?;
            Some((RecoveryHash::from_bytes(hash.try_into().ok()?), *used != 0))
        });
        Self { set: keyfob::RecoverySet::from_entries(entries), codes: Vec::new() }
    }

    /// A set of `count` new codes.
    pub fn generate(count: Option<f64>) -> Result<RecoverySet, JsValue> {
        let count = count.unwrap_or(keyfob::RecoverySet::DEFAULT_COUNT.into());
        let count = small(count, ParameterError::RecoveryCount).blame("count")?;
        let (codes, set) = keyfob::RecoverySet::generate(&mut entropy, count).blame("count")?;
        Ok(Self { set, codes: codes.iter().map(|code| (*code.expose()).clone()).collect() })
    }

    #[wasm_bindgen(js_name = takeCodes)]
    pub fn take_codes(&mut self) -> Vec<String> {
        core::mem::take(&mut self.codes)
    }

    pub fn entries(&self) -> Vec<u8> {
        let entry = |(hash, used): (RecoveryHash, bool)| {
            core::iter::once(u8::from(used)).chain(*hash.as_bytes())
        };
        self.set.entries().flat_map(entry).collect()
    }

    #[wasm_bindgen(getter)]
    pub fn remaining(&self) -> u32 {
        self.set.remaining() as u32
    }

    pub fn redeem(&mut self, typed: &str) -> JsValue {
        let outcome = self.set.redeem(typed);
        let accepted = matches!(outcome, RecoveryOutcome::Accepted { .. });
        Made::new()
            .with("valid", accepted)
            .with("outcome", outcome.code())
            .with("remaining", self.remaining())
            .into()
    }
}

#[wasm_bindgen(js_name = normaliseRecoveryCode)]
pub fn normalise(typed: &str) -> JsValue {
    RecoveryCode::parse(typed).map_or(JsValue::NULL, |code| code.expose().as_str().into())
}
