use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use keyfob_host::{
    config::{Config, reference},
    delivery::{Receipts, Routes},
    sim_swap::Operator,
};

use super::{
    CliError,
    terminal::{note, print_raw},
};

/// The configuration file: who carries messages, and who tells of SIMs
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    Check(CheckArguments),
    /// Describe every key, as docs/configuration.md does
    Reference,
}

/// Say what is effective and what is wrong; the exit status is 1 if anything is
#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    config: ConfigArguments,

    /// Do not ask the providers and the operator whether they can be reached
    #[arg(long)]
    offline: bool,
}

/// Which configuration.
#[derive(Debug, Args)]
pub(super) struct ConfigArguments {
    /// The configuration file [default: keyfob.toml, if it is there]
    #[arg(long, value_name = "FILE", env = "KEYFOB_CONFIG")]
    config: Option<PathBuf>,
}

impl ConfigArguments {
    pub(super) fn read(&self) -> Result<Config, CliError> {
        let here = Path::new("keyfob.toml");
        let file = self.config.as_deref().or_else(|| here.exists().then_some(here));
        if let Some(file) = file.filter(|file| !file.exists()) {
            let text = format!("{}: there is no such file; check the name", file.display());
            return Err(CliError::new("file-not-found", text));
        }
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Config::read(file, environment)
            .map_err(|error| CliError::new("configuration", error.to_string()))
    }
}

pub(super) fn run(command: &ConfigCommand) -> Result<ExitCode, CliError> {
    match command {
        ConfigCommand::Check(arguments) => check(arguments),
        ConfigCommand::Reference => print_raw(reference()).map(|()| ExitCode::SUCCESS),
    }
}

fn check(arguments: &CheckArguments) -> Result<ExitCode, CliError> {
    let config = arguments.config.read()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        CliError::new("runtime-failed", format!("cannot start the runtime: {error}"))
    })?;
    let shown = toml::to_string(&config)
        .map_err(|error| CliError::new("toml-failed", format!("cannot write TOML: {error}")))?;
    print_raw(shown)?;
    let is_right = runtime.block_on(async {
        let routes = judge(&Routes::new(&config, &Receipts::channel().0), arguments.offline).await;
        judge_operator(&config, arguments.offline).await && routes
    });
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the operator that tells of SIMs gives us a token. It is asked about no number.
async fn judge_operator(config: &Config, offline: bool) -> bool {
    let Some(settings) = &config.sim_swap else { return true };
    let operator = match Operator::new(settings) {
        Ok(operator) => operator,
        Err(error) => {
            note(format_args!("sim_swap: {error}"));
            return false;
        }
    };
    if offline {
        return true;
    }
    match operator.check().await {
        Ok(()) => note("sim_swap: ok"),
        Err(fault) => {
            note(format_args!("sim_swap: {fault}"));
            return false;
        }
    }
    true
}

async fn judge(routes: &Routes, offline: bool) -> bool {
    let mut is_right = routes.problems().is_empty();
    for problem in routes.problems() {
        note(problem);
    }
    for remark in routes.remarks() {
        note(remark);
    }
    for gateway in routes.gateways().iter().filter(|_| !offline) {
        let answer = gateway.check().await;
        is_right &= answer.is_ok();
        match answer {
            Ok(()) => note(format_args!("providers.{}: ok", gateway.name)),
            Err(error) => note(format_args!("providers.{}: {error}", gateway.name)),
        }
    }
    if routes.gateways().is_empty() && routes.problems().is_empty() {
        note("no provider is configured; docs/configuration.md says how");
    }
    is_right
}
