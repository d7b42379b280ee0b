//! The command line as people and scripts meet it: the real binary, its two outputs
//! and its exit status.
#![allow(clippy::unwrap_used)] // a test that unwraps wrongly fails, which is its job

mod audit;
mod codes;
mod configuration;
mod data;
mod enrolment;
mod generated;
mod import;
mod service;
mod support;
