use std::{fmt, io};

use crate::master_key::MasterKeyError;

/// Why a component cannot be run. For the person at the console.
#[derive(Debug)]
#[non_exhaustive]
pub enum ComponentError {
    /// The file could not be read.
    Unreadable(io::Error),
    /// There is no engine for components on this machine, or no thread to stop them.
    Engine(String),
    /// The file is no component.
    NoComponent(String),
    /// The component imports what this host does not have, or does not export the flows.
    OtherWorld(String),
    /// The component failed when it was tried.
    Trial(String),
    /// The component makes other names of the same keys.
    OtherKeys,
    /// The key file could not be used.
    Keys(MasterKeyError),
}

impl fmt::Display for ComponentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(error) => error.fmt(f),
            Self::Engine(reason) => write!(f, "components cannot run on this machine: {reason}"),
            Self::NoComponent(reason) => write!(
                f,
                "this is no WebAssembly component: {reason}; give the keyfob-service.wasm of this version"
            ),
            Self::OtherWorld(reason) => write!(
                f,
                "this component is not keyfob's service: {reason}; give the keyfob-service.wasm of this version, not that of the generator"
            ),
            Self::Trial(reason) => write!(f, "the component fails when it is started: {reason}"),
            Self::OtherKeys => f.write_str(
                "the component makes other names of the same keys and would find nothing in the database; give the keyfob-service.wasm of this version",
            ),
            Self::Keys(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ComponentError {}
