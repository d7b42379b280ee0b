use keyfob::{
    Alphabet, CodePolicy, ParameterError, RecoveryCode, RecoveryHash, RecoveryOutcome, RecoverySet,
};
use napi::bindgen_prelude::{External, Uint8Array};
use napi_derive::napi;

use crate::{
    entropy,
    number::small,
    thrown::{At, Result, invalid},
};

/// What codes look like.
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

/// Thousandths of a bit.
#[napi]
pub fn policy_entropy_millibits(policy: &External<CodePolicy>) -> u32 {
    policy.entropy_millibits()
}

/// Whether only a limit on attempts protects such a code.
#[napi]
pub fn policy_is_guessable(policy: &External<CodePolicy>) -> bool {
    policy.is_guessable()
}

/// A random code.
#[napi]
pub fn policy_generate(policy: &External<CodePolicy>) -> Result<String> {
    let code = policy.generate(&mut entropy).map_err(|error| error.at("policy"))?;
    Ok(code.expose().to_owned())
}

/// What a user typed, as a code.
#[napi]
pub fn policy_normalise(policy: &External<CodePolicy>, typed: String) -> Option<String> {
    policy.normalise(&typed).map(|code| code.expose().to_owned())
}

/// New recovery codes.
#[napi(object, object_from_js = false)]
pub struct NewRecoverySet {
    /// The codes.
    pub codes: Vec<String>,
    /// What to store.
    pub set: External<RecoverySet>,
}

/// Makes recovery codes.
#[napi]
pub fn recovery_generate(count: Option<f64>) -> Result<NewRecoverySet> {
    let count = count.map_or(Some(RecoverySet::DEFAULT_COUNT), small).filter(|count| *count > 0);
    let count = count.ok_or_else(|| invalid("count", "a whole number from 1 to 255"))?;
    let made = RecoverySet::generate(&mut entropy, count);
    let (codes, set) = made.map_err(|error| error.at("count"))?;
    let codes = codes.iter().map(|code| code.expose().to_string()).collect();
    Ok(NewRecoverySet { codes, set: External::new(set) })
}

/// Reads what [`recovery_entries`] gave.
#[napi]
pub fn recovery_read(entries: Vec<RecoveryEntry>) -> Result<External<RecoverySet>> {
    let entry = |entry: RecoveryEntry| {
        let hash = <[u8; 32]>::try_from(&entry.hash[..]);
        let hash = hash.map_err(|_| invalid("stored", "what `toJSON` of a set made"))?;
        Ok((RecoveryHash::from_bytes(hash), entry.used))
    };
    let entries: Vec<_> = entries.into_iter().map(entry).collect::<Result<_>>()?;
    Ok(External::new(RecoverySet::from_entries(entries)))
}

/// One code of a set.
#[napi(object)]
pub struct RecoveryEntry {
    /// The SHA-256 of its bytes.
    pub hash: Uint8Array,
    /// Whether it is used up.
    pub used: bool,
}

/// What to store.
#[napi]
pub fn recovery_entries(set: &External<RecoverySet>) -> Vec<RecoveryEntry> {
    let entry = |(hash, used): (RecoveryHash, bool)| RecoveryEntry {
        hash: hash.as_bytes().as_slice().into(),
        used,
    };
    set.entries().map(entry).collect()
}

/// How many codes are left.
#[napi]
pub fn recovery_remaining(set: &External<RecoverySet>) -> u32 {
    set.remaining() as u32
}

/// What became of a recovery code.
#[napi(object, object_from_js = false)]
pub struct Redeemed {
    /// The outcome.
    pub outcome: &'static str,
    /// How many codes are left.
    pub remaining: u32,
}

/// Uses a code up.
#[napi]
pub fn recovery_redeem(set: &mut External<RecoverySet>, typed: String) -> Redeemed {
    let outcome: RecoveryOutcome = set.redeem(&typed);
    Redeemed { outcome: outcome.code(), remaining: set.remaining() as u32 }
}

/// A recovery code as it was shown.
#[napi]
pub fn recovery_normalise(typed: String) -> Option<String> {
    RecoveryCode::parse(&typed).map(|code| code.expose().to_string())
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
