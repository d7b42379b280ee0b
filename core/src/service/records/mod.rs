//! What is stored, before sealing.
//!
//! The wire form is postcard's: fields in their order and nothing else, so that any
//! change of a type in here, or of a public one it holds, is another format. Each kind
//! of record has a [`Body::FORMAT`], stored as its first byte. A change raises it and
//! teaches [`Body::from_format`] to read the older one if it was ever released; the test in
//! `formats` holds all of these.

mod credential;
mod domain;
mod envelope;
#[cfg(test)]
mod formats;
mod keyed_request;
mod recipient;
mod sim;
mod user;

use serde::{Serialize, de::DeserializeOwned};

pub(super) use self::{
    credential::Credential,
    domain::Domain,
    envelope::Envelope,
    keyed_request::{KeyedRequest, KeyedState, StoredAnswer},
    recipient::{Challenge, ChallengeState, RecipientRecord},
    sim::{SimFinding, SimRecord},
    user::{Pending, TicketRecord, User},
};
use super::traffic::PrefixBreaker;

/// What can be sealed as a record.
pub(super) trait Body: Serialize + DeserializeOwned {
    /// The format in which it is written.
    const FORMAT: u8;

    /// Reads what was written in `format`; `None` if this version cannot.
    fn from_format(format: u8, bytes: &[u8]) -> Option<Self> {
        if format != Self::FORMAT {
            return None;
        }
        postcard::from_bytes(bytes).ok()
    }
}

macro_rules! bodies {
    ($($record:ty => $format:literal),+ $(,)?) => {
        $(impl Body for $record { const FORMAT: u8 = $format; })+
    };
}

bodies! { User => 1, TicketRecord => 1, KeyedRequest => 1, SimRecord => 1, PrefixBreaker => 1 }
