use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use keyfob::{ParameterError, RecoveryCode, RecoveryHash};

use crate::{
    error::{KeyfobError, invalid},
    number::{byte, size},
    plain::Typed,
    redacted::redacted,
    secret::entropy,
};

/// One recovery code as a verifier keeps it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RecoveryEntry {
    /// The 32 bytes it is recognised by.
    pub hash: Vec<u8>,
    /// Whether it is used up.
    pub used: bool,
}

/// What became of a recovery code.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum RecoveryOutcome {
    /// The code was one of the set's, and is used up now. Store the set before you let the
    /// user in.
    Accepted {
        /// How many codes are left; offer new ones before none is.
        remaining: i32,
    },
    /// One of the set's, but used before.
    Replayed,
    /// Well-formed, but none of the set's.
    Mismatch,
    /// Not a recovery code.
    Malformed,
}

#[uniffi::export]
impl RecoveryOutcome {
    /// Whether the code was right and unused.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted { .. })
    }

    /// The stable kebab-case name, the same in every language.
    pub fn code(&self) -> String {
        match self {
            Self::Accepted { remaining } => keyfob::RecoveryOutcome::Accepted {
                remaining: usize::try_from(*remaining).unwrap_or_default(),
            },
            Self::Replayed => keyfob::RecoveryOutcome::Replayed,
            Self::Mismatch => keyfob::RecoveryOutcome::Mismatch,
            Self::Malformed => keyfob::RecoveryOutcome::Malformed,
        }
        .code()
        .to_owned()
    }
}

/// New recovery codes, to be shown to the user once.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct NewRecoveryCodes {
    codes: Vec<RecoveryCode>,
    set: Arc<RecoverySet>,
}

#[uniffi::export]
impl NewRecoveryCodes {
    /// So many new codes, at most 100.
    #[uniffi::constructor(default(count = 10))]
    pub fn generate(count: i32) -> Result<Self, KeyfobError> {
        let (codes, set) =
            keyfob::RecoverySet::generate(&mut entropy, byte(count)).map_err(invalid("count"))?;
        Ok(Self { codes, set: Arc::new(RecoverySet(Mutex::new(set))) })
    }

    /// The codes, as they are to be shown.
    pub fn expose(&self) -> Vec<String> {
        self.codes.iter().map(|code| code.expose().to_string()).collect()
    }

    /// What to store of them: hashes.
    pub fn set(&self) -> Arc<RecoverySet> {
        Arc::clone(&self.set)
    }
}

redacted!(NewRecoveryCodes);

/// The recovery codes of one user as a verifier keeps them: hashes, and which are used.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct RecoverySet(Mutex<keyfob::RecoverySet>);

#[uniffi::export]
impl RecoverySet {
    /// A set as it was stored.
    #[uniffi::constructor]
    pub fn from_entries(entries: Vec<RecoveryEntry>) -> Result<Self, KeyfobError> {
        let entries =
            entries.into_iter().enumerate().map(|(index, RecoveryEntry { hash, used })| {
                let hash = hash.try_into().map_err(|_| ParameterError::RecoveryHash);
                let hash = hash.map_err(invalid(&format!("entries[{index}].hash")))?;
                Ok((RecoveryHash::from_bytes(hash), used))
            });
        let entries = entries.collect::<Result<Vec<_>, KeyfobError>>()?;
        Ok(Self(Mutex::new(keyfob::RecoverySet::from_entries(entries))))
    }

    /// What to store. It holds hashes and no codes.
    pub fn entries(&self) -> Vec<RecoveryEntry> {
        let entry = |(hash, used): (RecoveryHash, bool)| RecoveryEntry {
            hash: hash.as_bytes().into(),
            used,
        };
        self.lock().entries().map(entry).collect()
    }

    /// How many codes are left.
    pub fn remaining(&self) -> i32 {
        size(self.lock().remaining())
    }

    /// Uses a code up. Store the changed set by compare-and-swap *before* you let the user in:
    /// two requests at once can both spend one code otherwise.
    pub fn redeem(&self, typed: Typed) -> RecoveryOutcome {
        match self.lock().redeem(&typed) {
            keyfob::RecoveryOutcome::Accepted { remaining } => {
                RecoveryOutcome::Accepted { remaining: size(remaining) }
            }
            keyfob::RecoveryOutcome::Replayed => RecoveryOutcome::Replayed,
            keyfob::RecoveryOutcome::Mismatch => RecoveryOutcome::Mismatch,
            keyfob::RecoveryOutcome::Malformed => RecoveryOutcome::Malformed,
        }
    }
}

redacted!(RecoverySet, |this| format_args!("RecoverySet(redacted, {} left)", this.remaining()));

impl RecoverySet {
    fn lock(&self) -> MutexGuard<'_, keyfob::RecoverySet> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
