use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Body;
use crate::{
    UnixTime,
    service::{OtpId, limits::Tally},
};

/// All that decides whether a code sent to this recipient is accepted, in one
/// record, so that one swap both judges and records.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::service) struct RecipientRecord {
    pub(in crate::service) tally: Tally,
    /// When messages went out, oldest first, as far back as the limits look.
    pub(in crate::service) sends: Vec<UnixTime>,
    pub(in crate::service) challenges: Vec<Challenge>,
    /// Challenges of another recipient whose messages may come here, too, and since when: to
    /// be found when this one is erased.
    pub(in crate::service) mentions: Vec<(OtpId, UnixTime)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::service) struct Challenge {
    pub(in crate::service) id: OtpId,
    pub(in crate::service) mac: [u8; 32],
    pub(in crate::service) created_at: UnixTime,
    pub(in crate::service) expires_at: UnixTime,
    pub(in crate::service) attempts: u16,
    pub(in crate::service) state: ChallengeState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::service) enum ChallengeState {
    Live,
    Used,
    Cancelled,
    Exhausted,
}

impl Body for RecipientRecord {
    const FORMAT: u8 = 2;

    /// Format 1 ended with the challenges; nothing or padding behind them reads as no others.
    fn from_format(format: u8, bytes: &[u8]) -> Option<Self> {
        match format {
            2 => postcard::from_bytes(bytes).ok(),
            1 => postcard::from_bytes(&[bytes, &[0]].concat()).ok(),
            _ => None,
        }
    }
}
