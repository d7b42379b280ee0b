use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum};

use super::terminal::Sensitive;

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
pub(crate) struct ServeArguments {
    /// The address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", env = "KEYFOB_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,

    /// The folder of the database and the master key; made if it is not there
    #[arg(long, value_name = "DIR", env = "KEYFOB_DATA", default_value = "keyfob-data")]
    pub(crate) data: PathBuf,

    /// For development: every message goes to the terminal and to the page /dev/inbox,
    /// codes included, instead of to people
    #[arg(long)]
    pub(crate) dev: bool,

    /// Where people's browsers reach this service; enrolment links begin with it
    /// [default: http:// and the address it listens on]
    #[arg(long, value_name = "URL", env = "KEYFOB_PUBLIC_URL")]
    pub(crate) public_url: Option<String>,

    /// What is logged: error, warn, info, debug or trace, or a filter such as
    /// info,keyfob_host=debug
    #[arg(long, value_name = "FILTER", env = "KEYFOB_LOG", default_value = "info")]
    pub(crate) log: String,

    /// How the log is written
    #[arg(long, value_name = "FORMAT", env = "KEYFOB_LOG_FORMAT", default_value = "text")]
    pub(crate) log_format: LogFormat,

    /// The relay that email goes out through: smtps://USER:PASSWORD@HOST, or
    /// smtp://USER:PASSWORD@HOST?tls=required for STARTTLS. Give it in the environment:
    /// other users can see a command line
    #[arg(long, value_name = "URL", env = "KEYFOB_SMTP_URL", hide_env_values = true, requires = "smtp_from")]
    pub(crate) smtp_url: Option<Sensitive>,

    /// The sender of email, such as 'Example Bank <codes@bank.example>'
    #[arg(long, value_name = "MAILBOX", env = "KEYFOB_SMTP_FROM")]
    pub(crate) smtp_from: Option<String>,

    /// A certificate (PEM) to trust for the relay besides the public ones
    #[arg(long, value_name = "FILE", env = "KEYFOB_SMTP_CA")]
    pub(crate) smtp_ca: Option<PathBuf>,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    Text,
    /// For machines: one JSON object a line
    Json,
}
