use alloc::{boxed::Box, sync::Arc, vec::Vec};

use chacha20poly1305::{KeyInit, XChaCha20Poly1305};
use spin::RwLock;

use super::MasterKey;
use crate::ParameterError;

/// Where a [`KeyRing`](super::KeyRing) learns of sealing keys that were added since it was
/// made: a file, a key store.
pub trait KeySource: Send + Sync {
    /// Gives `learn` all sealing keys, from oldest to newest, if they may be others than
    /// when it was last asked. It answers nobody else until `learn` has returned, so that
    /// whoever asks finds what others were just given.
    fn changed(&self, learn: &mut dyn FnMut(Vec<(u32, MasterKey)>));
}

/// The sealing keys that are known, the newest last. Others go on using them while one is
/// added: a reader holds the lock for as long as it takes to copy a pointer.
pub(super) struct SealingKeys {
    known: RwLock<Vec<SealingKey>>,
    source: Option<Box<dyn KeySource>>,
}

/// A sealing key under its number.
#[derive(Clone)]
pub(super) struct SealingKey {
    pub(super) id: u32,
    pub(super) cipher: Arc<XChaCha20Poly1305>,
}

impl SealingKeys {
    pub(super) fn new(id: u32, key: &MasterKey) -> Self {
        Self { known: RwLock::new([SealingKey::new(id, key)].into()), source: None }
    }

    pub(super) fn ask(&mut self, source: impl KeySource + 'static) {
        self.source = Some(Box::new(source));
    }

    pub(super) fn push(&mut self, id: u32, key: &MasterKey) -> Result<(), ParameterError> {
        if self.known_as(id).is_some() {
            return Err(ParameterError::SealingKey);
        }
        self.known.get_mut().push(SealingKey::new(id, key));
        Ok(())
    }

    /// The one that seals.
    pub(super) fn newest(&self) -> SealingKey {
        let known = self.known.read();
        known.last().expect("there is one from the start and none is taken away").clone()
    }

    /// The one of this number. One that is not known may have been added by another process
    /// a moment ago.
    pub(super) fn find(&self, id: u32) -> Option<SealingKey> {
        self.known_as(id).or_else(|| {
            self.refresh();
            self.known_as(id)
        })
    }

    /// Learns what was added.
    pub(super) fn refresh(&self) {
        let Some(source) = &self.source else { return };
        source.changed(&mut |keys| self.learn(&keys));
    }

    fn known_as(&self, id: u32) -> Option<SealingKey> {
        self.known.read().iter().rev().find(|key| key.id == id).cloned()
    }

    /// Those that are no longer given still open what they sealed, as long as this lives.
    fn learn(&self, keys: &[(u32, MasterKey)]) {
        let given = |id: u32| keys.iter().any(|(given, _)| *given == id);
        let mut known = self.known.read().clone();
        known.sort_by_key(|key| given(key.id)); // stable: those that are gone come first
        let gone = known.partition_point(|key| !given(key.id));
        let old = known.split_off(gone);
        known.extend(keys.iter().map(|(id, key)| {
            let same = old.iter().find(|old| old.id == *id).cloned();
            same.unwrap_or_else(|| SealingKey::new(*id, key))
        }));
        if !known.is_empty() {
            *self.known.write() = known;
        }
    }
}

impl SealingKey {
    fn new(id: u32, key: &MasterKey) -> Self {
        let cipher = XChaCha20Poly1305::new(&(*key.derive("keyfob seal v1")).into());
        Self { id, cipher: Arc::new(cipher) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(keys: &SealingKeys) -> Vec<u32> {
        keys.known.read().iter().map(|key| key.id).collect()
    }

    fn key(byte: u8) -> MasterKey {
        MasterKey::new([byte; 32])
    }

    #[test]
    fn the_last_one_given_seals_and_none_that_was_known_is_forgotten() {
        let keys = SealingKeys::new(1, &key(1));
        keys.learn(&[(1, key(1)), (2, key(2))]);
        assert_eq!((ids(&keys), keys.newest().id), ([1, 2].into(), 2));
        keys.learn(&[(2, key(2)), (7, key(7))]);
        assert_eq!(ids(&keys), [1, 2, 7]);
        keys.learn(&[(7, key(7)), (2, key(2))]);
        assert_eq!(ids(&keys), [1, 7, 2]);
        keys.learn(&[]);
        assert_eq!(ids(&keys), [1, 7, 2]);
    }
}
