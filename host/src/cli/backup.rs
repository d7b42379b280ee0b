use std::path::PathBuf;

use clap::Args;
use keyfob_host::data_folder::{self, MASTER_KEY};

use super::{
    CliError,
    data::DataArguments,
    terminal::{note, warn},
    time,
};

const BACKUP_NOTE: &str = "\
Examples:
  keyfob backup keyfob-2026-01-31.db
  keyfob backup --data /var/lib/keyfob /backup/keyfob.db

The service may go on meanwhile. The file holds no key: keep a copy of master.key in
another place, for a backup without it cannot be read, and with it everyone can.";

const RESTORE_NOTE: &str = "\
Example:
  keyfob restore --data /var/lib/keyfob /backup/keyfob.db

Stop the service first; master.key must lie in the data folder. The backup does not
know which codes were used after it was made. So every code that could have been
accepted before the restore is refused from then on, and devices are accepted again
with the codes they make about a minute later. API keys that were revoked since the
backup stay revoked.";

/// Save the database to a new file, also while the service runs
#[derive(Debug, Args)]
#[command(after_help = BACKUP_NOTE)]
pub(super) struct BackupArguments {
    #[command(flatten)]
    data: DataArguments,

    /// The file to make; an existing one is left as it is
    file: PathBuf,
}

/// Replace the database by a backup; codes from before are refused afterwards
#[derive(Debug, Args)]
#[command(after_help = RESTORE_NOTE)]
pub(super) struct RestoreArguments {
    /// The data folder of the service, which must be stopped
    #[arg(long, value_name = "DIR", env = "KEYFOB_DATA", default_value = "keyfob-data")]
    data: PathBuf,

    /// The file that `keyfob backup` made
    file: PathBuf,
}

pub(super) fn backup(arguments: &BackupArguments) -> Result<(), CliError> {
    let data = arguments.data.open()?;
    data.store.backup(&arguments.file)?;
    note(format_args!(
        "saved {}; keep a copy of {MASTER_KEY} in another place",
        arguments.file.display()
    ));
    data.close()
}

pub(super) fn restore(arguments: &RestoreArguments) -> Result<(), CliError> {
    if !arguments.file.exists() {
        return Err(CliError::file(&arguments.file)(std::io::ErrorKind::NotFound.into()));
    }
    let restored = data_folder::restore(&arguments.file, &arguments.data, time::now())?;
    note(format_args!(
        "restored; every code that could have been accepted up to {} is refused from now on",
        time::write(restored.replay_floor)
    ));
    if let Some(floor) = restored.floor_ahead {
        warn(format_args!(
            "codes up to {} counted as used, which is in the future: a clock was wrong, or somebody wrote to the database or the backup; the time of this restore counts instead",
            time::write(floor)
        ));
    }
    if restored.revocations_kept > 0 {
        note(format_args!(
            "API keys that were revoked since the backup stay revoked: {}",
            restored.revocations_kept
        ));
    }
    if !restored.predecessor_readable {
        warn(
            "the old database could not be read; revoke again the API keys that were revoked since the backup",
        );
    }
    Ok(())
}
