//! A running service learns of keys that were added to its file.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use keyfob::service::{KeySource, MasterKey};

use super::{Keys, MasterKeyError, edit};

/// The file as it was when it was last read.
pub(super) struct Watch {
    path: PathBuf,
    seen: Mutex<Option<Seen>>,
}

struct Seen {
    root: MasterKey,
    stamp: Stamp,
}

/// What is another after every change of a file.
#[derive(PartialEq, Eq, Clone, Copy)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// Device, inode and the time of the last change of either, in nanoseconds.
    node: (u64, u64, i64, i64),
}

impl Watch {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), seen: Mutex::new(None) }
    }

    pub(super) fn first(&self) -> Result<Keys, MasterKeyError> {
        let stamp = stamp(&self.path)?;
        let keys = Keys::read(&self.path)?;
        let seen = Seen { root: keys.root.clone(), stamp };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        Ok(keys)
    }

    /// A key must be on the disk before anything is sealed with it, whoever wrote the file.
    fn read(&self) -> Result<Keys, MasterKeyError> {
        File::open(&self.path)?.sync_all()?;
        edit::sync_folder(&self.path)?;
        Keys::read(&self.path)
    }
}

impl KeySource for Watch {
    fn changed(&self, learn: &mut dyn FnMut(Vec<(u32, MasterKey)>)) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(seen) = seen.as_mut() else { return };
        let Ok(stamp) = stamp(&self.path) else { return }; // gone for now; what is known goes on
        if seen.stamp == stamp {
            return;
        }
        let read = self.read();
        if !matches!(read, Err(MasterKeyError::Io(_))) {
            seen.stamp = stamp; // what is wrong with the system may be over the next time
        }
        match read {
            Ok(keys) if keys.is_of(&seen.root) => learn(keys.sealing),
            Ok(_) => tracing::error!(
                "the master key file has another root now; it is not used. Put the file back that belongs to this database"
            ),
            Err(error) => {
                tracing::error!(%error, "the master key file changed and cannot be read; the keys known before are used");
            }
        }
    }
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let metadata = fs::metadata(path)?;
    Ok(Stamp { modified: metadata.modified().ok(), length: metadata.len(), node: node(&metadata) })
}

#[cfg(unix)]
fn node(metadata: &fs::Metadata) -> (u64, u64, i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn node(_: &fs::Metadata) -> (u64, u64, i64, i64) {
    (0, 0, 0, 0)
}
