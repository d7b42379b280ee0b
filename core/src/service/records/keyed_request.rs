use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::UnixTime;

/// A request that carries an idempotency key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::service) struct KeyedRequest {
    /// The keyed MAC of its body.
    pub(in crate::service) mac: [u8; 32],
    pub(in crate::service) state: KeyedState,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::service) enum KeyedState {
    /// Somebody carries it out.
    Claimed { id: [u8; 16], since: UnixTime },
    /// It was carried out.
    Answered(StoredAnswer),
}

/// An answer as the host will give it again. It may hold a user's secret.
#[derive(Clone, Serialize, Deserialize, ZeroizeOnDrop)]
pub(in crate::service) struct StoredAnswer(Vec<u8>);

impl StoredAnswer {
    pub(in crate::service) fn new(answer: &[u8]) -> Self {
        Self(answer.to_vec())
    }

    pub(in crate::service) fn expose(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.clone())
    }
}

impl fmt::Debug for StoredAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}
