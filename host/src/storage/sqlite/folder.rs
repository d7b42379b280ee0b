//! The data folder: its files, who may see them, and who has it open.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::StorageError;

/// The name of the database within the data folder.
pub const DATABASE: &str = "keyfob.db";

/// Locked shared by everyone who has the folder open and exclusively by a restore,
/// which replaces the file under them. The kernel releases it with the process.
const LOCK: &str = "keyfob.lock";

/// A data folder that this process has open. No restore begins while it lives.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) database: PathBuf,
    identity: Identity,
    _lock: File,
}

impl Folder {
    /// Whether the database is still the file that was opened. Writing on into a
    /// file that was moved away or deleted would be durable nowhere.
    pub(super) fn is_in_place(&self) -> bool {
        identity(&self.database).is_ok_and(|identity| identity == self.identity)
    }
}

pub(super) fn open(data: &Path, create: bool) -> Result<Folder, StorageError> {
    let database = data.join(DATABASE);
    if create {
        create_folder(data)?;
    } else if !database.try_exists().map_err(StorageError::io(&database))? {
        return Err(StorageError::Missing(data.to_owned()));
    }
    let lock = lock_file(data)?;
    match lock.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StorageError::Restoring(data.to_owned())),
        Err(TryLockError::Error(source)) => return Err(StorageError::io(data)(source)),
    }
    if create {
        create_database(data, &database)?;
    }
    let identity = identity(&database).map_err(StorageError::io(&database))?;
    Ok(Folder { database, identity, _lock: lock })
}

/// Takes the folder for a restore, until the file returned is dropped.
pub(super) fn take(data: &Path) -> Result<File, StorageError> {
    create_folder(data)?;
    let lock = lock_file(data)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StorageError::InUse(data.to_owned())),
        Err(TryLockError::Error(source)) => Err(StorageError::io(data)(source)),
    }
}

/// Makes a file that only its owner can read, where there is none.
pub(super) fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes what happened to the names in a folder durable.
pub(super) fn sync(folder: &Path) -> Result<(), StorageError> {
    if cfg!(unix) {
        File::open(folder).and_then(|file| file.sync_all()).map_err(StorageError::io(folder))?;
    }
    Ok(())
}

fn create_folder(data: &Path) -> Result<(), StorageError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data).map_err(StorageError::io(data))
}

/// Makes an empty database. Never opens one that exists: closing a second handle
/// of the file would release the locks that SQLite holds on it in this process.
fn create_database(data: &Path, database: &Path) -> Result<(), StorageError> {
    if database.exists() {
        return Ok(());
    }
    match create_private(database) {
        Ok(file) => file.sync_all().map_err(StorageError::io(database))?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(StorageError::io(database)(error)),
    }
    sync(data)
}

fn lock_file(data: &Path) -> Result<File, StorageError> {
    let path = data.join(LOCK);
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path).map_err(StorageError::io(&path))
}

/// What tells one file from another under the same name: device and inode.
pub(super) type Identity = (u64, u64);

#[cfg(unix)]
pub(super) fn identity(path: &Path) -> std::io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino()))
}

/// Elsewhere an open file can be neither moved nor deleted.
#[cfg(not(unix))]
pub(super) fn identity(path: &Path) -> std::io::Result<Identity> {
    fs::metadata(path).map(|_| (0, 0))
}
