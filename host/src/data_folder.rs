//! The data folder: a database and the master key file that opens it. The service
//! and every command on its data open it here, so that none of them runs with a key
//! that does not belong to the database.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use keyfob::{
    UnixTime,
    service::{KeyRing, PortError, Service, ServicePolicy, plausible_replay_floor},
};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};

use crate::{
    clock::{Clock as _, SystemClock},
    entropy::SystemEntropy,
    master_key::{self, MasterKeyError},
    owner::{self, Untrusted},
    storage::{
        OpenOptions, Sqlite, StorageError,
        sqlite::{self, Restored},
    },
};

/// The name of the master key file within the data folder.
pub const MASTER_KEY: &str = "master.key";

/// An open data folder.
#[derive(Debug)]
pub struct DataFolder {
    /// The records.
    pub store: Sqlite,
    /// The rules, with the folder's keys and replay floor.
    pub service: Service,
}

impl DataFolder {
    /// Opens the folder of a service that has run before.
    ///
    /// # Errors
    /// [`DataFolderError`]; above all when the database or the key file is missing,
    /// or the one does not belong to the other.
    pub fn open(data: &Path, policy: ServicePolicy) -> Result<Self, DataFolderError> {
        if !is_there(data, sqlite::DATABASE)? {
            return Err(StorageError::Missing(data.to_owned()).into());
        }
        let keys = read_keys(data)?;
        Self::assemble(data, keys, policy)
    }

    /// As [`open`](Self::open), but makes the folder, the key file and the database
    /// where there are none of them yet.
    ///
    /// # Errors
    /// As for [`open`](Self::open): a database without its key file is never given a
    /// new one, for nothing in it could be read any more. [`DataFolderError::Untrusted`]
    /// when others put the folder or the key file there, or could have. Commands do not
    /// ask that: root runs them on the folder of the service's user.
    pub fn create_or_open(data: &Path, policy: ServicePolicy) -> Result<Self, DataFolderError> {
        create_private_folder(data).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
                DataFolderError::NoFolder(data.to_owned())
            }
            _ => DataFolderError::Io(data.to_owned(), error),
        })?;
        refuse_untrusted(data, owner::refuse_folder)?;
        let key_file = data.join(MASTER_KEY);
        if !is_there(data, sqlite::DATABASE)? && !is_there(data, MASTER_KEY)? {
            master_key::create(&key_file)
                .map_err(|error| DataFolderError::MasterKey(key_file.clone(), error))?;
        }
        if is_there(data, MASTER_KEY)? {
            refuse_untrusted(&key_file, owner::refuse_file)?;
        }
        Self::assemble(data, read_keys(data)?, policy)
    }

    fn assemble(
        data: &Path,
        keys: KeyRing,
        policy: ServicePolicy,
    ) -> Result<Self, DataFolderError> {
        let store = Sqlite::open(data, OpenOptions { create: true }, &keys)?;
        check_keys(&store, &keys, data)?;
        let service = Service::new(keys, policy, replay_floor(&store)?);
        Ok(Self { store, service })
    }
}

/// Replaces the database in the folder `data` by `backup`; see [`sqlite::restore`].
///
/// # Errors
/// [`DataFolderError::KeyMismatch`] naming a backup whose records the key file in
/// `data` does not open; the errors of reading the key and of restoring.
pub fn restore(backup: &Path, data: &Path, now: UnixTime) -> Result<Restored, DataFolderError> {
    let keys = read_keys(data)?;
    check_backup(backup, &keys)?;
    Ok(sqlite::restore(backup, data, &keys, now)?)
}

fn check_backup(backup: &Path, keys: &KeyRing) -> Result<(), DataFolderError> {
    let foreign = |_| StorageError::Foreign(backup.to_owned());
    match sealed_check_of(backup).map_err(foreign)? {
        Some(sealed) if is_own(keys, &sealed) => Ok(()),
        _ => Err(DataFolderError::KeyMismatch(backup.to_owned())),
    }
}

/// Why a data folder was not opened. For the person at the console.
#[derive(Debug)]
#[non_exhaustive]
pub enum DataFolderError {
    /// The database could not be opened.
    Storage(StorageError),
    /// There is a file where the folder should be.
    NoFolder(PathBuf),
    /// There is a database, but no key file beside it.
    KeyMissing(PathBuf),
    /// The key file could not be used.
    MasterKey(PathBuf, MasterKeyError),
    /// The key file belongs to another database.
    KeyMismatch(PathBuf),
    /// The folder or the key file may be somebody else's.
    Untrusted(PathBuf, Untrusted),
    /// The folder could not be made.
    Io(PathBuf, io::Error),
    /// The database did not answer.
    Port(PortError),
}

impl DataFolderError {
    /// The stable kebab-case name of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Storage(error) => error.code(),
            Self::NoFolder(_) => "data-folder-is-a-file",
            Self::KeyMissing(_) => "master-key-missing",
            Self::MasterKey(_, error) => error.code(),
            Self::KeyMismatch(_) => "master-key-mismatch",
            Self::Untrusted(..) => "data-folder-untrusted",
            Self::Io(..) => "file-system",
            Self::Port(error) => error.code(),
        }
    }
}

impl fmt::Display for DataFolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(StorageError::Io { path, source: error })
            | Self::MasterKey(path, MasterKeyError::Io(error))
            | Self::Io(path, error)
                if error.kind() == io::ErrorKind::PermissionDenied =>
            {
                write!(
                    f,
                    "not allowed to read or write {}; run this as the user that the service runs as, or with sudo",
                    path.display()
                )
            }
            Self::Storage(error) => error.fmt(f),
            Self::NoFolder(path) => {
                write!(f, "{} is a file, or lies in one; name the data folder", path.display())
            }
            Self::KeyMissing(path) => write!(
                f,
                "{} is missing, and without it nothing in the database can be read; put your copy of it there",
                path.display()
            ),
            Self::MasterKey(path, error) => write!(f, "{}: {error}", path.display()),
            Self::KeyMismatch(path) => write!(
                f,
                "{} was not written with the keys in {MASTER_KEY}; put the key file that belongs to it in the data folder",
                path.display()
            ),
            Self::Untrusted(path, reason) => write!(f, "{}: {reason}", path.display()),
            Self::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Port(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DataFolderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Storage(error) => Some(error),
            Self::MasterKey(_, error) => Some(error),
            Self::Io(_, error) => Some(error),
            Self::Port(error) => Some(error),
            Self::NoFolder(_)
            | Self::KeyMissing(_)
            | Self::KeyMismatch(_)
            | Self::Untrusted(..) => None,
        }
    }
}

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

/// The stored floor, or the present if it lies in the future. The stored one stays: the
/// clock may be the one that is wrong.
fn replay_floor(store: &Sqlite) -> Result<UnixTime, PortError> {
    let (stored, now) = (store.replay_floor()?, SystemClock::default().now());
    let floor = plausible_replay_floor(stored, now);
    if floor != stored {
        tracing::warn!(
            stored,
            taken = floor,
            "the replay floor lies in the future; a clock was wrong, or somebody wrote to the database"
        );
    }
    Ok(floor)
}

/// Where the database keeps a value that only its own keys open.
const CHECK: &str = "key_check";

/// Not to be allowed to look is an error: taken for "no", it would send the person the
/// wrong way.
fn is_there(data: &Path, name: &str) -> Result<bool, DataFolderError> {
    let path = data.join(name);
    path.try_exists().map_err(|error| match error.kind() {
        io::ErrorKind::NotADirectory => DataFolderError::NoFolder(data.to_owned()),
        _ => DataFolderError::Io(path, error),
    })
}

fn read_keys(data: &Path) -> Result<KeyRing, DataFolderError> {
    let path = data.join(MASTER_KEY);
    match master_key::read(&path) {
        Ok(keys) => Ok(keys),
        Err(MasterKeyError::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
            Err(DataFolderError::KeyMissing(path))
        }
        Err(error) => Err(DataFolderError::MasterKey(path, error)),
    }
}

/// The first keys to open a database are its keys; no others are let near it.
fn check_keys(store: &Sqlite, keys: &KeyRing, data: &Path) -> Result<(), DataFolderError> {
    match store.meta_get(CHECK)? {
        Some(sealed) if is_own(keys, &sealed) => Ok(()),
        Some(_) => Err(DataFolderError::KeyMismatch(data.join(sqlite::DATABASE))),
        None => Ok(seal_check(store, keys)?),
    }
}

/// Seals the check under the newest key. It is done last: as long as it is under an older
/// one, records may be.
pub(crate) fn seal_check(store: &Sqlite, keys: &KeyRing) -> Result<(), PortError> {
    let sealed = keys.seal(CHECK.as_bytes(), &keys.fingerprint(), &mut SystemEntropy)?;
    store.meta_set(CHECK, &sealed)
}

/// The number of the key that the check is sealed under.
pub(crate) fn check_key(store: &Sqlite) -> Result<Option<u32>, PortError> {
    Ok(store.meta_get(CHECK)?.and_then(|sealed| KeyRing::key_of(&sealed)))
}

fn is_own(keys: &KeyRing, sealed: &[u8]) -> bool {
    let opened = keys.open(CHECK.as_bytes(), sealed);
    opened.is_some_and(|fingerprint| fingerprint.as_slice() == keys.fingerprint())
}

fn sealed_check_of(backup: &Path) -> rusqlite::Result<Option<Vec<u8>>> {
    let connection = Connection::open_with_flags(backup, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection
        .query_row("SELECT value FROM meta WHERE name = ?1", [CHECK], |row| row.get(0))
        .optional()
}

fn refuse_untrusted(
    path: &Path,
    refuse: fn(&Path) -> io::Result<Result<(), Untrusted>>,
) -> Result<(), DataFolderError> {
    let judged = refuse(path).map_err(|error| DataFolderError::Io(path.to_owned(), error))?;
    judged.map_err(|reason| DataFolderError::Untrusted(path.to_owned(), reason))
}

fn create_private_folder(data: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for each test, gone with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("keyfob-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Self(path)
        }

        fn start(&self) -> Result<DataFolder, DataFolderError> {
            let folder = DataFolder::create_or_open(&self.0, ServicePolicy::default())?;
            folder.store.close()?;
            Ok(folder)
        }

        fn open_code(&self) -> &'static str {
            match DataFolder::open(&self.0, ServicePolicy::default()) {
                Ok(_) => "opened",
                Err(error) => error.code(),
            }
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn a_command_makes_no_folder_and_a_service_makes_a_private_one() {
        let folder = Folder::new("private");
        assert_eq!(folder.open_code(), "database-missing");
        assert!(!folder.0.exists());
        folder.start().unwrap();
        assert_eq!(folder.open_code(), "opened");
        #[cfg(unix)]
        for (path, mode) in [("", 0o700), (MASTER_KEY, 0o600), (sqlite::DATABASE, 0o600)] {
            use std::os::unix::fs::PermissionsExt;
            let found = fs::metadata(folder.0.join(path)).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode, "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_service_takes_no_folder_that_others_may_write_to() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new("planted");
        fs::create_dir(&folder.0).unwrap();
        let allow = |mode| fs::set_permissions(&folder.0, fs::Permissions::from_mode(mode));
        for mode in [0o770, 0o707, 0o1777] {
            allow(mode).unwrap();
            let error = folder.start().unwrap_err();
            assert_eq!(error.code(), "data-folder-untrusted", "{mode:o}");
            assert!(error.to_string().contains("chmod go-w"));
            assert!(!folder.0.join(MASTER_KEY).exists(), "nothing is made there");
        }
        allow(0o750).unwrap();
        folder.start().unwrap();
    }

    #[test]
    fn what_cannot_be_read_is_not_called_missing() {
        let folder = Folder::new("file");
        fs::write(&folder.0, "").unwrap();
        assert_eq!(folder.open_code(), "data-folder-is-a-file");
        assert_eq!(folder.start().unwrap_err().code(), "data-folder-is-a-file");
        fs::remove_file(&folder.0).unwrap();

        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let path = || PathBuf::from("/var/lib/keyfob");
        for error in [
            DataFolderError::Io(path(), denied()),
            DataFolderError::MasterKey(path(), MasterKeyError::Io(denied())),
            DataFolderError::Storage(StorageError::Io { path: path(), source: denied() }),
        ] {
            let text = error.to_string();
            assert!(text.starts_with("not allowed to read or write /var/lib/keyfob; "), "{text}");
        }
    }

    #[test]
    fn a_database_without_its_keys_is_not_given_new_ones() {
        let folder = Folder::new("keyless");
        folder.start().unwrap();
        fs::remove_file(folder.0.join(MASTER_KEY)).unwrap();
        assert_eq!(folder.open_code(), "master-key-missing");
        assert_eq!(folder.start().unwrap_err().code(), "master-key-missing");
        assert!(!folder.0.join(MASTER_KEY).exists());
    }

    #[test]
    fn the_keys_of_another_database_are_refused_even_half_of_them() {
        let (folder, other) = (Folder::new("mine"), Folder::new("theirs"));
        folder.start().unwrap();
        other.start().unwrap();
        let read = |folder: &Folder| fs::read_to_string(folder.0.join(MASTER_KEY)).unwrap();
        let line = |text: &str, word: &str| {
            text.lines().find(|line| line.starts_with(word)).unwrap().to_owned()
        };
        let (mine, theirs) = (read(&folder), read(&other));
        for (root, seal) in [(&theirs, &theirs), (&mine, &theirs), (&theirs, &mine)] {
            let text = format!("{}\n{}\n", line(root, "root"), line(seal, "seal"));
            fs::write(folder.0.join(MASTER_KEY), text).unwrap();
            assert_eq!(folder.open_code(), "master-key-mismatch");
        }
        fs::write(folder.0.join(MASTER_KEY), mine).unwrap();
        assert_eq!(folder.open_code(), "opened");
    }
}
