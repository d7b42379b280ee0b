use serde::{Deserialize, Serialize};

use crate::UnixTime;

/// What an operator said of a SIM: the shortest time within which it changed, and the
/// longest within which it did not.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::service) struct SimRecord {
    pub(in crate::service) swapped: Option<SimFinding>,
    pub(in crate::service) not_swapped: Option<SimFinding>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::service) struct SimFinding {
    /// How far back the question went.
    pub(in crate::service) hours: u16,
    pub(in crate::service) at: UnixTime,
}
