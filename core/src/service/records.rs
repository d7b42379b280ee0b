//! What is stored, before sealing. The wire form is postcard's, whose layout
//! follows the order of the fields: append fields, never reorder them, and raise
//! the format byte of the seal when a record changes otherwise.

use alloc::{string::String, vec::Vec};
use core::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{
    AccountId, Channel, DomainId, Ending, OtpId, Recipient, Tally, Template, TransactionContext,
};
use crate::{
    Algorithm, CodePolicy, Digits, Period, Secret, SecretError, Totp, TotpState, UnixTime,
};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Domain {
    pub(super) name: Option<String>,
    pub(super) created_at: UnixTime,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) created_at: UnixTime,
    /// What the user verifies with.
    pub(super) credential: Option<Credential>,
    /// What is being enrolled, to replace the credential once confirmed.
    pub(super) pending: Option<Pending>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Credential {
    secret: StoredSecret,
    pub(super) algorithm: Algorithm,
    pub(super) digits: Digits,
    pub(super) period: Period,
    pub(super) state: TotpState,
    pub(super) tally: Tally,
}

impl Credential {
    pub(super) fn new(
        secret: &Secret,
        algorithm: Algorithm,
        digits: Digits,
        period: Period,
    ) -> Self {
        Self {
            secret: StoredSecret(secret.expose_bytes().to_vec()),
            algorithm,
            digits,
            period,
            state: TotpState::default(),
            tally: Tally::default(),
        }
    }

    pub(super) fn secret(&self) -> Result<Secret, SecretError> {
        Secret::from_bytes(self.secret.0.as_slice())
    }

    /// Whether `code` is the one accepted last, though its step has left the window:
    /// a client that tries again for minutes is no guesser.
    pub(super) fn accepted_last(&self, totp: &Totp, code: &str) -> bool {
        let last = self.state.last_step.map(|step| totp.at_step(step));
        last.is_some_and(|last| last.as_str().as_bytes().ct_eq(code.as_bytes()).into())
    }

    /// Takes over the steps that `old` has burned if it makes the same codes: a
    /// secret that is enrolled once more spends none of them twice.
    pub(super) fn keep_burned(&mut self, old: &Self) {
        let same = self.secret.0 == old.secret.0
            && (self.algorithm, self.period) == (old.algorithm, old.period);
        if same {
            self.state.last_step = self.state.last_step.max(old.state.last_step);
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Pending {
    pub(super) credential: Credential,
    /// The keyed name of the only ticket that opens it.
    pub(super) ticket: [u8; 16],
    pub(super) expires_at: UnixTime,
}

#[derive(Clone, Serialize, Deserialize)] // no Debug: it names the user
pub(super) struct TicketRecord {
    pub(super) account: AccountId,
    pub(super) domain: DomainId,
    pub(super) user_id: String,
    pub(super) account_name: String,
    pub(super) issuer: String,
}

/// All that decides whether a code sent to this recipient is accepted, in one
/// record, so that one swap both judges and records.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct RecipientRecord {
    pub(super) tally: Tally,
    /// When messages went out, oldest first, as far back as the limits look.
    pub(super) sends: Vec<UnixTime>,
    pub(super) challenges: Vec<Challenge>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Challenge {
    pub(super) id: OtpId,
    pub(super) mac: [u8; 32],
    pub(super) created_at: UnixTime,
    pub(super) expires_at: UnixTime,
    pub(super) attempts: u16,
    pub(super) state: ChallengeState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum ChallengeState {
    Live,
    Used,
    Cancelled,
    Exhausted,
}

/// The message side of a challenge. Nothing here decides whether a code is
/// accepted, so a provider's callback can change nothing but this.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Envelope {
    pub(super) domain: DomainId,
    pub(super) recipient: Recipient,
    pub(super) template: Option<Template>,
    pub(super) ending: Ending,
    pub(super) context: Option<TransactionContext>,
    pub(super) policy: CodePolicy,
    pub(super) channel: Channel,
    pub(super) delivery: DeliveryState,
    pub(super) delivery_at: UnixTime,
}

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DeliveryState {
    /// Waiting in the outbox.
    Queued,
    /// Taken by a provider.
    Sent,
    /// Reported as received.
    Delivered,
    /// Refused for good.
    Failed,
    /// Not sent in time, and dropped.
    Expired,
}

impl DeliveryState {
    /// The stable name of this state, the same in every language.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct StoredSecret(Vec<u8>);

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}
