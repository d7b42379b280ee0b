use std::process::ExitCode;

use clap::Args;
use keyfob::{
    HotpOutcome, LookAhead, TotpOutcome, TotpState, UnixTime, Window, enrolment::Generator,
};

use super::{
    CliError,
    credential::{Credential, CredentialArguments},
    terminal::{Sensitive, note},
    time,
    values::whole_number,
};

const EXAMPLES: &str = "\
Examples:
  keyfob verify - 123456 <secret.txt
  printf '%s\\n%s\\n' \"$SECRET\" \"$CODE\" | keyfob verify - -
  keyfob verify - 123456 --window 2 <secret.txt
  keyfob verify - 755224 --counter 0 <secret.txt

Exit status: 0 the code is right, 1 it is not, 2 it could not be judged. Which step
matched is said on standard error. Nothing is remembered: a service must also refuse
a code that was used before, as `keyfob serve` does.";

/// Check a code against a secret or enrolment URI: exit status 0 or 1
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct VerifyArguments {
    #[command(flatten)]
    credential: CredentialArguments,

    /// The code as the user typed it; - reads it from standard input, after the secret
    #[arg(allow_hyphen_values = true)]
    code: Sensitive,

    /// Check as of this time, in Unix seconds [default: now]
    #[arg(long, value_name = "UNIX", value_parser = whole_number::<UnixTime>, conflicts_with = "counter")]
    at: Option<UnixTime>,

    /// How many steps to either side are accepted [default: 1], or how many counters
    /// ahead [default: 10]
    #[arg(long, value_name = "N", value_parser = whole_number::<u8>)]
    window: Option<u8>,
}

pub(super) fn run(arguments: VerifyArguments) -> Result<ExitCode, CliError> {
    let credential = arguments.credential.credential()?;
    credential.refuse_time(arguments.at)?;
    let code = arguments.code.read("the code")?;
    let now = arguments.at.unwrap_or_else(time::now);
    let accepted = judge(credential, &code, now, arguments.window)?;
    Ok(if accepted { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn judge(
    credential: Credential,
    code: &str,
    now: UnixTime,
    width: Option<u8>,
) -> Result<bool, CliError> {
    let (counter, period) = (credential.counter, credential.period);
    let steps = width.map_or(Ok(Window::default()), |width| Window::new(width, width));
    let fresh = TotpState::default();
    match credential.generator {
        Generator::Hotp(hotp) => {
            let ahead = width.map_or(Ok(LookAhead::default()), LookAhead::new)?;
            Ok(explain_counter(hotp.verify(code, counter, ahead), counter, ahead))
        }
        Generator::Totp(totp) => {
            let steps = steps?;
            Ok(explain_step(totp.with_window(steps).verify(code, now, &fresh), period, steps))
        }
        Generator::Steam(steam) => {
            let steps = steps?;
            Ok(explain_step(steam.with_window(steps).verify(code, now, &fresh), period, steps))
        }
    }
}

fn explain_counter(outcome: HotpOutcome, counter: u64, ahead: LookAhead) -> bool {
    match outcome {
        HotpOutcome::Accepted { next_counter } => {
            note(format_args!(
                "accepted: the code of counter {}; expect {next_counter} next",
                next_counter - 1 // an accepted counter always has a successor
            ));
            true
        }
        HotpOutcome::Mismatch => {
            let last = counter.saturating_add(ahead.value().into());
            note(format_args!("refused: not the code of any counter from {counter} to {last}"));
            false
        }
        HotpOutcome::Malformed => malformed(),
    }
}

fn explain_step(outcome: TotpOutcome, period: u64, window: Window) -> bool {
    match outcome {
        TotpOutcome::Accepted { step, drift, .. } => {
            note(format_args!("accepted: the code of step {step}, {}", describe(drift, period)));
            true
        }
        // Nothing is remembered here, so nothing was used before.
        TotpOutcome::Replayed { .. } | TotpOutcome::Mismatch => {
            let width = window.after();
            note(format_args!(
                "refused: not the code of the current step or of {width} to either side"
            ));
            false
        }
        TotpOutcome::Malformed => malformed(),
    }
}

/// Where a step lies, and what that says of the device's clock.
fn describe(drift: i64, period: u64) -> String {
    let side = match drift {
        0 => return "the current one".to_owned(),
        ..0 => "behind",
        1.. => "ahead of",
    };
    let (steps, seconds) = (drift.unsigned_abs(), drift.unsigned_abs() * period);
    format!("{steps} {side} the current one: the device's clock is about {seconds} s off")
}

fn malformed() -> bool {
    note("refused: a code of this secret has another length or other characters");
    false
}
