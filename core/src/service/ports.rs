use alloc::{string::String, vec::Vec};
use core::{error, fmt};

use zeroize::Zeroizing;

use super::{Channel, Key, Language, MessageId, OtpId, Outcome, Phone, Recipient, SimSwapCheck};
use crate::{EntropyUnavailable, ParameterError, UnixTime};

/// A key-value store with compare-and-swap and expiry: all that the service asks
/// of a database. Memory, SQLite, PostgreSQL, Redis, DynamoDB and Durable Objects
/// can all provide it.
///
/// # Contract
///
/// - **Durable before the answer.** When [`swap`](Self::swap) or
///   [`add`](Self::add) has answered, the write survives a crash. A store that
///   answers earlier lets a used code in a second time: that is a breach, not a
///   slow path. If it is not known whether a write took place, answer
///   [`PortError::Unavailable`]; the flow then reveals nothing.
/// - **One order.** All callers see one sequence of swaps for a key. Reading from
///   a replica that lags is allowed in `load` only, since a stale load ends in a
///   conflict; `swap` and `add` go to the primary.
/// - **Expiry to the second.** A record with `expires_at` T is absent from the
///   second T on, whether or not it has been removed. Removing it later is the
///   store's own affair.
/// - Stores never interpret the bytes: they are sealed, and so are the keys'
///   private parts.
///
/// Every adapter proves this by running the suite of the `contract-tests` feature.
#[allow(async_fn_in_trait)] // no Send bound on purpose: single-threaded hosts implement this too
pub trait Storage {
    /// The record at `key`, if it is there and has not expired at `now`.
    async fn load(&self, key: &Key, now: UnixTime) -> Result<Option<Stored>, PortError>;

    /// Replaces the record at `key` if its version is `expected`, where `None`
    /// means that there is no (unexpired) record. `record` of `None` removes it.
    /// The new record is stored under the version it carries.
    async fn swap(
        &self,
        key: &Key,
        expected: Option<Version>,
        record: Option<Record>,
        now: UnixTime,
    ) -> Result<Swap, PortError>;

    /// Adds `amount`, which may be negative, to a counter and returns the sum, in one
    /// atomic step. A counter that is absent or expired starts from zero. A sum stops at
    /// zero and at `u64::MAX`, or at the largest number that the store can hold if that is
    /// less, and never wraps. Adding nothing reads the sum, and need not write.
    async fn add(&self, counter: &Counter, amount: i64, now: UnixTime) -> Result<u64, PortError>;

    /// As [`add`](Self::add) for each of `additions`, and returns the sums in their order.
    /// Each is atomic; all of them together need not be, but a store that makes them one
    /// write, as SQLite does, makes sending cheaper.
    async fn add_all(
        &self,
        additions: &[(Counter, i64)],
        now: UnixTime,
    ) -> Result<Vec<u64>, PortError> {
        let mut sums = Vec::with_capacity(additions.len());
        for (counter, amount) in additions {
            sums.push(self.add(counter, *amount, now).await?);
        }
        Ok(sums)
    }
}

/// What the outside world must provide for the service to run: a store, a clock,
/// entropy, and ways to reach people.
#[allow(async_fn_in_trait)] // as for `Storage`
pub trait Ports {
    /// The kind of store.
    type Storage: Storage;

    /// The store.
    fn storage(&self) -> &Self::Storage;

    /// The server's time. Never a client's: a caller who moves the clock moves
    /// every limit.
    fn now(&self) -> UnixTime;

    /// Fills `bytes` from the operating system's generator, or fails.
    fn fill_random(&self, bytes: &mut [u8]) -> Result<(), EntropyUnavailable>;

    /// Told what became of a code, just before the swap that records it: a host may write
    /// both in one transaction. If the swap loses to another writer, the code is judged again
    /// and this is told again; outcomes that record nothing are not told.
    fn judged(&self, outcome: &Outcome) {
        let _ = outcome;
    }

    /// Takes a message for delivery. Answering means that it is durably queued or
    /// handed over; the code in it must not be stored readable.
    async fn deliver(&self, message: Message) -> Result<Receipt, PortError>;

    /// Whether the SIM of `phone` changed within the last `max_age_hours`.
    /// "Not known" is [`SimSwap::Unknown`], never an error and never "no".
    async fn sim_swap(&self, phone: &Phone, max_age_hours: u16) -> Result<SimSwap, PortError>;

    /// Hears what each check found, also those for which nobody was asked: to be counted.
    /// Nothing depends on it.
    fn sim_swap_checked(&self, _check: &SimSwapCheck) {}
}

/// Distinguishes one state of a record from every other. Stores only compare it.
///
/// The first version of a record is random and each write adds one, so a record
/// that was removed and made again never answers to its predecessor's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Version(pub u64);

/// A record to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The version it is stored under.
    pub version: Version,
    /// The sealed body.
    pub bytes: Vec<u8>,
    /// The second from which it counts as absent.
    pub expires_at: Option<UnixTime>,
}

/// A record as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The version to give as `expected` in a swap.
    pub version: Version,
    /// The sealed body.
    pub bytes: Vec<u8>,
}

/// The answer to a swap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Swap {
    /// The record was as expected and is now as asked.
    Swapped,
    /// The record was not as expected; nothing was written.
    Conflict,
}

/// A counter with an end: what limits over many credentials count in.
///
/// Its sum never wraps, neither below zero nor past the largest number: a limit that was reached
/// would be open again. At the largest number it stays, whatever is added, so that the limit stays
/// reached until the counter expires or what was added is taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counter {
    /// What is counted, in which stretch of time.
    pub key: Key,
    /// The second from which it counts as absent.
    pub expires_at: UnixTime,
}

/// A message for one person. It carries the code in clear and must be stored
/// sealed or not at all; its `Debug` shows neither text nor recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The challenge it belongs to, to report its delivery by.
    pub otp_id: OtpId,
    /// Which of the challenge's messages it is, to report its delivery by.
    pub id: MessageId,
    /// The account on whose behalf it is sent.
    pub account: super::AccountId,
    /// How it is to travel.
    pub channel: Channel,
    /// To whom.
    pub recipient: Recipient,
    /// The language of the subject and of a text that is ours, and what a voice says
    /// the digits in.
    pub language: Language,
    /// The subject, for channels that have one.
    pub subject: String,
    /// The text as the person will read or hear it.
    pub text: Zeroizing<String>,
    /// The code in the text, to show it apart from the rest where a message can. The text of
    /// a call spells it.
    pub code: Zeroizing<String>,
    /// The second from which it must no longer be sent.
    pub expires_at: UnixTime,
    /// Where it goes when it does not get through, in the order of preference. Ask
    /// [`fall_back`](super::Service::fall_back) each time.
    pub fallbacks: Vec<Fallback>,
    /// How many seconds to wait before the next of `fallbacks`: for a receipt once it was handed
    /// over, and before that for a provider that takes it. Without, no receipt is waited for, and
    /// [`DEFAULT_PATIENCE`](Self::DEFAULT_PATIENCE) for a provider. A refusal leads there at once.
    pub fallback_after: Option<u64>,
}

impl Message {
    /// How many seconds a channel whose providers fail, or do not take a message now, is tried
    /// before the next one, where [`fallback_after`](Self::fallback_after) does not say.
    pub const DEFAULT_PATIENCE: u64 = 20;
}

/// Another way for the same code.
#[derive(Clone, PartialEq, Eq)]
pub struct Fallback {
    /// How it is to travel.
    pub channel: Channel,
    /// To whom.
    pub recipient: Recipient,
    /// The text as the person will read or hear it.
    pub text: Zeroizing<String>,
}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fallback").field("channel", &self.channel).finish_non_exhaustive()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("otp_id", &self.otp_id)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

/// What became of a message when it was given for delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Receipt {
    /// It waits in a durable queue.
    Queued,
    /// A provider has it.
    Sent,
}

impl Receipt {
    /// Every receipt.
    pub const ALL: [Self; 2] = [Self::Queued, Self::Sent];

    /// The stable kebab-case name of this receipt, the same in every language.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
        }
    }
}

stable_words!(Receipt, code, ParameterError::Receipt);

/// The answer of a SIM-swap check. Three-valued: an operator may not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum SimSwap {
    /// The SIM changed within the time asked about.
    Swapped,
    /// It did not.
    NotSwapped,
    /// The operator could not or would not tell.
    Unknown,
}

impl SimSwap {
    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Swapped, Self::NotSwapped, Self::Unknown];

    /// The stable kebab-case name of this answer, the same in every language.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Swapped => "swapped",
            Self::NotSwapped => "not-swapped",
            Self::Unknown => "unknown",
        }
    }
}

stable_words!(SimSwap, code, ParameterError::SimSwap);

/// Why the outside world did not answer. Detail belongs in the host's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PortError {
    /// No answer of the store, or not known whether the write took place. Nothing was
    /// accepted.
    Unavailable,
    /// No answer of the provider that was to deliver, or to tell of a SIM.
    ProviderUnavailable,
    /// No provider is configured for what was asked.
    NotConfigured,
    /// The source of random bytes failed.
    Entropy,
}

impl PortError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::Unavailable => "storage-unavailable",
            Self::ProviderUnavailable => "provider-unavailable",
            Self::NotConfigured => "channel-not-configured",
            Self::Entropy => "entropy-unavailable",
        }
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable => {
                "the service cannot reach its store; nothing was accepted, try again shortly"
            }
            Self::ProviderUnavailable => {
                "the provider does not answer; try again shortly or use another channel"
            }
            Self::NotConfigured => {
                "no provider is configured for this; configure one or use another channel"
            }
            Self::Entropy => "the source of random bytes failed, so nothing was generated",
        })
    }
}

impl error::Error for PortError {}

impl From<EntropyUnavailable> for PortError {
    fn from(_: EntropyUnavailable) -> Self {
        Self::Entropy
    }
}
