//! The keyfob service: a REST API, an enrolment page, delivery and storage around
//! the rules of the `keyfob` crate.
#![cfg_attr(test, allow(clippy::unwrap_used))] // a test that unwraps wrongly fails, which is its job

pub mod api_key;
pub mod app;
pub mod audit;
pub mod clock;
pub mod config;
pub mod counts;
pub mod data_folder;
pub mod delivery;
pub mod engine;
pub mod entropy;
pub mod http;
pub mod key_cache;
pub mod master_key;
pub mod metrics;
pub mod open_files;
pub mod owner;
pub mod page;
pub mod phone_numbers;
pub mod purge;
mod readiness;
pub mod rotation;
pub mod serve;
pub mod sim_swap;
pub mod storage;
pub mod webhooks;
