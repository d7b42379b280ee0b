//! The rules of a one-time-password service, once, for every host and language.
//!
//! A [`Service`] holds keys and policy and no state of its own. Its flows are
//! `async fn`s over [`Ports`]: a store, a clock, entropy and ways to reach people.
//! A host with async Rust calls them directly; every other language drives them as
//! [`Flow`], a value that asks for one effect at a time.
//!
//! Two rules hold in every flow:
//!
//! - **No outcome is revealed before its attempt is durably recorded.** A crash,
//!   an error or a lost connection never gives a guess back.
//! - **Acceptance and consumption are one compare-and-swap** on the record of the
//!   credential. Of any number of submissions at once, one is accepted.
//!
//! Both follow from one function, through which every change of a record goes: it
//! loads, lets the rule decide, swaps, and only then hands out the rule's answer.

mod challenge;
#[cfg(feature = "contract-tests")]
pub mod contract;
mod domain;
mod enrol;
mod error;
mod flow;
mod key;
mod limits;
mod message;
mod ports;
mod recipient;
mod records;
mod seal;
mod segments;
mod speech;
mod transact;
mod user;

pub use challenge::{ChallengeView, Send, SendRequest, Sent, SimSwapPolicy, SimSwapAction};
