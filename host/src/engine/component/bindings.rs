//! What wasmtime makes of `wit/`.
#![allow(
    unreachable_pub,
    unused_qualifications,
    missing_debug_implementations,
    clippy::all,
    clippy::pedantic
)]

wasmtime::component::bindgen!({
    world: "service",
    path: "../wit",
    imports: { default: async | trappable },
    exports: { default: async },
});
