use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::Body;
use crate::{UnixTime, service::domain::DomainSettings};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::service) struct Domain {
    pub(in crate::service) name: Option<String>,
    pub(in crate::service) created_at: UnixTime,
    pub(in crate::service) settings: DomainSettings,
}

impl Body for Domain {
    const FORMAT: u8 = 2;

    /// Format 1 had no settings: none were made.
    fn from_format(format: u8, bytes: &[u8]) -> Option<Self> {
        match format {
            2 => postcard::from_bytes(bytes).ok(),
            1 => {
                let (name, created_at) = postcard::from_bytes(bytes).ok()?;
                Some(Self { name, created_at, settings: DomainSettings::default() })
            }
            _ => None,
        }
    }
}
