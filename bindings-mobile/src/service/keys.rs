use std::collections::{BTreeMap, HashMap};

use keyfob::{
    ParameterError, Zeroizing,
    service::{KeyRing, MasterKey},
};

use crate::{
    error::{KeyfobError, invalid, no_entropy},
    redacted::redacted,
    secret::entropy,
};

type Result<T> = std::result::Result<T, KeyfobError>;

/// The keys of a service, 32 random bytes each. They print as redacted.
///
/// The root key names users and recipients in the store and stays for its life. The sealing keys
/// seal records, by number: the highest seals, the others still open. Without them nothing in
/// the store can be read: keep them where the platform keeps secrets.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct Keys {
    root: Key,
    /// From the lowest number to the highest: the last one seals.
    sealing: Vec<(u32, Key)>,
}

type Key = Zeroizing<[u8; 32]>;

#[uniffi::export]
impl Keys {
    /// Keys that were kept.
    #[uniffi::constructor]
    pub fn new(root: Vec<u8>, sealing: HashMap<u32, Vec<u8>>) -> Result<Self> {
        if sealing.is_empty() {
            return Err(invalid("sealing")(ParameterError::Key));
        }
        let sealing = BTreeMap::from_iter(sealing); // a map of theirs comes in any order
        let sealing =
            sealing.into_iter().map(|(id, bytes)| Ok((id, key(&format!("sealing[{id}]"), bytes)?)));
        Ok(Self { root: key("root", root)?, sealing: sealing.collect::<Result<_>>()? })
    }

    /// New keys: a root key, and a sealing key with the number 1.
    #[uniffi::constructor]
    pub fn generate() -> Result<Self> {
        Ok(Self { root: random_key()?, sealing: vec![(1, random_key()?)] })
    }

    /// The root key, to be kept where the platform keeps secrets.
    pub fn expose_root(&self) -> Vec<u8> {
        self.root.to_vec()
    }

    /// The sealing keys by their numbers, to be kept where the platform keeps secrets.
    pub fn expose_sealing(&self) -> HashMap<u32, Vec<u8>> {
        self.sealing.iter().map(|(id, key)| (*id, key.to_vec())).collect()
    }
}

redacted!(Keys);

impl Keys {
    pub(super) fn ring(&self) -> Result<KeyRing> {
        let root = MasterKey::new(*self.root);
        let sealing = self.sealing.iter().map(|(id, key)| (*id, MasterKey::new(**key)));
        KeyRing::from_keys(&root, sealing).map_err(invalid("sealing"))
    }
}

fn key(argument: &str, bytes: Vec<u8>) -> Result<Key> {
    let bytes = Zeroizing::new(bytes);
    let taken = MasterKey::from_bytes(&bytes).map_err(invalid(argument))?;
    Ok(Zeroizing::new(*taken.expose_bytes()))
}

fn random_key() -> Result<Key> {
    let mut key = Zeroizing::new([0; 32]);
    entropy(&mut *key).map_err(no_entropy)?;
    Ok(key)
}
