use std::path::{Path, PathBuf};
use std::{fmt, io};

/// Why a database could not be opened, saved or restored. For the person at the
/// console; requests only ever see [`PortError`](keyfob::service::PortError).
#[derive(Debug)]
#[non_exhaustive]
pub enum StorageError {
    /// There is no database in this folder.
    Missing(PathBuf),
    /// The file is a database, but not one of keyfob's.
    Foreign(PathBuf),
    /// The database holds something that no keyfob put there, or lacks something.
    Altered(PathBuf),
    /// The database was written by a newer keyfob.
    Newer {
        /// The schema the database has.
        found: i64,
        /// The newest schema this program knows.
        known: i64,
    },
    /// A setting that durability rests on could not be had.
    NotDurable {
        /// The SQLite setting.
        setting: &'static str,
        /// What it is instead of what is needed.
        found: String,
    },
    /// The database was moved away or deleted while it was open.
    Moved(PathBuf),
    /// A service or another command has the folder open.
    InUse(PathBuf),
    /// A restore is under way in the folder.
    Restoring(PathBuf),
    /// There is a file already where one was to be made.
    Exists(PathBuf),
    /// The database is damaged; with what SQLite found first.
    Damaged {
        /// The file.
        path: PathBuf,
        /// SQLite's finding.
        finding: String,
    },
    /// The threads of the store did not end in time. Nothing that was answered is lost.
    StillBusy,
    /// The file system refused.
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// SQLite refused.
    Sqlite(rusqlite::Error),
}

impl StorageError {
    /// The stable kebab-case name of this error.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Missing(_) => "database-missing",
            Self::Foreign(_) => "database-foreign",
            Self::Altered(_) => "database-altered",
            Self::Newer { .. } => "database-newer",
            Self::NotDurable { .. } => "database-not-durable",
            Self::Moved(_) => "database-moved",
            Self::InUse(_) => "database-in-use",
            Self::Restoring(_) => "database-restoring",
            Self::Exists(_) => "file-exists",
            Self::Damaged { .. } => "database-damaged",
            Self::StillBusy => "database-still-busy",
            Self::Io { .. } => "file-system",
            Self::Sqlite(_) => "database",
        }
    }

    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => {
                write!(
                    f,
                    "there is no database in {}; start the service there once, or name another folder",
                    path.display()
                )
            }
            Self::Foreign(path) => {
                write!(
                    f,
                    "{} is not a keyfob database; name the right file or folder",
                    path.display()
                )
            }
            Self::Altered(path) => write!(
                f,
                "{} was altered or isn't keyfob's: its tables, indexes, triggers and views are not those that keyfob makes; restore a backup that nobody else could write to",
                path.display()
            ),
            Self::Newer { found, known } => write!(
                f,
                "the database has schema {found} and this keyfob knows {known}; use the keyfob that wrote it, or a newer one"
            ),
            Self::NotDurable { setting, found } => write!(
                f,
                "SQLite runs with {setting}={found}, which can lose accepted codes in a power cut; keep the data on a local disk"
            ),
            Self::Moved(path) => write!(
                f,
                "{} is no longer the file that was opened; put it back, or restart the service",
                path.display()
            ),
            Self::InUse(path) => {
                write!(
                    f,
                    "{} is in use; stop the service and other commands on it first",
                    path.display()
                )
            }
            Self::Restoring(path) => {
                write!(f, "a restore is under way in {}; wait until it is done", path.display())
            }
            Self::Exists(path) => {
                write!(f, "{} exists already; remove it or choose another name", path.display())
            }
            Self::Damaged { path, finding } => {
                write!(f, "{} is damaged ({finding}); restore from another backup", path.display())
            }
            Self::StillBusy => f.write_str(
                "the store is still at work; all that was answered is safe, end the process",
            ),
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Sqlite(error) => write!(f, "SQLite: {error}"),
        }
    }
}

impl std::error::Error for StorageError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Sqlite(error) => Some(error),
            _ => None,
        }
    }
}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}
