//! Where the service keeps its records. Every store here runs the contract suite
//! that the core exports.

mod memory;
pub mod sqlite;

pub use memory::Memory;
pub use sqlite::{OpenOptions, Sqlite, StorageError};
