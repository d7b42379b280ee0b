//! The data folder: the database, and the master key file that opens its records.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use keyfob::service::{KeyRing, PortError, Service, ServicePolicy};

use crate::{
    master_key::{self, MasterKeyError},
    storage::{OpenOptions, Sqlite, StorageError, sqlite::DATABASE},
};

/// The name of the master key file.
pub const MASTER_KEY: &str = "master.key";

/// An open data folder.
#[derive(Debug)]
pub struct DataFolder {
    /// The records.
    pub store: Sqlite,
    /// The rules, with the keys of this folder.
    pub service: Service,
    /// Whether it was made just now.
    pub is_new: bool,
}

impl DataFolder {
    /// Opens a folder that a service has made before.
    pub fn open(data: &Path, policy: ServicePolicy) -> Result<Self, DataFolderError> {
        let store = Sqlite::open(data, OpenOptions { create: false })?;
        let keys = read_keys(data)?;
        Self::with_keys(store, keys, policy, false)
    }

    /// Opens a folder, making it where there is none.
    pub fn create_or_open(data: &Path, policy: ServicePolicy) -> Result<Self, DataFolderError> {
        if data.join(DATABASE).exists() {
            return Self::open(data, policy);
        }
        let store = Sqlite::open(data, OpenOptions { create: true })?;
        let path = data.join(MASTER_KEY);
        let keys =
            if path.exists() { master_key::read(&path)? } else { master_key::create(&path)? };
        Self::with_keys(store, keys, policy, true)
    }

    fn with_keys(
        store: Sqlite,
        keys: KeyRing,
        mut policy: ServicePolicy,
        is_new: bool,
    ) -> Result<Self, DataFolderError> {
        check_keys(&store, &keys)?;
        policy.replay_floor = store.replay_floor()?;
        Ok(Self { store, service: Service::new(keys, policy), is_new })
    }
}

/// Why a data folder cannot be used.
#[derive(Debug)]
pub enum DataFolderError {
    /// The database cannot be used.
    Storage(StorageError),
    /// The database does not answer.
    Port(PortError),
    /// The master key file cannot be used.
    MasterKey(MasterKeyError),
    /// There is a database but no master key file.
    MasterKeyMissing(PathBuf),
    /// The master key file belongs to another database.
    MasterKeyForeign,
}

impl fmt::Display for DataFolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(error) => error.fmt(f),
            Self::Port(error) => error.fmt(f),
            Self::MasterKey(error) => error.fmt(f),
            Self::MasterKeyMissing(path) => write!(
                f,
                "there is a database but no master key file {}; put back your copy of it, for without it no secret can be read",
                path.display()
            ),
            Self::MasterKeyForeign => f.write_str(
                "the master key file belongs to another database; put back the one that was made with this database",
            ),
        }
    }
}

impl std::error::Error for DataFolderError {}

impl From<StorageError> for DataFolderError {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<PortError> for DataFolderError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<MasterKeyError> for DataFolderError {
    fn from(error: MasterKeyError) -> Self {
        Self::MasterKey(error)
    }
}

/// The fact that only the right keys open, and what is in it.
const KEY_CHECK: &str = "key_check";
const KEY_CHECK_TEXT: &[u8] = b"these keys belong to this database";

fn read_keys(data: &Path) -> Result<KeyRing, DataFolderError> {
    let path = data.join(MASTER_KEY);
    if !path.exists() {
        return Err(DataFolderError::MasterKeyMissing(path));
    }
    Ok(master_key::read(&path)?)
}

/// Wrong keys would answer "no such user" for everyone; better not to start.
fn check_keys(store: &Sqlite, keys: &KeyRing) -> Result<(), DataFolderError> {
    match store.meta_get(KEY_CHECK)? {
        Some(sealed) if keys.open(KEY_CHECK.as_bytes(), &sealed).is_some() => Ok(()),
        Some(_) => Err(DataFolderError::MasterKeyForeign),
        None => {
            let sealed = keys.seal(KEY_CHECK.as_bytes(), KEY_CHECK_TEXT, |bytes| {
                getrandom::fill(bytes).map_err(|_| PortError::Entropy)
            })?;
            Ok(store.meta_set(KEY_CHECK, &sealed)?)
        }
    }
}
