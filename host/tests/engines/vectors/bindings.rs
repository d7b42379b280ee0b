//! What wasmtime makes of `wit/`, for hosts that wait: the host's own never do.
#![allow(
    unreachable_pub,
    unused_qualifications,
    missing_debug_implementations,
    clippy::all,
    clippy::pedantic
)]

wasmtime::component::bindgen!({ world: "service", path: "../wit" });
