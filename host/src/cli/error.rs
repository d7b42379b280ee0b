use std::{fmt, io, path::Path};

/// Why a command could not do its work: a stable name, and a sentence that says
/// what to do next. Never holds any of a secret.
#[derive(Debug)]
pub(super) struct CliError {
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl CliError {
    /// An error of the command line's own.
    pub(super) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// For `map_err` on what was done to a file.
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| match error.kind() {
            io::ErrorKind::NotFound => Self::new(
                "file-not-found",
                format!("{}: there is no such file; check the name", path.display()),
            ),
            _ => Self::new("file-system", format!("{}: {error}", path.display())),
        }
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code, self.message)
    }
}

impl std::error::Error for CliError {}

/// Takes over errors that have a code and say what to do.
macro_rules! from_coded {
    ($($error:ty),+ $(,)?) => {$(
        impl From<$error> for CliError {
            fn from(error: $error) -> Self {
                Self::new(error.code(), error.to_string())
            }
        }
    )+};
}

from_coded!(
    keyfob::EntropyUnavailable,
    keyfob::Error,
    keyfob::ParameterError,
    keyfob::SecretError,
    keyfob::enrolment::MigrationError,
    keyfob::enrolment::QrError,
    keyfob::enrolment::UriError,
    keyfob::service::PortError,
    keyfob::service::ServiceError,
    keyfob_host::data_folder::DataFolderError,
    keyfob_host::storage::StorageError,
);
