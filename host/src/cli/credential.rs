//! What makes the codes of `keyfob code` and `keyfob verify`: a bare secret with
//! options, or an enrolment URI that brings them along.

use clap::Args;
use keyfob::{
    Algorithm, Digits, Hotp, Period, Secret, Totp,
    enrolment::{Enrolment, Generator, Kind, Mode, Warning},
};

use super::{
    CliError,
    terminal::{Sensitive, warn},
    values::whole_number,
};

const SECRET_HELP: &str = "The secret in base32, or an otpauth:// URI; - reads it from standard \
    input, or asks for it at a terminal without showing it.\n\nOther users of this machine can see what stands on a command line, and shells keep a \
    history: prefer -.";

/// A secret or URI, and how its codes are made.
#[derive(Debug, Args)]
pub(super) struct CredentialArguments {
    #[arg(help = "The secret in base32, or an otpauth:// URI; - reads it from standard input", long_help = SECRET_HELP)]
    secret: Sensitive,

    /// Make counter-based codes (HOTP); this is the counter of the code, from 0
    #[arg(long, value_name = "N", value_parser = whole_number::<u64>, conflicts_with = "period")]
    counter: Option<u64>,

    /// How many digits a code has: 6, 7 or 8 [default: 6, or what the URI says]
    #[arg(long, value_name = "N", value_parser = digits)]
    digits: Option<Digits>,

    /// How many seconds a code lasts: 1 to 120 [default: 30, or what the URI says]
    #[arg(long, value_name = "SECONDS", value_parser = period)]
    period: Option<Period>,

    /// SHA1, SHA256 or SHA512 [default: SHA1, or what the URI says]
    #[arg(long, value_name = "NAME")]
    algorithm: Option<Algorithm>,
}

/// What makes the codes, and the counter that counter-based ones start from.
#[derive(Debug)]
pub(super) struct Credential {
    pub(super) generator: Generator,
    pub(super) counter: u64,
    pub(super) period: u64,
}

impl CredentialArguments {
    /// Reads the secret and puts the options over what the URI says. Warnings go to
    /// standard error.
    pub(super) fn credential(self) -> Result<Credential, CliError> {
        let text = self.secret.clone().read("the secret or otpauth:// URI")?;
        if text.contains("://") {
            let read = Enrolment::parse(&text, Mode::Lenient)?;
            read.warnings.iter().for_each(warn);
            return self.of_enrolment(read.enrolment);
        }
        let secret = Secret::from_base32(&text)?;
        if secret.is_short() {
            warn(Warning::ShortSecret { bits: secret.bits() });
        }
        Ok(self.of_secret(&secret))
    }

    fn of_secret(&self, secret: &Secret) -> Credential {
        let (algorithm, digits) =
            (self.algorithm.unwrap_or_default(), self.digits.unwrap_or_default());
        let period = self.period.unwrap_or_default();
        let generator = match self.counter {
            Some(_) => Generator::Hotp(Hotp::new(secret, algorithm, digits)),
            None => Generator::Totp(Totp::new(secret, algorithm, digits, period)),
        };
        Credential { generator, counter: self.counter.unwrap_or(0), period: period.seconds() }
    }

    fn of_enrolment(&self, mut enrolment: Enrolment) -> Result<Credential, CliError> {
        self.refuse_what_does_not_fit(enrolment.kind())?;
        if let Some(algorithm) = self.algorithm {
            enrolment = enrolment.with_algorithm(algorithm);
        }
        if let Some(digits) = self.digits {
            enrolment = enrolment.with_digits(digits);
        }
        if let Some(period) = self.period {
            enrolment = enrolment.with_period(period);
        }
        let (counter, period) = match enrolment.kind() {
            Kind::Hotp { counter } => (self.counter.unwrap_or(counter), 0),
            Kind::Totp { period } => (0, period.into()),
            Kind::Steam => (0, Period::THIRTY.seconds()),
        };
        Ok(Credential { generator: enrolment.generator()?, counter, period })
    }

    /// An option that would silently do nothing is a mistake worth hearing of.
    fn refuse_what_does_not_fit(&self, kind: Kind) -> Result<(), CliError> {
        let (counter, period) = (self.counter.is_some(), self.period.is_some());
        let shape = self.digits.is_some() || self.algorithm.is_some();
        let text = match kind {
            Kind::Totp { .. } if counter => "this URI makes time-based codes; leave out --counter",
            Kind::Hotp { .. } if period => "this URI makes counter-based codes; leave out --period",
            Kind::Steam if counter || period || shape => {
                "Steam codes are all of one kind; leave out --counter, --period, --digits and --algorithm"
            }
            _ => return Ok(()),
        };
        Err(CliError::new("option-does-not-fit", text))
    }
}

impl Credential {
    /// Refuses a time for codes that do not depend on it.
    pub(super) fn refuse_time(&self, at: Option<u64>) -> Result<(), CliError> {
        if at.is_some() && matches!(self.generator, Generator::Hotp(_)) {
            let text = "counter-based codes do not depend on time; leave out --at";
            return Err(CliError::new("option-does-not-fit", text));
        }
        Ok(())
    }
}

/// For clap: 6, 7 or 8.
pub(super) fn digits(text: &str) -> Result<Digits, String> {
    number(text, Digits::new)
}

/// For clap: 1 to 120.
pub(super) fn period(text: &str) -> Result<Period, String> {
    number(text, Period::new)
}

fn number<T>(
    text: &str,
    new: impl FnOnce(u8) -> Result<T, keyfob::ParameterError>,
) -> Result<T, String> {
    let number = text.parse().unwrap_or(0); // 0 is neither, and the message says what is
    new(number).map_err(|error| error.to_string())
}
