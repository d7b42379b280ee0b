use alloc::{string::String, vec::Vec};

use keyfob::{RecoveryCode, RecoveryHash, RecoveryOutcome};
use wasm_bindgen::prelude::*;

use crate::{
    number::entropy,
    object::Made,
    refusal::{Blame, not_a},
};

#[wasm_bindgen(js_name = RawRecoverySet)]
pub struct RecoverySet(keyfob::RecoverySet);

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
        Self(keyfob::RecoverySet::from_entries(entries))
    }

    pub fn entries(&self) -> Vec<u8> {
        let entry = |(hash, used): (RecoveryHash, bool)| {
            core::iter::once(u8::from(used)).chain(*hash.as_bytes())
        };
        self.0.entries().flat_map(entry).collect()
    }

    #[wasm_bindgen(getter)]
    pub fn remaining(&self) -> u32 {
        self.0.remaining() as u32
    }

    pub fn redeem(&mut self, typed: &str) -> JsValue {
        let outcome = self.0.redeem(typed);
        let accepted = matches!(outcome, RecoveryOutcome::Accepted { .. });
        Made::new()
            .with("valid", accepted)
            .with("outcome", outcome.code())
            .with("remaining", self.remaining())
            .into()
    }
}

/// `count` new codes.
#[wasm_bindgen(js_name = generateRecoveryCodes)]
pub fn generate(count: f64) -> Result<Vec<String>, JsValue> {
    let count = crate::number::small(count, keyfob::ParameterError::CodeLength).unwrap_or(0);
    if count == 0 {
        return Err(not_a("use 1 to 255", "count"));
    }
    let code = |_| RecoveryCode::generate(&mut entropy).map(|code| (*code.expose()).clone());
    (0..count).map(code).collect::<Result<_, _>>().blame("")
}

/// The bytes of the set of these codes, as [`RecoverySet::new`] takes them.
#[wasm_bindgen(js_name = recoveryEntries)]
pub fn entries(codes: Vec<String>) -> Vec<u8> {
    let hashes = codes.iter().filter_map(|code| RecoveryCode::parse(code)).map(|code| code.hash());
    RecoverySet(keyfob::RecoverySet::from_hashes(hashes)).entries()
}

#[wasm_bindgen(js_name = normaliseRecoveryCode)]
pub fn normalise(typed: &str) -> JsValue {
    RecoveryCode::parse(typed).map_or(JsValue::NULL, |code| code.expose().as_str().into())
}
