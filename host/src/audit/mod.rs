//! The audit trail: what was done, by whom, to whom, and what came of it. No code, no secret,
//! and of a user or recipient only a keyed hash.

mod event;
mod ports;
mod refused_keys;

pub use event::AuditEvent;
pub use ports::{Audited, AuditedPorts};
pub use refused_keys::RefusedKeys;

use keyfob::service::{AccountId, DomainId, KeyRing, MacKey, Recipient, UserId};

/// Who did it, where it was not an API key.
pub mod actor {
    /// Somebody at the command line, or the service by itself.
    pub const LOCAL: &str = "local";
    /// A person on the enrolment page.
    pub const PERSON: &str = "person";
}

/// Names users and recipients in the trail: the same one has the same name, and without the
/// master key nobody can tell whose it is.
#[derive(Debug, Clone)]
pub struct Subjects(MacKey);

impl Subjects {
    /// The names under these keys. They outlive the sealing keys.
    pub fn new(keys: &KeyRing) -> Self {
        Self(keys.mac_key("keyfob audit subjects v1"))
    }

    /// The name of a user.
    pub fn user(&self, account: AccountId, domain: DomainId, user: &UserId) -> [u8; 16] {
        self.name(&[b"user", &account.0, &domain.0, user.as_str().as_bytes()])
    }

    /// The name of a number or address.
    pub fn recipient(&self, account: AccountId, domain: DomainId, to: &Recipient) -> [u8; 16] {
        self.name(&[b"recipient", &account.0, &domain.0, to.canonical().as_bytes()])
    }

    fn name(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mac = self.0.mac(parts);
        std::array::from_fn(|at| mac[at])
    }
}
