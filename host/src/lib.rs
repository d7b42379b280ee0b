//! The keyfob service as a library, so that tests drive what the binary runs.
#![cfg_attr(test, allow(clippy::unwrap_used))] // a test that unwraps wrongly fails, which is its job

pub mod storage;
