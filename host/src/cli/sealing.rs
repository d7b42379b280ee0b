//! The sealing keys of `master.key`: showing, rotating and removing them.

use std::{thread, time::Duration};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use keyfob_host::{
    audit::AuditEvent,
    data_folder::{DataFolderError, MASTER_KEY},
    master_key::{self, MasterKeyError},
    rotation::{self, Progress, Resealing, Step},
};
use serde::Serialize;

use super::{
    CliError,
    data::{Data, DataArguments},
    table::Table,
    terminal::{note, print, print_raw, warn},
};

const ROTATE_NOTE: &str = "\
Examples:
  keyfob key rotate --data /var/lib/keyfob
  keyfob key rotate --data /var/lib/keyfob --background

A new key is added to master.key, and everything is sealed with it from then on. Then all
records are sealed anew, while the service goes on. Cut short, run it again: it goes on
where it was and makes no other key; a running service finishes it by itself, too.

Make a new copy of master.key afterwards. The old key stays in it, since backups made
before need it; `keyfob key retire` removes it once you keep none of those.";

const RETIRE_NOTE: &str = "\
Example:
  keyfob key retire --data /var/lib/keyfob 1

What is sealed with the key can never be read again: backups from before the rotation
are worth nothing from then on. Refused while anything in the database is under it.";

/// Seal everything with a new key, also while the service runs
#[derive(Debug, Args)]
#[command(after_help = ROTATE_NOTE)]
pub(super) struct RotateArguments {
    #[command(flatten)]
    data: DataArguments,

    /// Add the key and leave the rest to the running service
    #[arg(long)]
    background: bool,
}

/// Remove a sealing key that nothing is under any more
#[derive(Debug, Args)]
#[command(after_help = RETIRE_NOTE)]
pub(super) struct RetireArguments {
    #[command(flatten)]
    data: DataArguments,

    /// The number of the key, as `keyfob key sealing` shows it
    key: u32,
}

/// List the sealing keys and how much is under each
#[derive(Debug, Args)]
pub(super) struct SealingArguments {
    #[command(flatten)]
    data: DataArguments,

    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) fn rotate(arguments: &RotateArguments) -> Result<(), CliError> {
    let data = arguments.data.open()?;
    let keys = data.service.keys();
    if rotation::is_complete(&data.store, keys)? {
        let retired = data.store.retired_keys()?;
        let added = master_key::add_sealing_key(&arguments.key_file(), &retired);
        let id = added.map_err(|error| arguments.data.key_error(error))?;
        keys.refresh();
        let entry = data.entry(AuditEvent::SealingKeyCreated);
        data.store.audit_blocking(entry.detail(format!("seal={id}")))?;
        note(format_args!("made sealing key {id}; new writes use it within a second"));
    } else {
        note(format_args!("going on with the rotation to sealing key {}", keys.newest()));
    }
    if arguments.background {
        note("the running service seals the records anew, or the next one that starts here");
        return data.close();
    }
    if let Some(Progress { resealed, unreadable, .. }) = reseal(&data)? {
        note(format_args!("sealed anew: {resealed}"));
        warn_of_unreadable(unreadable);
    }
    note(format_args!("everything is under sealing key {}", keys.newest()));
    note(format_args!("Make a new copy of {MASTER_KEY} now: the one you have lacks this key."));
    data.close()
}

pub(super) fn retire(arguments: &RetireArguments) -> Result<(), CliError> {
    let data = arguments.data.open()?;
    let (id, file) = (arguments.key, arguments.data.data.join(MASTER_KEY));
    let known = master_key::sealing_keys(&file).map_err(|error| arguments.data.key_error(error))?;
    if !known.contains(&id) {
        return Err(arguments.data.key_error(MasterKeyError::NoSuchKey(id)));
    }
    if known.last() == Some(&id) {
        return Err(arguments.data.key_error(MasterKeyError::InUse(id)));
    }
    let entry = data.entry(AuditEvent::SealingKeyRetired).detail(format!("seal={id}"));
    data.store.audit_blocking(entry)?;
    data.store.retire_key(id)?; // from here on nothing more comes to be under it
    reseal(&data)?;
    let left = data.store.sealed_counts()?.get(&id).copied().unwrap_or_default();
    let left = left.records + left.others;
    if left > 0 {
        let text = format!(
            "{left} records, messages or settings are under sealing key {id} and do not open; the line stays in {MASTER_KEY}. They were altered: restore a backup from before"
        );
        return Err(CliError::new("sealing-key-in-use", text));
    }
    let removed = master_key::remove_sealing_key(&file, id);
    removed.map_err(|error| arguments.data.key_error(error))?;
    note(format_args!("removed sealing key {id}; destroy the copies of {MASTER_KEY} that hold it"));
    data.close()
}

pub(super) fn list(arguments: &SealingArguments) -> Result<(), CliError> {
    let data = arguments.data.open()?;
    let known = master_key::sealing_keys(&arguments.data.data.join(MASTER_KEY));
    let known = known.map_err(|error| arguments.data.key_error(error))?;
    let counts = data.store.sealed_counts()?;
    let newest = known.last().copied();
    let views = known.iter().map(|id| {
        let count = counts.get(id).copied().unwrap_or_default();
        let status = if Some(*id) == newest { "seals" } else { "opens" };
        KeyView { key: *id, status, records: count.records, others: count.others }
    });
    let views: Vec<_> = views.collect();
    if arguments.json {
        print(super::json(&views)?)?;
        return data.close();
    }
    let mut table = Table::new(["KEY", "STATUS", "RECORDS", "OTHERS"]);
    for view in &views {
        let [records, others] = [view.records, view.others].map(|count| count.to_string());
        table.row([view.key.to_string(), view.status.to_owned(), records, others]);
    }
    print_raw(table.to_string())?;
    data.close()
}

#[derive(Serialize)]
struct KeyView {
    key: u32,
    /// `seals` the newest, `opens` the others.
    status: &'static str,
    records: u64,
    /// Messages and events that wait, and settings of webhooks.
    others: u64,
}

impl RotateArguments {
    fn key_file(&self) -> std::path::PathBuf {
        self.data.data.join(MASTER_KEY)
    }
}

impl DataArguments {
    fn key_error(&self, error: MasterKeyError) -> CliError {
        DataFolderError::MasterKey(self.data.join(MASTER_KEY), error).into()
    }
}

/// Seals everything under the newest key, or waits for the service that is at it.
fn reseal(data: &Data) -> Result<Option<Progress>, CliError> {
    const LOOK: Duration = Duration::from_millis(200);
    let keys = data.service.keys();
    let bar = ProgressBar::new_spinner().with_style(style());
    let mut waited = false;
    let mut resealing = loop {
        let begun = Resealing::begin(data.store.folder(), keys);
        match begun.map_err(CliError::file(data.store.folder()))? {
            Some(resealing) => break resealing,
            None if waited && rotation::is_complete(&data.store, keys)? => {
                return Ok(None); // the service did it
            }
            None => bar.set_message("the service is sealing the records anew"),
        }
        waited = true;
        bar.tick();
        thread::sleep(LOOK);
    };
    let mut failures = 0;
    loop {
        match resealing.step(&data.store, keys) {
            Ok(Step::Done) => break,
            Ok(Step::Next(wait)) => {
                failures = 0;
                thread::sleep(wait);
            }
            Err(_) if failures < PATIENCE => {
                failures += 1;
                thread::sleep(LOOK);
            }
            Err(error) => return Err(error.into()),
        }
        bar.set_message(format!("{} sealed anew", resealing.progress().resealed));
        bar.tick();
    }
    bar.finish_and_clear();
    Ok(Some(resealing.progress()))
}

/// How often in a row the store may fail: for half a minute or so.
const PATIENCE: u32 = 30;

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {msg} ({elapsed})")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

fn warn_of_unreadable(rows: u64) {
    if rows > 0 {
        warn(format_args!(
            "{rows} records, messages or settings could not be opened and stay as they are: they were altered, or sealed with a key that is not in {MASTER_KEY}"
        ));
    }
}
