use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::Credential;
use crate::{
    TotpParameters, UnixTime,
    service::{AccountId, DomainId},
};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::service) struct User {
    pub(in crate::service) created_at: UnixTime,
    /// What the user verifies with.
    pub(in crate::service) credential: Option<Credential>,
    /// What is being enrolled, to replace the credential once confirmed.
    pub(in crate::service) pending: Option<Pending>,
}

impl User {
    /// Which codes the user's device makes, or will once it is enrolled.
    pub(in crate::service) fn parameters(&self) -> TotpParameters {
        let pending = self.pending.as_ref().map(|pending| &pending.credential);
        self.credential.as_ref().or(pending).map_or_else(Default::default, |c| c.parameters)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::service) struct Pending {
    pub(in crate::service) credential: Credential,
    /// The keyed name of the only ticket that opens it.
    pub(in crate::service) ticket: [u8; 16],
    pub(in crate::service) expires_at: UnixTime,
}

#[derive(Clone, Serialize, Deserialize)] // no Debug: it names the user
pub(in crate::service) struct TicketRecord {
    pub(in crate::service) account: AccountId,
    pub(in crate::service) domain: DomainId,
    pub(in crate::service) user_id: String,
    pub(in crate::service) account_name: String,
    pub(in crate::service) issuer: String,
}
