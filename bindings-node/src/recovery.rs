use keyfob::{RecoveryCode, RecoveryHash, RecoveryOutcome, RecoverySet};
use napi::bindgen_prelude::{External, Uint8Array};
use napi_derive::napi;

use crate::{
    entropy,
    number::small,
    thrown::{At, Result, invalid},
};

#[napi(object, object_from_js = false)]
pub struct NewRecoverySet {
    pub codes: Vec<String>,
    pub set: External<RecoverySet>,
}

#[napi]
pub fn recovery_generate(count: Option<f64>) -> Result<NewRecoverySet> {
    let count = count.map_or(Some(RecoverySet::DEFAULT_COUNT), small);
    let count = count.unwrap_or_default(); // no count is 0
    let made = RecoverySet::generate(&mut entropy, count);
    let (codes, set) = made.map_err(|error| error.at("count"))?;
    let codes = codes.iter().map(|code| code.expose().to_string()).collect();
    Ok(NewRecoverySet { codes, set: External::new(set) })
}

#[napi]
pub fn recovery_read(entries: Vec<RecoveryEntry>) -> Result<External<RecoverySet>> {
    let entry = |entry: RecoveryEntry| {
        let hash = <[u8; 32]>::try_from(&entry.hash[..]);
        let hash =
            hash.map_err(|_| invalid("stored", "what toJSON made: { entries: [{ hash, used }] }"))?;
        Ok((RecoveryHash::from_bytes(hash), entry.used))
    };
    let entries: Vec<_> = entries.into_iter().map(entry).collect::<Result<_>>()?;
    Ok(External::new(RecoverySet::from_entries(entries)))
}

#[napi(object)]
pub struct RecoveryEntry {
    /// The SHA-256 of its bytes.
    pub hash: Uint8Array,
    pub used: bool,
}

#[napi]
pub fn recovery_entries(set: &External<RecoverySet>) -> Vec<RecoveryEntry> {
    let entry = |(hash, used): (RecoveryHash, bool)| RecoveryEntry {
        hash: hash.as_bytes().as_slice().into(),
        used,
    };
    set.entries().map(entry).collect()
}

#[napi]
pub fn recovery_remaining(set: &External<RecoverySet>) -> u32 {
    set.remaining() as u32
}

#[napi(object, object_from_js = false)]
pub struct Redeemed {
    pub outcome: &'static str,
    pub remaining: u32,
}

#[napi]
pub fn recovery_redeem(set: &mut External<RecoverySet>, typed: String) -> Redeemed {
    let outcome: RecoveryOutcome = set.redeem(&typed);
    Redeemed { outcome: outcome.code(), remaining: set.remaining() as u32 }
}

#[napi]
pub fn recovery_normalise(typed: String) -> Option<String> {
    RecoveryCode::parse(&typed).map(|code| code.expose().to_string())
}
