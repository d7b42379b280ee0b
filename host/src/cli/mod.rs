//! The command line. One file for each command; what they share is in `credential`
//! (secrets and URIs as arguments), `values` (others), `account` (how an account is shown), `data` (the
//! data folder), `terminal` and `error`.
//!
//! Exit status, as with `grep`: 0 for yes and done, 1 for no (a wrong code, lines
//! that were bad), 2 for what could not be done at all.
#![allow(clippy::doc_markdown)] // doc comments on arguments are help texts, which are plain
#![allow(clippy::needless_pass_by_value)] // commands own their arguments, `map_err` its errors

mod account;
mod audit;
mod backup;
mod code;
mod completions;
mod config;
mod credential;
mod data;
mod domain;
mod erase;
mod error;
mod import;
mod import_lines;
mod key;
mod man;
mod ports;
mod qr;
mod sealing;
mod secret;
mod serve;
mod table;
mod terminal;
mod time;
mod uri;
mod user;
mod user_import;
mod values;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand, error::ErrorKind};

use self::{error::CliError, terminal::note};

const ABOUT: &str = "One-time passwords: a service, and the tools around it";

const USAGE: &str = "\
keyfob                      start the service, as `keyfob serve` does
       keyfob <COMMAND> [OPTIONS]";

const EXAMPLES: &str = "\
Examples:
  keyfob                                start the service in ./keyfob-data
  keyfob secret                         make a secret
  keyfob code - <secret.txt             print its current code
  keyfob verify - 123456 <secret.txt    check a code: exit status 0 or 1
  keyfob uri build --account alice --issuer Acme | keyfob qr -
  keyfob key create                     make an API key for the running service

`keyfob COMMAND --help` tells more. Where a secret or URI is expected, - reads it from
standard input: what stands on a command line is visible to other users of the machine.
Exit status: 0 done or yes, 1 no, 2 it could not be done.";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(name = "keyfob", version, about = ABOUT, override_usage = USAGE, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    /// Without one the service is started, as by `keyfob serve`.
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(Box<serve::ServeArguments>),
    Code(code::CodeArguments),
    Verify(verify::VerifyArguments),
    Secret(secret::SecretArguments),
    #[command(subcommand)]
    Uri(uri::UriCommand),
    Qr(qr::QrArguments),
    Import(import::ImportArguments),
    #[command(subcommand)]
    Key(key::KeyCommand),
    #[command(subcommand)]
    Domain(domain::DomainCommand),
    #[command(subcommand)]
    User(Box<user::UserCommand>),
    Erase(erase::EraseArguments),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    #[command(subcommand)]
    Audit(Box<audit::AuditCommand>),
    Backup(backup::BackupArguments),
    Restore(backup::RestoreArguments),
    Completions(completions::CompletionsArguments),
    Man(man::ManArguments),
}

/// Runs what the command line asks for.
pub(crate) fn run() -> ExitCode {
    let command = match parse() {
        Ok(command) => command,
        Err(error) => return explain(&error),
    };
    match dispatch(command) {
        Ok(status) => status,
        Err(error) if error.code == terminal::OUTPUT_CLOSED => ExitCode::SUCCESS,
        Err(error) => {
            note(error);
            ExitCode::from(FAILED)
        }
    }
}

/// The exit status of what could not be done, which is clap's as well.
const FAILED: u8 = 2;

fn parse() -> Result<Command, clap::Error> {
    match Cli::try_parse()?.command {
        Some(command) => Ok(command),
        None => Cli::try_parse_from(["keyfob", "serve"])
            .map(|cli| cli.command.unwrap_or_else(|| unreachable!("a command was given"))),
    }
}

fn dispatch(command: Command) -> Result<ExitCode, CliError> {
    match command {
        Command::Serve(arguments) => serve::run(*arguments)?,
        Command::Code(arguments) => code::run(arguments)?,
        Command::Verify(arguments) => return verify::run(arguments),
        Command::Secret(arguments) => secret::run(&arguments)?,
        Command::Uri(command) => uri::run(command)?,
        Command::Qr(arguments) => qr::run(arguments)?,
        Command::Import(arguments) => return import::run(arguments),
        Command::Key(command) => key::run(&command)?,
        Command::Domain(command) => domain::run(&command)?,
        Command::User(command) => return user::run(*command),
        Command::Erase(arguments) => erase::run(arguments)?,
        Command::Config(command) => return config::run(command),
        Command::Audit(command) => audit::run(*command)?,
        Command::Backup(arguments) => backup::backup(&arguments)?,
        Command::Restore(arguments) => backup::restore(&arguments)?,
        Command::Completions(arguments) => completions::run(&arguments)?,
        Command::Man(arguments) => man::run(&arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The value as indented JSON.
fn json(value: &impl serde::Serialize) -> Result<String, CliError> {
    serde_json::to_string_pretty(value)
        .map_err(|error| CliError::new("json-failed", format!("cannot write JSON: {error}")))
}

/// The option that stands where the command should and is one of `serve`.
fn option_of_serve(error: &clap::Error) -> Option<String> {
    let first = std::env::args().nth(1)?;
    let name = first.strip_prefix("--")?.split('=').next()?; // the value may be a secret
    let mut cli = Cli::command();
    let mut options = cli.find_subcommand_mut("serve")?.get_arguments();
    let is_option = options.any(|option| option.get_long() == Some(name));
    (error.kind() == ErrorKind::UnknownArgument && is_option).then(|| format!("--{name}"))
}

/// Prints help or what is wrong with the command line.
///
/// An exit status of 0 from `verify` says that a code is right. A script may pass on
/// what a user typed as the code, and `--help` is not right.
fn explain(error: &clap::Error) -> ExitCode {
    let _ = error.print(); // the output may be closed; there is nobody to tell then
    if let Some(option) = option_of_serve(error) {
        note(format_args!("\n  tip: `keyfob serve {option}`"));
    }
    let asked_for_help = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let mut words = std::env::args_os().skip(1);
    let verifies = words.next().is_some_and(|word| word == "verify") && words.len() > 1;
    if asked_for_help && !verifies { ExitCode::SUCCESS } else { ExitCode::from(FAILED) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use keyfob_host::config::OPTION_VARIABLES;

    use super::*;

    fn variables(command: &clap::Command, found: &mut BTreeSet<String>) {
        let names = command.get_arguments().filter_map(clap::Arg::get_env);
        found.extend(names.map(|name| name.to_string_lossy().into_owned()));
        for command in command.get_subcommands() {
            variables(command, found);
        }
    }

    #[test]
    fn every_variable_of_an_option_is_known_to_the_check_of_the_configuration() {
        let mut found = BTreeSet::from(["KEYFOB_API_KEY".to_owned()]); // clients keep theirs there
        variables(&Cli::command(), &mut found);
        assert_eq!(found, OPTION_VARIABLES.map(str::to_owned).into());
    }
}
