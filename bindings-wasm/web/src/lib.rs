//! keyfob for JavaScript: what the files in `../js` call.
//!
//! Nothing here is the package's interface, which is `../../../bindings-js/index.d.ts`. This translates:
//! 64-bit numbers come as two halves, options as numbers and texts, and every error of the
//! core becomes a `KeyfobError` with its `code`, its message and the argument's name.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

mod bridge;
mod enrolment;
#[cfg(feature = "service")]
mod given;
mod hotp;
#[cfg(feature = "service")]
mod message;
#[cfg(feature = "service")]
mod migration;
mod number;
mod object;
#[cfg(feature = "service")]
mod png;
#[cfg(feature = "service")]
mod policy;
mod qr;
#[cfg(feature = "service")]
mod recovery;
mod refusal;
mod secret;
#[cfg(feature = "service")]
mod service;
mod totp;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();

/// Nothing that is given from outside leads here; what does is a defect, and ends the call.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
