use std::fmt;

use keyfob::service::{PortError, ServiceError};

/// Why a flow gave no outcome. Nothing was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlowError {
    /// The flow says so.
    Service(ServiceError),
    /// A field of the request cannot be used, as a component says it: the word and the text of
    /// core's error, whose value stayed in the component.
    Invalid {
        /// The field, under its name in requests.
        field: String,
        /// The stable kebab-case name.
        code: String,
        /// What to do about it.
        text: String,
    },
    /// The engine was stopped, or answered what no engine does. What it had stored stays stored:
    /// an attempt that was counted is counted.
    Failed,
}

impl FlowError {
    /// The stable name of an engine that was stopped.
    pub const FAILED: &'static str = "engine-failed";

    /// The stable kebab-case name of this error.
    pub fn code(&self) -> &str {
        match self {
            Self::Service(error) => error.code(),
            Self::Invalid { code, .. } => code,
            Self::Failed => Self::FAILED,
        }
    }
}

impl fmt::Display for FlowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(error) => error.fmt(f),
            Self::Invalid { field, text, .. } => write!(f, "{field}: {text}"),
            Self::Failed => f.write_str(
                "the engine failed and was stopped; nothing was accepted, try again shortly",
            ),
        }
    }
}

impl std::error::Error for FlowError {}

impl From<ServiceError> for FlowError {
    fn from(error: ServiceError) -> Self {
        Self::Service(error)
    }
}

impl From<PortError> for FlowError {
    fn from(error: PortError) -> Self {
        Self::Service(error.into())
    }
}
