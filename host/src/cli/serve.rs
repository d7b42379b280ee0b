use std::{io, net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};
use keyfob::service::ServicePolicy;
use keyfob_host::serve::{EngineChoice, ServeError, ServeOptions, serve};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use super::{
    CliError,
    config::ConfigArguments,
    terminal::warn,
    values::{public_url, socket_address},
};

const EXAMPLES: &str = "\
Examples:
  keyfob serve                                    try it out on this machine
  keyfob serve --dev                              read the codes on the terminal and at /dev/inbox
  keyfob serve --listen 0.0.0.0:8080 --data /var/lib/keyfob \\
      --public-url https://otp.example.com --log-format json \\
      --smtp-from 'Example Bank <codes@bank.example>'

The first start in an empty folder makes the database, the master key file and an API
key, which is shown once. Keep a copy of master.key apart from the backups of the
database: both together are every secret, either alone is none.";

/// Run the service
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct ServeArguments {
    /// The address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", env = "KEYFOB_LISTEN", value_parser = socket_address, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// The folder of the database and the master key; made if it is not there
    #[arg(long, value_name = "DIR", env = "KEYFOB_DATA", default_value = "keyfob-data")]
    data: PathBuf,

    /// For development: every message goes to the terminal and to the page /dev/inbox,
    /// codes included, instead of to people
    #[arg(long)]
    dev: bool,

    /// Where people's browsers reach this service; enrolment links begin with it
    /// [default: http:// and the address it listens on]
    #[arg(long, value_name = "URL", env = "KEYFOB_PUBLIC_URL", value_parser = public_url)]
    public_url: Option<String>,

    /// Who runs the rules: native, or component=FILE, which is keyfob-service.wasm, for a
    /// keyfob that was built with the feature `component`
    #[arg(long, value_name = "ENGINE", env = "KEYFOB_ENGINE", value_parser = engine, default_value = "native")]
    engine: EngineChoice,

    /// What is logged: off, error, warn, info, debug or trace, or a filter such as
    /// info,keyfob_host=debug
    #[arg(long, value_name = "FILTER", env = "KEYFOB_LOG", default_value = "info")]
    log: String,

    /// How the log is written
    #[arg(long, value_name = "FORMAT", env = "KEYFOB_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,

    #[command(flatten)]
    config: ConfigArguments,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people
    Text,
    /// For machines: one JSON object a line
    Json,
}

pub(super) fn run(arguments: ServeArguments) -> Result<(), CliError> {
    start_log(&arguments)?;
    if arguments.public_url.is_none() && arguments.listen.ip().is_unspecified() {
        warn(format_args!(
            "enrolment links will begin with http://{}, where no browser gets; give --public-url",
            arguments.listen
        ));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        CliError::new("runtime-failed", format!("cannot start the runtime: {error}"))
    })?;
    runtime.block_on(serve(options(arguments)?)).map_err(explain)
}

fn start_log(arguments: &ServeArguments) -> Result<(), CliError> {
    let text = "--log takes off, error, warn, info, debug or trace, or a filter such as info,keyfob_host=debug";
    let refused = || CliError::new("invalid-log-filter", text);
    // A filter takes a bare word that is no level for the name of a module, of which
    // alone it then logs.
    let mut words =
        arguments.log.split(',').map(str::trim).filter(|word| !word.contains(['=', '[', ']']));
    if !words.all(|word| word.parse::<LevelFilter>().is_ok()) {
        return Err(refused());
    }
    let filter = EnvFilter::try_new(&arguments.log).map_err(|_| refused())?;
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_env_filter(filter);
    match arguments.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

fn options(arguments: ServeArguments) -> Result<ServeOptions, CliError> {
    let config = arguments.config.read()?;
    let mut policy = ServicePolicy::default();
    config.limits.apply(&mut policy);
    config.retention.apply(&mut policy);
    Ok(ServeOptions {
        listen: arguments.listen,
        data: arguments.data,
        dev: arguments.dev,
        public_url: arguments.public_url,
        config,
        policy,
        engine: arguments.engine,
    })
}

/// For clap.
fn engine(text: &str) -> Result<EngineChoice, String> {
    match text.split_once('=') {
        None if text == "native" => Ok(EngineChoice::Native),
        Some(("component", file)) if !file.is_empty() => Ok(EngineChoice::Component(file.into())),
        _ => Err("an engine is native, or component=FILE".to_owned()),
    }
}

fn explain(error: ServeError) -> CliError {
    let code = match &error {
        ServeError::Data(error) => error.code(),
        ServeError::Listen(..) => "listen-failed",
        ServeError::DevExposed => "dev-exposed",
        ServeError::Client(_) => "tls-unavailable",
        ServeError::NoComponents => "engine-unavailable",
        #[cfg(feature = "component")]
        ServeError::Component(..) => "engine-unusable",
    };
    CliError::new(code, error.to_string())
}
