use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{
    Args, Subcommand,
    builder::{OsStringValueParser, TypedValueParser},
};
use keyfob_host::{
    config::{Config, RelayOptions, reference},
    delivery::{Receipts, Routes},
    sim_swap::Operator,
};

use super::{
    CliError,
    terminal::{Sensitive, note, print_raw},
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
    #[arg(long, value_name = "FILE", env = "KEYFOB_CONFIG", value_parser = path())]
    config: Option<PathBuf>,

    /// The relay that email goes out through: smtps://USER:PASSWORD@HOST, or
    /// smtp://USER:PASSWORD@HOST?tls=required for STARTTLS. Give it in the environment:
    /// other users can see a command line
    #[arg(long, value_name = "URL", env = "KEYFOB_SMTP_URL", hide_env_values = true)]
    smtp_url: Option<Sensitive>,

    /// The sender of email, such as 'Example Bank <codes@bank.example>'
    #[arg(long, value_name = "MAILBOX", env = "KEYFOB_SMTP_FROM")]
    smtp_from: Option<String>,

    /// A certificate (PEM) to trust for the relay besides the public ones
    #[arg(long, value_name = "FILE", env = "KEYFOB_SMTP_CA", value_parser = path())]
    smtp_ca: Option<PathBuf>,
}

impl ConfigArguments {
    /// The file, the variables, and the relay that options make.
    pub(super) fn read(self) -> Result<Config, CliError> {
        let here = Path::new("keyfob.toml");
        let file = self.config.as_deref().or_else(|| here.exists().then_some(here));
        let is_named = |file: &&Path| !file.as_os_str().is_empty();
        if let Some(file) = file.filter(is_named).filter(|file| !file.exists()) {
            let text = format!("{}: there is no such file; check the name", file.display());
            return Err(CliError::new("file-not-found", text));
        }
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let config = Config::read(file, environment)
            .map_err(|error| CliError::new("configuration", error.to_string()))?;
        Ok(config.with_relay(RelayOptions {
            url: self.smtp_url.map(|url| url.as_str().into()),
            from: self.smtp_from,
            ca_file: self.smtp_ca,
        }))
    }
}

/// A path that may be empty: what that means is said where it is used.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

pub(super) fn run(command: ConfigCommand) -> Result<ExitCode, CliError> {
    match command {
        ConfigCommand::Check(arguments) => check(arguments),
        ConfigCommand::Reference => print_raw(reference()).map(|()| ExitCode::SUCCESS),
    }
}

fn check(arguments: CheckArguments) -> Result<ExitCode, CliError> {
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
            Ok(None) => note(format_args!("providers.{}: ok", gateway.name)),
            Ok(Some(said)) => note(format_args!("providers.{}: {said}", gateway.name)),
            Err(error) => note(format_args!("providers.{}: {error}", gateway.name)),
        }
    }
    if routes.gateways().is_empty() && routes.problems().is_empty() {
        note("no provider is configured; docs/configuration.md says how");
    }
    is_right
}
