//! The binary `keyfob`: the service and the command line.

mod cli;
mod serve;

fn main() -> std::process::ExitCode {
    cli::run()
}
