use std::{collections::BTreeSet, process::ExitCode};

use clap::Args;
use keyfob::enrolment::{Enrolment, Migration, Warning};
use zeroize::Zeroizing;

use super::{
    CliError,
    account::to_json,
    terminal::{Sensitive, StandardInput, ask, is_typed, note, print, warn},
};

const EXAMPLES: &str = "\
Examples:
  keyfob import - <exported.txt                  one URI a line
  keyfob import 'otpauth-migration://offline?data=…'
  zbarimg --raw -q export.png | keyfob import - --json

Prints an otpauth:// URI a line, or one JSON array of what `keyfob uri parse --json`
prints. Exit status 1 says that accounts were left out; each is named on standard
error with the reason.";

/// Read the accounts that Google Authenticator exported
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ImportArguments {
    /// The otpauth-migration:// URIs of one export; - reads them from standard input,
    /// one a line, where other users cannot see them
    #[arg(required = true, value_name = "MIGRATION-URI")]
    uris: Vec<Sensitive>,

    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: ImportArguments) -> Result<ExitCode, CliError> {
    let mut parts = Vec::new();
    for uri in uris(&arguments.uris)? {
        parts.push(Migration::parse(&uri)?);
    }
    parts.sort_by_key(|part| part.batch_index);
    check_batch(&parts)?;
    let entries: Vec<&Enrolment> = parts.iter().flat_map(|part| &part.entries).collect();
    print_entries(&entries, arguments.json)?;
    Ok(if report_skipped(&parts) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn uris(arguments: &[Sensitive]) -> Result<Vec<Zeroizing<String>>, CliError> {
    let mut uris = Vec::new();
    for argument in arguments {
        if !argument.is_standard_input() {
            uris.push(Zeroizing::new(argument.as_str().to_owned()));
            continue;
        }
        if is_typed() {
            uris.extend(typed_uris()?);
            continue;
        }
        let mut input = StandardInput::open()?;
        while let Some(line) = input.line()? {
            if !line.is_empty() {
                uris.push(line);
            }
        }
    }
    if uris.is_empty() {
        let text = "standard input is empty; write the otpauth-migration:// URIs to it, one a line";
        return Err(CliError::new("input-empty", text));
    }
    Ok(uris)
}

/// What a person types, one a line, until a line is empty.
fn typed_uris() -> Result<Vec<Zeroizing<String>>, CliError> {
    let mut uris = Vec::new();
    while let Some(uri) = ask("an otpauth-migration:// URI, or nothing to end")? {
        if uri.is_empty() {
            break;
        }
        uris.push(uri);
    }
    Ok(uris)
}

/// Parts of different exports, or one twice, are a slip; a missing one is said.
fn check_batch(parts: &[Migration]) -> Result<(), CliError> {
    let Some(first) = parts.first() else { return Ok(()) };
    let of_one = parts
        .iter()
        .all(|part| part.batch_id == first.batch_id && part.batch_size == first.batch_size);
    if !of_one {
        let text = "these URIs belong to different exports; import one export at a time";
        return Err(CliError::new("import-mixed", text));
    }
    let present: BTreeSet<u32> = parts.iter().map(|part| part.batch_index).collect();
    if present.len() < parts.len() {
        let text = "one part of the export is given twice; give each once";
        return Err(CliError::new("import-duplicate", text));
    }
    let missing = (first.batch_size as usize).saturating_sub(present.len());
    if missing > 0 {
        warn(format_args!(
            "{missing} of the {} parts of this export are missing; import them, too",
            first.batch_size
        ));
    }
    Ok(())
}

fn print_entries(entries: &[&Enrolment], json: bool) -> Result<(), CliError> {
    if !json {
        for entry in entries {
            for warning in warnings(entry) {
                warn(format_args!("{}: {warning}", name(entry)));
            }
            print(entry.to_uri().as_str())?;
        }
        return Ok(());
    }
    print("[")?;
    for (index, entry) in entries.iter().enumerate() {
        let comma = if index + 1 < entries.len() { "," } else { "" };
        let object = to_json(entry, &warnings(entry))?;
        print(Zeroizing::new(format!("  {}{comma}", object.as_str())).as_str())?;
    }
    print("]")
}

/// Whether any was left out.
fn report_skipped(parts: &[Migration]) -> bool {
    for (part, skipped) in parts.iter().flat_map(|part| part.skipped.iter().map(move |s| (part, s)))
    {
        let (part, number) = (part.batch_index + 1, skipped.index + 1);
        let name = skipped.name.escape_debug();
        note(format_args!(
            "left out: account {number} of part {part} ({name}): {} [{}]",
            skipped.reason,
            skipped.reason.code()
        ));
    }
    parts.iter().any(|part| !part.skipped.is_empty())
}

fn warnings(entry: &Enrolment) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if entry.account().is_empty() {
        warnings.push(Warning::AccountMissing);
    }
    if entry.secret().is_short() {
        warnings.push(Warning::ShortSecret { bits: entry.secret().bits() });
    }
    warnings
}

fn name(entry: &Enrolment) -> String {
    match entry.issuer() {
        Some(issuer) => format!("{issuer}:{}", entry.account()),
        None => entry.account().to_owned(),
    }
}
