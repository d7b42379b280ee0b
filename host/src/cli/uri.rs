use clap::{Args, Subcommand, ValueEnum};
use keyfob::{
    Algorithm, Digits, Period, Secret,
    enrolment::{Enrolment, Mode},
};

use super::{
    CliError,
    account::{describe, to_json},
    credential::{digits, period},
    secret::generate,
    terminal::{Sensitive, print, print_raw, warn},
    values::whole_number,
};

const PARSE_EXAMPLES: &str = "\
Examples:
  keyfob uri parse - <uri.txt
  keyfob uri parse 'otpauth://totp/Acme:alice?secret=JBSWY3DPEHPK3PXP' --json

The JSON has type, issuer (or null), account, secret, algorithm, digits, period or
counter, parameters (a list of [name, value]) and warnings (a list of codes).";

const BUILD_EXAMPLES: &str = "\
Examples:
  keyfob uri build --account alice@example.com --issuer Acme
  keyfob uri build --account alice --issuer Acme --secret - <secret.txt
  keyfob uri build --account alice --type hotp --counter 0 --digits 8
  keyfob uri build --account alice --issuer Acme | keyfob qr -";

/// Read and write otpauth:// URIs
#[derive(Debug, Subcommand)]
pub(super) enum UriCommand {
    Parse(ParseArguments),
    Build(BuildArguments),
}

/// Show what an enrolment URI says
#[derive(Debug, Args)]
#[command(after_help = PARSE_EXAMPLES)]
pub(super) struct ParseArguments {
    /// The URI; - reads it from standard input, which other users cannot see
    uri: Sensitive,

    /// Refuse what needs a guess, instead of warning of it
    #[arg(long)]
    strict: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Write an enrolment URI, with a new secret unless one is given
#[derive(Debug, Args)]
#[command(after_help = BUILD_EXAMPLES)]
pub(super) struct BuildArguments {
    /// The user's name with the service
    #[arg(long, value_name = "NAME")]
    account: String,

    /// The service, as apps show it
    #[arg(long, value_name = "NAME")]
    issuer: Option<String>,

    /// The secret in base32; - reads it from standard input, which other users cannot
    /// see [default: a new one]
    #[arg(long, value_name = "BASE32", allow_hyphen_values = true)]
    secret: Option<Sensitive>,

    /// What the codes follow
    #[arg(long = "type", value_name = "TYPE", default_value = "totp")]
    kind: KindName,

    /// How many digits a code has: 6, 7 or 8 [default: 6]
    #[arg(long, value_name = "N", value_parser = digits)]
    digits: Option<Digits>,

    /// How many seconds a time-based code lasts: 1 to 120 [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = period, conflicts_with = "counter")]
    period: Option<Period>,

    /// The counter of the next counter-based code [default: 0]
    #[arg(long, value_name = "N", value_parser = whole_number::<u64>)]
    counter: Option<u64>,

    /// SHA1, SHA256 or SHA512 [default: SHA1, the only one that every app knows]
    #[arg(long, value_name = "NAME")]
    algorithm: Option<Algorithm>,

    /// A further parameter, such as `image=https://example.com/logo.png`; repeatable
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = named_value)]
    parameters: Vec<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum KindName {
    /// Time (RFC 6238)
    Totp,
    /// A counter (RFC 4226)
    Hotp,
    /// Time, in Steam's five letters and digits
    Steam,
}

pub(super) fn run(command: UriCommand) -> Result<(), CliError> {
    match command {
        UriCommand::Parse(arguments) => parse(arguments),
        UriCommand::Build(arguments) => build(arguments),
    }
}

fn parse(arguments: ParseArguments) -> Result<(), CliError> {
    let mode = if arguments.strict { Mode::Strict } else { Mode::Lenient };
    let text = arguments.uri.read("the otpauth:// URI")?;
    let read = Enrolment::parse(&text, mode)?;
    if arguments.json {
        return print(to_json(&read.enrolment, &read.warnings)?.as_str());
    }
    read.warnings.iter().for_each(warn);
    print_raw(describe(&read.enrolment).as_bytes())
}

fn build(arguments: BuildArguments) -> Result<(), CliError> {
    arguments.refuse_what_does_not_fit()?;
    let secret = match &arguments.secret {
        Some(given) => given_secret(given.clone())?,
        None => generate(Secret::DEFAULT_BYTES)?,
    };
    let mut enrolment = match arguments.kind {
        KindName::Totp => Enrolment::totp(&arguments.account, secret)?,
        KindName::Hotp => {
            Enrolment::hotp(&arguments.account, secret, arguments.counter.unwrap_or(0))?
        }
        KindName::Steam => Enrolment::steam(&arguments.account, secret)?,
    };
    if let Some(issuer) = &arguments.issuer {
        enrolment = enrolment.with_issuer(issuer)?;
    }
    for parameter in &arguments.parameters {
        enrolment = enrolment.with_parameter(&parameter.0, &parameter.1)?;
    }
    let enrolment = enrolment
        .with_algorithm(arguments.algorithm.unwrap_or_default())
        .with_digits(arguments.digits.unwrap_or_default())
        .with_period(arguments.period.unwrap_or_default());
    print(enrolment.to_uri().as_str())
}

/// For clap.
fn named_value(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, value) = pair.ok_or("write it like image=https://example.com/logo.png")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A secret that someone else may have made: short ones are used, with a warning.
fn given_secret(given: Sensitive) -> Result<Secret, CliError> {
    let secret = Secret::from_base32(&given.read("the secret")?)?;
    if secret.is_short() {
        let bits = secret.bits();
        warn(format_args!("the secret has only {bits} bits; make one with `keyfob secret`"));
    }
    Ok(secret)
}

impl BuildArguments {
    fn refuse_what_does_not_fit(&self) -> Result<(), CliError> {
        let shape = self.digits.is_some() || self.algorithm.is_some() || self.period.is_some();
        let text = match self.kind {
            KindName::Totp if self.counter.is_some() => {
                "--counter belongs to counter-based codes; add --type hotp or leave it out"
            }
            KindName::Hotp if self.period.is_some() => {
                "--period belongs to time-based codes; leave it out or use --type totp"
            }
            KindName::Steam if self.counter.is_some() || shape => {
                "Steam codes are all of one kind; leave out --counter, --period, --digits and --algorithm"
            }
            _ => return Ok(()),
        };
        Err(CliError::new("option-does-not-fit", text))
    }
}
