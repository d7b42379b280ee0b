use std::{fs, path::PathBuf};

use clap::{Args, CommandFactory as _};
use clap_mangen::Man;

use super::{
    Cli, CliError,
    terminal::{note, print_raw},
};

const EXAMPLES: &str = "\
Examples:
  keyfob man --dir ~/.local/share/man/man1       then: man keyfob-code
  keyfob man | man -l -";

/// Write the manual pages
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ManArguments {
    /// Write a page for every command into this folder [default: print the first page]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(arguments: &ManArguments) -> Result<(), CliError> {
    let Some(dir) = &arguments.dir else {
        let mut page = Vec::new();
        Man::new(Cli::command()).render(&mut page).map_err(failed)?;
        return print_raw(page);
    };
    fs::create_dir_all(dir).map_err(CliError::file(dir))?;
    clap_mangen::generate_to(Cli::command(), dir).map_err(CliError::file(dir))?;
    note(format_args!("wrote the pages to {}", dir.display()));
    Ok(())
}

fn failed(error: impl std::fmt::Display) -> CliError {
    CliError::new("man-failed", format!("the manual page cannot be written: {error}"))
}
