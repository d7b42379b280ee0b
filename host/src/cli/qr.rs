use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use keyfob::enrolment::{Enrolment, ErrorCorrection, Migration, Mode, Pixels, Qr, SvgOptions};

use super::{
    CliError,
    terminal::{Sensitive, note, print_raw, warn},
};

const EXAMPLES: &str = "\
Examples:
  keyfob uri build --account alice --issuer Acme | keyfob qr -
  keyfob qr - --svg alice.svg <uri.txt
  keyfob qr - --png alice.png <uri.txt

The picture holds the secret. It is drawn here, nothing is sent anywhere; a file is
made readable for you alone, and an existing one is left as it is.";

/// Draw the QR code of an enrolment URI: in the terminal, or into a file
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct QrArguments {
    /// An otpauth:// or otpauth-migration:// URI; - reads it from standard input,
    /// which other users cannot see
    uri: Sensitive,

    /// Write an SVG picture to FILE
    #[arg(long, value_name = "FILE", conflicts_with = "png")]
    svg: Option<PathBuf>,

    /// Write a PNG picture to FILE
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,

    /// Replace FILE if it exists
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: QrArguments) -> Result<(), CliError> {
    let text = arguments.uri.read("the otpauth:// URI")?;
    check(&text)?;
    let qr = Qr::encode(text.trim(), ErrorCorrection::Medium)?;
    if let Some(path) = &arguments.svg {
        let options = SvgOptions { pixels: Some(Pixels::new(PIXELS)?), ..SvgOptions::default() };
        return write_private(path, qr.to_svg(options).as_bytes(), arguments.force);
    }
    if let Some(path) = &arguments.png {
        return write_private(path, &qr.to_png(PNG_SCALE)?, arguments.force);
    }
    print_raw(qr.to_terminal().as_bytes())
}

const PIXELS: u32 = 360;
const PNG_SCALE: u8 = 8;

/// A code that no app reads is worth nothing, so the URI is read first.
fn check(text: &str) -> Result<(), CliError> {
    if text.trim_start().to_ascii_lowercase().starts_with("otpauth-migration:") {
        Migration::parse(text)?;
        return Ok(());
    }
    let read = Enrolment::parse(text, Mode::Lenient)?;
    read.warnings.iter().for_each(warn);
    Ok(())
}

fn write_private(path: &Path, bytes: &[u8], replace: bool) -> Result<(), CliError> {
    if replace
        && let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(CliError::file(path)(error));
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            let name = path.display();
            let text = format!("{name} exists already; choose another name, or add --force");
            CliError::new("file-exists", text)
        }
        io::ErrorKind::NotFound => {
            let folder = path.parent().unwrap_or(path).display();
            CliError::new(
                "folder-not-found",
                format!("{folder}: there is no such folder; make it first"),
            )
        }
        _ => CliError::file(path)(error),
    })?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(CliError::file(path))?;
    note(format_args!(
        "wrote {}; it holds the secret, delete it once it has been scanned",
        path.display()
    ));
    Ok(())
}
