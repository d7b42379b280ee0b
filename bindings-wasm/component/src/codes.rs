use alloc::{string::String, vec::Vec};

use keyfob::{
    CodePolicy, ParameterError, RecoveryCode, RecoveryHash, RecoveryOutcome, RecoverySet,
};

use crate::{
    Component,
    exports::codes::{
        Alphabet, Guest, Policy, RecoveryCodes, RecoveryEntry, RecoveryOutcome as Redeemed,
        Redemption, Strength,
    },
    secrets::Given,
    types::Fault,
};

impl Guest for Component {
    fn strength_of(policy: Policy) -> Result<Strength, Fault> {
        let policy = CodePolicy::try_from(policy)?;
        let (entropy_millibits, is_guessable) = (policy.entropy_millibits(), policy.is_guessable());
        Ok(Strength { entropy_millibits, is_guessable })
    }

    fn generate(policy: Policy, entropy: Vec<u8>) -> Result<String, Fault> {
        let mut given = Given::new(entropy);
        let code =
            CodePolicy::try_from(policy)?.generate(&mut |bytes: &mut [u8]| given.fill(bytes))?;
        Ok(code.expose().into())
    }

    fn normalise(policy: Policy, typed: String) -> Result<Option<String>, Fault> {
        let code = CodePolicy::try_from(policy)?.normalise(&typed);
        Ok(code.map(|code| code.expose().into()))
    }

    fn generate_recovery(count: u8, entropy: Vec<u8>) -> Result<RecoveryCodes, Fault> {
        let mut given = Given::new(entropy);
        let (codes, set) = RecoverySet::generate(&mut |bytes: &mut [u8]| given.fill(bytes), count)?;
        let codes = codes.iter().map(|code| code.expose().as_str().into()).collect();
        Ok(RecoveryCodes { codes, set: entries(&set) })
    }

    fn normalise_recovery(typed: String) -> Option<String> {
        RecoveryCode::parse(&typed).map(|code| code.expose().as_str().into())
    }

    fn redeem_recovery(typed: String, set: Vec<RecoveryEntry>) -> Result<Redemption, Fault> {
        let stored = set.into_iter().map(|entry| Ok((hash(&entry)?, entry.used)));
        let mut set = RecoverySet::from_entries(stored.collect::<Result<Vec<_>, Fault>>()?);
        let outcome = match set.redeem(&typed) {
            RecoveryOutcome::Accepted { remaining } => Redeemed::Accepted(remaining as u32),
            RecoveryOutcome::Replayed => Redeemed::Replayed,
            RecoveryOutcome::Mismatch => Redeemed::Mismatch,
            RecoveryOutcome::Malformed => Redeemed::Malformed,
        };
        Ok(Redemption { outcome, set: entries(&set) })
    }
}

impl TryFrom<Policy> for CodePolicy {
    type Error = ParameterError;

    fn try_from(policy: Policy) -> Result<Self, ParameterError> {
        let alphabet = match policy.alphabet {
            Alphabet::Digits => keyfob::Alphabet::Digits,
            Alphabet::Letters => keyfob::Alphabet::Letters,
            Alphabet::Alphanumeric => keyfob::Alphabet::Alphanumeric,
            Alphabet::Unambiguous => keyfob::Alphabet::Unambiguous,
        };
        Self::new(policy.length, alphabet)
    }
}

fn hash(entry: &RecoveryEntry) -> Result<RecoveryHash, Fault> {
    let bytes = entry.hash.as_slice().try_into().map_err(|_| Fault::hash_length())?;
    Ok(RecoveryHash::from_bytes(bytes))
}

fn entries(set: &RecoverySet) -> Vec<RecoveryEntry> {
    let entries = set.entries();
    entries.map(|(hash, used)| RecoveryEntry { hash: hash.as_bytes().to_vec(), used }).collect()
}
