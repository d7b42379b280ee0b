//! The lines of an import: JSON lines or CSV, each to be one user.

use std::{
    borrow::Cow,
    fmt,
    io::{BufRead, BufReader, Read},
    path::Path,
};

use csv::StringRecord;
use keyfob::{
    Digits, Error, Period, Secret, TotpParameters,
    enrolment::{Enrolment, Kind, Mode},
    service::{NewUser, ServiceError, UserId},
};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{CliError, terminal::StandardInput};

/// What reads the lines, one after another.
pub(super) enum ImportLines<R> {
    Json { input: BufReader<R>, number: u64, buffer: Zeroizing<Vec<u8>> },
    Csv { input: Box<csv::Reader<BufReader<R>>>, columns: Columns, record: StringRecord },
}

/// A user and the line that told of them.
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) user: NewUser,
}

/// A line that was not applied, and why. Holds no secret.
pub(super) struct BadLine {
    pub(super) number: u64,
    reason: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.number, self.reason)
    }
}

impl Line {
    pub(super) fn refused(&self, error: ServiceError) -> BadLine {
        let reason = match error {
            ServiceError::Invalid { error, .. } => explain(&error),
            other => other.to_string(),
        };
        BadLine { number: self.number, reason }
    }

    pub(super) fn taken(&self) -> BadLine {
        let reason = "the user is there with another secret or is not enrolled; left alone";
        BadLine { number: self.number, reason: reason.into() }
    }
}

impl<R: Read> ImportLines<R> {
    /// Finds out by the name or the first character what the input is.
    pub(super) fn new(input: R, path: &Path) -> Result<Self, CliError> {
        let mut input = BufReader::with_capacity(1 << 18, input);
        skip_byte_order_mark(&mut input)?;
        let extension = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
        let is_csv = match extension.as_deref().and_then(|extension| extension.to_str()) {
            Some("csv") => true,
            Some("json" | "jsonl" | "ndjson") => false,
            _ => first_visible(&mut input)?.is_some_and(|byte| !b"{[".contains(&byte)),
        };
        if !is_csv {
            return Ok(Self::Json { input, number: 0, buffer: Zeroizing::default() });
        }
        let mut input = Box::new(
            csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(input),
        );
        let columns = Columns::new(input.headers().map_err(csv_failed)?)?;
        Ok(Self::Csv { input, columns, record: StringRecord::new() })
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// When the input cannot be read at all.
    pub(super) fn next(
        &mut self,
        accept_short: bool,
    ) -> Result<Option<Result<Line, BadLine>>, CliError> {
        let (number, user) = match self {
            Self::Json { input, number, buffer } => loop {
                *number += 1;
                if !read_line(input, buffer)? {
                    return Ok(None);
                }
                let Some(text) = buffer.get(..MAXIMUM_LINE.min(buffer.len())) else { continue };
                if buffer.len() > MAXIMUM_LINE {
                    break (*number, Err("the line is longer than 64 KiB; is it one user?".into()));
                }
                if !text.trim_ascii().is_empty() {
                    break (*number, json_user(text));
                }
            },
            Self::Csv { input, columns, record } => match input.read_record(record) {
                Ok(false) => return Ok(None),
                Ok(true) => (line_of(record.position()), columns.user(record)),
                Err(error) => match error.kind() {
                    csv::ErrorKind::Utf8 { pos, .. } => (
                        line_of(pos.as_ref()),
                        Err("the line is not UTF-8; save the file as UTF-8".into()),
                    ),
                    _ => return Err(csv_failed(error)),
                },
            },
        };
        Ok(Some(match user {
            Ok(user) => {
                Ok(Line { number, user: NewUser { accept_short_secret: accept_short, ..user } })
            }
            Err(reason) => Err(BadLine { number, reason }),
        }))
    }
}

const MAXIMUM_LINE: usize = StandardInput::LONGEST_LINE;

const FIELDS: &str = "user_id, secret or uri, and if need be algorithm, digits, interval";

/// A user as a line tells of one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<'a> {
    #[serde(borrow)]
    user_id: Cow<'a, str>,
    #[serde(borrow)]
    secret: Option<Cow<'a, str>>,
    #[serde(borrow)]
    uri: Option<Cow<'a, str>>,
    #[serde(borrow)]
    algorithm: Option<Cow<'a, str>>,
    digits: Option<u8>,
    interval: Option<u8>,
}

impl Fields<'_> {
    fn user(&self) -> Result<NewUser, String> {
        let user_id = UserId::parse(&self.user_id).map_err(|error| error.to_string())?;
        let user = NewUser::new(user_id);
        match (&self.secret, &self.uri) {
            (Some(secret), None) => self.with_secret(user, secret),
            (None, Some(uri)) => self.with_uri(user, uri),
            _ => Err("give either secret or uri".into()),
        }
    }

    fn with_secret(&self, user: NewUser, secret: &str) -> Result<NewUser, String> {
        let text = |error: &dyn fmt::Display| error.to_string();
        let algorithm = self.algorithm.as_ref().map(|name| name.parse()).transpose();
        let digits = self.digits.map(Digits::new).transpose();
        let period = self.interval.map(Period::new).transpose();
        Ok(NewUser {
            secret: Some(Secret::from_base32(secret).map_err(|error| text(&error))?),
            parameters: TotpParameters {
                algorithm: algorithm.map_err(|error| text(&error))?.unwrap_or_default(),
                digits: digits.map_err(|error| text(&error))?.unwrap_or_default(),
                period: period.map_err(|error| text(&error))?.unwrap_or_default(),
            },
            ..user
        })
    }

    fn with_uri(&self, user: NewUser, uri: &str) -> Result<NewUser, String> {
        if self.algorithm.is_some() || self.digits.is_some() || self.interval.is_some() {
            return Err("the uri says algorithm, digits and interval; leave them out".into());
        }
        let text = |error: &dyn fmt::Display| error.to_string();
        let enrolment =
            Enrolment::parse(uri, Mode::Lenient).map_err(|error| text(&error))?.enrolment;
        let Kind::Totp { period } = enrolment.kind() else {
            return Err("the service verifies time-based codes; this uri is of another type".into());
        };
        let period = u8::try_from(period).unwrap_or(0); // 0 is refused as anything beyond is
        Ok(NewUser {
            secret: Some(enrolment.secret().clone()),
            parameters: TotpParameters {
                algorithm: enrolment.algorithm(),
                digits: Digits::new(enrolment.digits()).map_err(|error| text(&error))?,
                period: Period::new(period).map_err(|error| text(&error))?,
            },
            ..user
        })
    }
}

/// serde's own messages quote values, and a value may be a secret.
fn json_user(line: &[u8]) -> Result<NewUser, String> {
    if line.trim_ascii_start().starts_with(b"[") {
        return Err("this is an array; write one object a line".into());
    }
    let fields: Fields<'_> = serde_json::from_slice(line).map_err(|error| {
        let column = error.column();
        match error.classify() {
            serde_json::error::Category::Data => format!(
                "at character {column} a field is missing, unknown, there twice or of the wrong type; use {FIELDS}"
            ),
            _ => format!("not JSON at character {column}; write one object a line"),
        }
    })?;
    fields.user()
}

/// Where in a CSV line each field is.
#[derive(Default)]
pub(super) struct Columns {
    user_id: usize,
    secret: Option<usize>,
    uri: Option<usize>,
    algorithm: Option<usize>,
    digits: Option<usize>,
    interval: Option<usize>,
    count: usize,
}

impl Columns {
    fn new(header: &StringRecord) -> Result<Self, CliError> {
        let mut columns = Self { count: header.len(), ..Self::default() };
        let mut user_id = None;
        for (index, name) in header.iter().enumerate() {
            let column = match name.to_ascii_lowercase().as_str() {
                "user_id" => &mut user_id,
                "secret" => &mut columns.secret,
                "uri" => &mut columns.uri,
                "algorithm" => &mut columns.algorithm,
                "digits" => &mut columns.digits,
                "interval" => &mut columns.interval,
                _ => return Err(bad_header(index)),
            };
            if column.replace(index).is_some() {
                return Err(bad_header(index));
            }
        }
        columns.user_id = user_id.ok_or_else(|| bad_header(0))?;
        if columns.secret.is_none() && columns.uri.is_none() {
            return Err(bad_header(0));
        }
        Ok(columns)
    }

    fn user(&self, record: &StringRecord) -> Result<NewUser, String> {
        if record.len() != self.count {
            let fields = if record.len() == 1 { "field" } else { "fields" };
            return Err(format!(
                "the line has {} {fields} and the header {}",
                record.len(),
                self.count
            ));
        }
        let text = |column: Option<usize>| {
            column.and_then(|index| record.get(index)).filter(|text| !text.is_empty())
        };
        let number = |column, name: &str| {
            text(column).map(str::parse).transpose().map_err(|_| format!("{name} is not a number"))
        };
        let fields = Fields {
            user_id: record.get(self.user_id).unwrap_or_default().into(),
            secret: text(self.secret).map(Cow::from),
            uri: text(self.uri).map(Cow::from),
            algorithm: text(self.algorithm).map(Cow::from),
            digits: number(self.digits, "digits")?,
            interval: number(self.interval, "interval")?,
        };
        fields.user()
    }
}

/// Not quoted: without a header the first line holds a secret.
fn bad_header(index: usize) -> CliError {
    let column = index + 1;
    CliError::new(
        "csv-header",
        format!(
            "the first line must name the columns, each once; look at column {column} and use {FIELDS}"
        ),
    )
}

/// csv's messages may quote the input, too.
fn csv_failed(error: csv::Error) -> CliError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => read_failed(error),
        _ => CliError::new("csv-unreadable", "the first line is not UTF-8; save the file as UTF-8"),
    }
}

fn read_failed(error: std::io::Error) -> CliError {
    CliError::new("import-unreadable", format!("cannot read the file: {error}"))
}

fn line_of(position: Option<&csv::Position>) -> u64 {
    position.map_or(0, csv::Position::line)
}

/// Reads a line into `buffer`; of one that is too long, only as much as shows that.
fn read_line(input: &mut impl BufRead, buffer: &mut Vec<u8>) -> Result<bool, CliError> {
    buffer.clear();
    let most = MAXIMUM_LINE as u64 + 1;
    let read = input.by_ref().take(most).read_until(b'\n', buffer).map_err(read_failed)?;
    if read as u64 == most && buffer.last() != Some(&b'\n') {
        input.skip_until(b'\n').map_err(read_failed)?;
    }
    Ok(read > 0)
}

fn skip_byte_order_mark(input: &mut impl BufRead) -> Result<(), CliError> {
    if input.fill_buf().map_err(read_failed)?.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    Ok(())
}

fn first_visible(input: &mut impl BufRead) -> Result<Option<u8>, CliError> {
    let start = input.fill_buf().map_err(read_failed)?;
    Ok(start.iter().copied().find(|byte| !byte.is_ascii_whitespace()))
}

fn explain(error: &Error) -> String {
    match error {
        Error::Secret(keyfob::SecretError::TooShort { bits }) => format!(
            "the secret has {bits} bits and 128 are asked for; add --accept-short-secrets to take it"
        ),
        other => other.to_string(),
    }
}
