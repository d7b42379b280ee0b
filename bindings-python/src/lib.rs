//! The native module of the package `keyfob` on `PyPI`: the engine with Python's types.
//!
//! It translates types and errors and decides nothing; every rule is in the crate
//! `keyfob`. What Python sees is described in `python/keyfob/_native.pyi`.

// Each is part of the shape that pyo3 asks for:
#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    clippy::trivially_copy_pass_by_ref
)]
// The documentation is Python's, and shows Python.
#![allow(rustdoc::invalid_rust_codeblocks)]

mod argument;
mod codes;
mod compatible;
mod counted;
mod defaults;
mod effect;
mod engine;
mod enrolment;
mod error;
mod flow;
mod given;
mod messages;
mod migration;
mod policy;
mod qr;
mod recovery;
mod request;
mod results;
mod secret;
mod steam;
mod timed;

#[pyo3::pymodule(gil_used = false)] // all classes are frozen; two hold a mutex
mod _native {
    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = env!("CARGO_PKG_VERSION");

    #[pymodule_export]
    use super::{
        codes::CodePolicy,
        compatible::CompatibleKey,
        counted::{Hotp, HotpVerification},
        defaults::defaults,
        effect::{Add, AskSimSwap, Deliver, Fallback, Load, Message, Record, Stored, Swap},
        engine::Engine,
        enrolment::{Enrolment, UriWarning, parse_uri, provisioning_uri},
        flow::{Done, Flow},
        messages::{
            Recipient, Segments, check_template, compose, context_bytes, segments, speak, ssml,
        },
        migration::{Migration, Skipped, export_migration, import_migration},
        policy::describe_policy,
        qr::{qr_png, qr_svg, qr_text},
        recovery::{RecoveryResult, RecoverySet},
        secret::{Secret, random_base32},
        steam::Steam,
        timed::{Totp, TotpState, Verification},
    };
}
