use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, CliError, terminal::print_raw};

const EXAMPLES: &str = "\
Examples:
  keyfob completions bash >~/.local/share/bash-completion/completions/keyfob
  keyfob completions zsh >~/.zfunc/_keyfob
  keyfob completions fish >~/.config/fish/completions/keyfob.fish";

/// Print the completions of a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CompletionsArguments {
    /// The shell to write them for
    shell: Shell,
}

pub(super) fn run(arguments: &CompletionsArguments) -> Result<(), CliError> {
    let mut script = Vec::new(); // first into memory: the generator panics if a pipe closes
    clap_complete::generate(arguments.shell, &mut Cli::command(), "keyfob", &mut script);
    print_raw(script)
}
