//! How a code is verified where nobody thought of two requests at once: load,
//! compare, then write over whatever is there by now.

use std::sync::{Arc, Mutex};

use keyfob::{
    Secret,
    service::{
        FlowPorts, Key, KeyKind, Outcome, PortError, Ports, Record, ServiceError, Storage, Version,
    },
};

use crate::model::{Credential, Policy};

/// The states that its records point to.
pub type Snapshots = Arc<Mutex<Vec<Credential>>>;

pub async fn verify(
    ports: &FlowPorts,
    user: usize,
    secret: Secret,
    code: &str,
    policy: &Policy,
    snapshots: &Snapshots,
) -> Result<Outcome, ServiceError> {
    let key = Key::new(KeyKind::User, [0; 16], [user as u8; 16]);
    let now = ports.now();
    let mut credential = match ports.storage().load(&key, now).await? {
        Some(stored) => snapshots.lock().expect("not poisoned")[index(&stored.bytes)?].clone(),
        None => Credential::new(secret),
    };
    let (outcome, _) = credential.attempt(code, now, policy);
    if matches!(outcome, Outcome::Accepted | Outcome::Mismatch { .. }) {
        let bytes = keep(snapshots, credential);
        let found = ports.storage().load(&key, now).await?.map(|stored| stored.version);
        let version = Version(found.map_or(1, |found| found.0 + 1));
        let record = Record { version, bytes, expires_at: None };
        let _ = ports.storage().swap(&key, found, Some(record), now).await?;
    }
    Ok(outcome)
}

fn keep(snapshots: &Snapshots, credential: Credential) -> Vec<u8> {
    let mut snapshots = snapshots.lock().expect("not poisoned");
    snapshots.push(credential);
    (snapshots.len() as u64 - 1).to_le_bytes().to_vec()
}

fn index(bytes: &[u8]) -> Result<usize, PortError> {
    let bytes = bytes.try_into().map_err(|_| PortError::Unavailable)?;
    Ok(u64::from_le_bytes(bytes) as usize)
}
