//! What the commands print and read. Standard output carries results alone, so that
//! it can be piped; everything else goes to standard error.

use std::{
    fmt::Display,
    fs::File,
    io::{self, IsTerminal, Read, Write},
    str::FromStr,
};

use zeroize::{Zeroize, Zeroizing};

use super::CliError;

/// Writes one line of the result.
pub(super) fn print(line: impl Display) -> Result<(), CliError> {
    print_raw(Zeroizing::new(format!("{line}\n")))
}

/// Writes a piece of the result as it is.
pub(super) fn print_raw(text: impl AsRef<[u8]>) -> Result<(), CliError> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_ref()).and_then(|()| output.flush()).map_err(output_failed)
}

/// Tells the person something that is no result.
pub(super) fn note(line: impl Display) {
    // Standard error may be closed; there is nobody to tell then.
    let _ = writeln!(io::stderr(), "{line}");
}

/// Tells the person of something that deserves a look.
pub(super) fn warn(line: impl Display) {
    note(format_args!("warning: {line}"));
}

/// Whether a person watches both the result and the notes.
pub(super) fn is_watched() -> bool {
    io::stdout().is_terminal() && io::stderr().is_terminal()
}

/// The code of an error that only says that nobody reads the results any more.
pub(super) const OUTPUT_CLOSED: &str = "output-closed";

/// Whether a person types what is read.
pub(super) fn is_typed() -> bool {
    io::stdin().is_terminal()
}

/// Asks the person at the terminal for a line, which is not shown; `None` if there is
/// to be none.
pub(super) fn ask(what: &str) -> Result<Option<Zeroizing<String>>, CliError> {
    let config = rpassword::ConfigBuilder::new().output_writer(io::stderr()).build();
    let prompt = format!("Type or paste {what} (not shown): ");
    match rpassword::prompt_password_with_config(prompt, config).map(Zeroizing::new) {
        Ok(line) => Ok(Some(Zeroizing::new(line.trim().to_owned()))),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(input_failed(error)),
    }
}

/// An argument that may be a secret: wiped when dropped, not shown by `Debug`. `-`
/// stands for a line of standard input.
#[derive(Clone)]
pub(super) struct Sensitive(Zeroizing<String>);

impl Sensitive {
    /// The argument itself, or the line of standard input that it stands for.
    /// `what` says what is expected, to a person who is to type it.
    pub(super) fn read(self, what: &str) -> Result<Zeroizing<String>, CliError> {
        if self.0.as_str() != "-" {
            return Ok(self.0);
        }
        let line = if is_typed() { ask(what)? } else { StandardInput::open()?.line()? };
        line.ok_or_else(|| {
            let text = format!("standard input is empty; write {what} to it as one line");
            CliError::new("input-empty", text)
        })
    }

    /// Whether it stands for standard input.
    pub(super) fn is_standard_input(&self) -> bool {
        self.0.as_str() == "-"
    }

    /// The argument as it was given.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Sensitive {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(Zeroizing::new(text.to_owned())))
    }
}

impl std::fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sensitive(redacted)")
    }
}

/// Standard input without the buffer that Rust puts before it, which is not wiped
/// and reads ahead.
pub(super) struct StandardInput(File);

impl StandardInput {
    /// The longest line, in bytes; longer than any URI that is read.
    pub(super) const LONGEST_LINE: usize = 64 * 1024;

    pub(super) fn open() -> Result<Self, CliError> {
        Ok(Self(unbuffered().map_err(input_failed)?))
    }

    /// The next line without white space around it; `None` at the end.
    pub(super) fn line(&mut self) -> Result<Option<Zeroizing<String>>, CliError> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(Self::LONGEST_LINE)); // never regrown
        let mut byte = [0; 1];
        let mut ended = false;
        while !ended && self.0.read(&mut byte).map_err(input_failed)? == 1 {
            ended = byte[0] == b'\n';
            if bytes.len() == Self::LONGEST_LINE {
                return Err(CliError::new(
                    "input-too-long",
                    "the line on standard input is longer than 64 KiB; write the secret or URI alone",
                ));
            }
            bytes.push(byte[0]);
        }
        byte.zeroize();
        if bytes.is_empty() {
            return Ok(None);
        }
        match str::from_utf8(&bytes) {
            Ok(text) => Ok(Some(Zeroizing::new(text.trim().to_owned()))),
            Err(_) => Err(CliError::new(
                "input-not-utf8",
                "standard input is not UTF-8 text; write the secret or URI as text",
            )),
        }
    }
}

#[cfg(unix)]
fn unbuffered() -> io::Result<File> {
    use std::os::fd::AsFd;
    Ok(io::stdin().as_fd().try_clone_to_owned()?.into())
}

#[cfg(windows)]
fn unbuffered() -> io::Result<File> {
    use std::os::windows::io::AsHandle;
    Ok(io::stdin().as_handle().try_clone_to_owned()?.into())
}

fn output_failed(error: io::Error) -> CliError {
    match error.kind() {
        io::ErrorKind::BrokenPipe => CliError::new(OUTPUT_CLOSED, "nobody reads the output"),
        _ => CliError::new("output-failed", format!("cannot write to standard output: {error}")),
    }
}

fn input_failed(error: io::Error) -> CliError {
    CliError::new("input-failed", format!("cannot read standard input: {error}"))
}
