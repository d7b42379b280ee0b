use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use keyfob::service::{KeySource as _, MasterKey};

use super::{MasterKeyError, watch::Watch};

/// The keys themselves, for what makes a ring of them elsewhere: a component. They follow the
/// file.
pub struct KeyFile {
    watch: Watch,
    keys: Mutex<Arc<ExposedKeys>>,
}

/// What is in the file.
pub struct ExposedKeys {
    /// What names things.
    pub root: MasterKey,
    /// What seals, from oldest to newest, by their numbers.
    pub sealing: Vec<(u32, MasterKey)>,
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyFile(redacted)")
    }
}

impl fmt::Debug for ExposedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExposedKeys(redacted)")
    }
}

impl KeyFile {
    /// Reads the file.
    ///
    /// # Errors
    /// [`MasterKeyError`].
    pub fn open(path: &Path) -> Result<Self, MasterKeyError> {
        let watch = Watch::new(path);
        let keys = watch.first()?;
        let keys = ExposedKeys { root: keys.root, sealing: keys.sealing };
        Ok(Self { watch, keys: Mutex::new(Arc::new(keys)) })
    }

    /// The keys that are in the file now; those that were, if it cannot be read.
    pub fn current(&self) -> Arc<ExposedKeys> {
        self.watch.changed(&mut |sealing| {
            let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
            *keys = Arc::new(ExposedKeys { root: keys.root.clone(), sealing });
        });
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
