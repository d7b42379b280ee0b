//! The binary `keyfob`: the service and the command line.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
