//! Importing users in bulk. One thread reads, checks and seals; this one has the
//! store write what is sealed, in transactions of some thousand users.
//!
//! An import that was cut short is run again: whoever is there with the same secret
//! counts as present, so every line is applied once.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::PathBuf,
    process::ExitCode,
    sync::mpsc,
    thread,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use keyfob::service::{AccountId, DomainId, Key, NewUser, Record};
use keyfob_host::audit::AuditEvent;

use super::{
    CliError,
    data::Data,
    import_lines::{BadLine, ImportLines, Line},
    terminal::note,
    user::DomainArguments,
};

const EXAMPLES: &str = "\
Examples:
  keyfob user import --domain $D users.jsonl
  keyfob user import --domain $D users.csv
  keyfob user import --domain $D - <users.jsonl

JSON lines:  {\"user_id\": \"alice\", \"secret\": \"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP\"}
             {\"user_id\": \"bob\", \"uri\": \"otpauth://totp/Acme:bob?secret=…\"}
             and beside a secret, if need be: \"algorithm\", \"digits\", \"interval\"
CSV:         the same names in the first line

Each line is applied as a whole and once: run an import that was cut short again, and
who is there counts as present. A user who is there with another secret is reported
and left alone, and so is a line that cannot be used; the others go on. Exit status: 0
if no line was bad, 1 if some were, 2 if the import could not go on.";

/// Import users with their secrets from JSON lines or CSV
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ImportArguments {
    #[command(flatten)]
    domain: DomainArguments,

    /// JSON lines or CSV, told apart by the name (.csv, .jsonl, .json, .ndjson) or
    /// else by the first character; - reads standard input
    file: PathBuf,

    /// Take secrets under 128 bits, too, as some older services gave them
    #[arg(long)]
    accept_short_secrets: bool,
}

/// Lines that are sealed and sorted together. Sorting puts neighbours in the
/// database next to each other, which is what makes writing them quick.
const CHUNK: usize = 100_000;

/// Users in one transaction. The writes of a running service wait meanwhile.
const BATCH: usize = 5_000;

pub(super) fn run(arguments: &ImportArguments) -> Result<ExitCode, CliError> {
    let (input, size) = open(arguments)?;
    let (data, account, domain) = arguments.domain.open()?;
    data.runtime.block_on(data.service.view_domain(&data.ports, account, domain))?;
    let bar = progress(size);
    let lines = ImportLines::new(bar.wrap_read(input), &arguments.file)?;
    let import =
        Import { data: &data, account, domain, accept_short: arguments.accept_short_secrets };
    let summary = import.run(lines, &bar);
    bar.finish_and_clear();
    let summary = summary?;
    if summary.imported > 0 {
        let entry = data.entry(AuditEvent::UsersImported).of(account).within(domain);
        data.store.audit_blocking(entry.detail(format!("imported={}", summary.imported)))?;
    }
    note(format_args!(
        "{} imported, {} present, {} bad",
        summary.imported, summary.present, summary.bad
    ));
    data.close()?;
    Ok(if summary.bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Import<'a> {
    data: &'a Data,
    account: AccountId,
    domain: DomainId,
    accept_short: bool,
}

#[derive(Default)]
struct Summary {
    imported: u64,
    present: u64,
    bad: u64,
}

/// Lines that were read, sealed and sorted.
#[derive(Default)]
struct Chunk {
    users: Vec<Sealed>,
    bad: Vec<BadLine>,
}

struct Sealed {
    key: Key,
    record: Record,
    line: Line,
}

impl Import<'_> {
    fn run(
        &self,
        lines: ImportLines<impl Read + Send>,
        bar: &ProgressBar,
    ) -> Result<Summary, CliError> {
        let mut summary = Summary::default();
        thread::scope(|scope| {
            let (sender, chunks) = mpsc::sync_channel(1); // one ahead
            scope.spawn(move || self.seal(lines, &sender));
            for chunk in chunks {
                self.write(chunk?, &mut summary, bar)?;
            }
            Ok(summary)
        })
    }

    /// Reads and seals until the end, an error, or nobody wants more.
    fn seal(
        &self,
        mut lines: ImportLines<impl Read>,
        sender: &mpsc::SyncSender<Result<Chunk, CliError>>,
    ) {
        while let Some(chunk) = self.sealed_chunk(&mut lines).transpose() {
            let has_failed = chunk.is_err();
            if sender.send(chunk).is_err() || has_failed {
                return;
            }
        }
    }

    /// The next lines; `None` at the end.
    fn sealed_chunk(&self, lines: &mut ImportLines<impl Read>) -> Result<Option<Chunk>, CliError> {
        let mut chunk = Chunk::default();
        self.data.service.keys().refresh(); // somebody may have rotated meanwhile
        while chunk.users.len() + chunk.bad.len() < CHUNK {
            match lines.next(self.accept_short)? {
                None => break,
                Some(Err(bad)) => chunk.bad.push(bad),
                Some(Ok(line)) => match self.seal_user(&line.user) {
                    Ok((key, record)) => chunk.users.push(Sealed { key, record, line }),
                    Err(bad) => chunk.bad.push(line.refused(bad)),
                },
            }
        }
        chunk.users.sort_by_key(|user| user.key); // stable: of one user's lines the first comes first
        let is_empty = chunk.users.is_empty() && chunk.bad.is_empty();
        Ok((!is_empty).then_some(chunk))
    }

    fn seal_user(&self, user: &NewUser) -> Result<(Key, Record), keyfob::service::ServiceError> {
        self.data.service.seal_imported_user(&self.data.ports, self.account, self.domain, user)
    }

    fn write(
        &self,
        mut chunk: Chunk,
        summary: &mut Summary,
        bar: &ProgressBar,
    ) -> Result<(), CliError> {
        let mut users = std::mem::take(&mut chunk.users).into_iter();
        loop {
            let batch: Vec<Sealed> = users.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            chunk.bad.extend(self.write_batch(batch, summary)?);
        }
        chunk.bad.sort_by_key(|bad| bad.number);
        summary.bad += chunk.bad.len() as u64;
        bar.suspend(|| chunk.bad.iter().for_each(note));
        Ok(())
    }

    fn write_batch(
        &self,
        batch: Vec<Sealed>,
        summary: &mut Summary,
    ) -> Result<Vec<BadLine>, CliError> {
        let (rows, lines): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|user| ((user.key, user.record), user.line)).unzip();
        let inserted = self.data.runtime.block_on(self.data.store.insert_new(rows))?;
        let mut bad = Vec::new();
        for (line, inserted) in lines.iter().zip(inserted) {
            if inserted {
                summary.imported += 1;
            } else if self.is_present(&line.user)? {
                summary.present += 1;
            } else {
                bad.push(line.taken());
            }
        }
        Ok(bad)
    }

    fn is_present(&self, user: &NewUser) -> Result<bool, CliError> {
        let (data, account) = (self.data, self.account);
        let same = data.service.is_imported_user(&data.ports, account, self.domain, user);
        Ok(data.runtime.block_on(same)?)
    }
}

/// The input and its size, where it has one.
fn open(arguments: &ImportArguments) -> Result<(Box<dyn Read + Send>, Option<u64>), CliError> {
    let path = &arguments.file;
    if path.as_os_str() == "-" {
        return Ok((Box::new(io::stdin()), None));
    }
    let file = File::open(path).map_err(CliError::file(path))?;
    let metadata = fs::metadata(path).map_err(CliError::file(path))?;
    Ok((Box::new(file), metadata.is_file().then_some(metadata.len())))
}

/// On standard error, and only if that is a terminal.
fn progress(size: Option<u64>) -> ProgressBar {
    let (bar, template) = match size {
        Some(size) => {
            let template = "{bar:40} {percent:>3} %  {bytes_per_sec}  {eta} left";
            (ProgressBar::new(size), template)
        }
        None => (ProgressBar::new_spinner(), "{spinner} {bytes} read, {bytes_per_sec}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar, // the default style does as well
    }
}
