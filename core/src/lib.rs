//! One-time passwords: HOTP (RFC 4226), TOTP (RFC 6238), sent codes, enrolment
//! URIs and QR codes, and the flows of a whole one-time-password service.
//!
//! The crate is `no_std` with `alloc`, forbids `unsafe`, and touches nothing
//! outside itself: **time is a parameter** (Unix seconds) and **entropy comes
//! through a trait** ([`Entropy`]), so every behaviour can be replayed.
//!
//! ```text
//!  service     flows over ports: users, challenges, limits, sealed records
//!  enrolment   otpauth URIs, labels, otpauth-migration, QR codes
//!  (root)      Secret, Algorithm, Hotp, Totp, Code, CodePolicy, RecoveryCode
//! ```
//!
//! # Outcomes and errors
//!
//! A wrong, replayed or expired code is an *outcome*: a value, and so is what cannot be a
//! code. Malformed arguments and misuse are *errors*. Both have a stable kebab-case `code()`, the same in
//! every language keyfob is used from. Nothing a user can type panics.
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::std_instead_of_core, clippy::alloc_instead_of_core)]
#![cfg_attr(test, allow(clippy::unwrap_used))] // a test that unwraps wrongly fails, which is its job

extern crate alloc;
#[cfg(any(test, feature = "contract-tests"))]
extern crate std;

#[macro_use]
mod stable_codes;

mod algorithm;
mod code;
#[cfg(feature = "enrolment")]
pub mod enrolment;
mod entropy;
mod error;
mod hotp;
mod mac;
mod matches;
mod policy;
mod recovery;
mod secret;
#[cfg(feature = "service")]
pub mod service;
mod steam;
mod timing;
mod totp;

pub use algorithm::Algorithm;
pub use code::{Code, Digits};
pub use entropy::{Entropy, EntropyUnavailable};
pub use error::{Error, ParameterError};
pub use hotp::{Hotp, HotpOutcome, LookAhead};
pub use policy::{Alphabet, CodePolicy, RandomCode};
pub use recovery::{RecoveryCode, RecoveryHash, RecoveryOutcome, RecoverySet};
pub use secret::{Secret, SecretError};
pub use steam::Steam;
pub use timing::{DriftLimit, Period, Window};
pub use totp::{Totp, TotpOutcome, TotpParameters, TotpState};
/// Wiped when dropped: what texts that hold secrets come in. Its `Debug` is that of
/// what it holds.
pub use zeroize::Zeroizing;

/// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
pub type UnixTime = u64;

/// The examples of the README are tests, too.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
mod readme {}
