//! The native half of the npm package `@keyfob/node`.
//!
//! Its functions are for the JavaScript beside it, which checks types, keeps the handles
//! private and is what people see: `lib/`, `../bindings-js`. They translate and decide nothing.
//! Handles are [`napi`]'s externals and not classes, whose methods look at the class first:
//! 150 ns a call, of the 210 that a whole verification takes.

mod compat;
mod enrolment;
mod fast;
mod hotp;
mod message;
mod migration;
mod number;
mod policy;
mod qr;
mod recovery;
mod secret;
mod service;
mod steam;
mod thrown;
mod totp;

use keyfob::EntropyUnavailable;

/// What the operating system has to offer.
fn entropy(bytes: &mut [u8]) -> Result<(), EntropyUnavailable> {
    getrandom::fill(bytes).map_err(|_| EntropyUnavailable)
}
