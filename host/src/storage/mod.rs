//! Where the service keeps its records. Every store here runs the contract suite
//! that the core exports.

pub mod sqlite;

pub use sqlite::{OpenOptions, Sqlite, StorageError};
