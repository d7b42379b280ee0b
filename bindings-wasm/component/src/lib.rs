//! The worlds of `wit/` over `keyfob`. Everything here translates types; every rule is
//! core's.
//!
//! Built for `wasm32-unknown-unknown` without std, so that a component imports exactly
//! what its world says. On any other target it only compiles, for the lints.
#![cfg_attr(target_arch = "wasm32", no_std)]

extern crate alloc;

/// What `wit-bindgen` makes of `wit/`.
#[allow(unsafe_code, unreachable_pub, unused_qualifications, clippy::all, clippy::pedantic)]
mod bindings {
    #[cfg(not(feature = "authenticator"))]
    wit_bindgen::generate!({ world: "generator", path: "../../wit", generate_all });
    #[cfg(all(feature = "authenticator", not(feature = "service")))]
    wit_bindgen::generate!({ world: "authenticator", path: "../../wit", generate_all });
    #[cfg(feature = "service")]
    wit_bindgen::generate!({ world: "service", path: "../../wit", generate_all });

    export!(Component with_types_in self);

    use super::Component;
}

use bindings::exports::keyfob::otp::{self as exports, types};

mod codes;
#[cfg(feature = "authenticator")]
mod enrolment;
mod fault;
mod hotp;
#[cfg(feature = "service")]
mod messages;
#[cfg(feature = "authenticator")]
mod migration;
#[cfg(feature = "authenticator")]
mod qr;
mod secrets;
#[cfg(feature = "service")]
mod service;
mod totp;

/// Implements every exported interface.
struct Component;

#[cfg(target_arch = "wasm32")]
mod runtime {
    #[global_allocator]
    static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

    /// Nothing that is passed in panics; should anything, the instance ends.
    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }
}
