use clap::Args;
use keyfob::{UnixTime, enrolment::Generator};
use zeroize::Zeroizing;

use super::{
    CliError,
    credential::CredentialArguments,
    terminal::{is_watched, note, print},
    time,
    values::whole_number,
};

const EXAMPLES: &str = "\
Examples:
  keyfob code -                                  type the secret, see the current code
  keyfob code - <secret.txt                      read it from a file
  keyfob code JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP --at 1700000000
  keyfob code JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP --counter 7
  keyfob code 'otpauth://totp/Acme:alice?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&digits=8'

Standard output holds the code alone. On a terminal, how long it lasts is said on
standard error. A secret under 128 bits is used, with a warning there.";

/// Print the code of a secret or enrolment URI
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct CodeArguments {
    #[command(flatten)]
    credential: CredentialArguments,

    /// Make the code of this time, in Unix seconds [default: now]
    #[arg(long, value_name = "UNIX", value_parser = whole_number::<UnixTime>, conflicts_with = "counter")]
    at: Option<UnixTime>,
}

pub(super) fn run(arguments: CodeArguments) -> Result<(), CliError> {
    let credential = arguments.credential.credential()?;
    credential.refuse_time(arguments.at)?;
    let now = arguments.at.unwrap_or_else(time::now);
    let (code, remaining) = match &credential.generator {
        Generator::Hotp(hotp) => (hotp.generate(credential.counter), None),
        Generator::Totp(totp) => (totp.generate(now), Some(totp.remaining(now))),
        Generator::Steam(steam) => (steam.generate(now), Some(steam.remaining(now))),
    };
    print(Zeroizing::new(code.to_string()).as_str())?;
    if let (Some(seconds), None, true) = (remaining, arguments.at, is_watched()) {
        note(format_args!("valid for {seconds} s"));
    }
    Ok(())
}
