use alloc::{string::String, vec, vec::Vec};
use core::str;

use base64ct::{Base64, Base64Unpadded, Encoding};
use zeroize::Zeroizing;

use super::{
    DEFAULT_DIGITS, DEFAULT_PERIOD, Enrolment, Kind, MigrationError, SkipReason, Unrepresentable,
    UriError, label, percent,
    protobuf::{Account, FIELD_OVERHEAD, Payload},
};
use crate::{Algorithm, Secret};

/// What one `otpauth-migration://` URI holds: Google Authenticator's export of
/// several accounts, one QR code's worth of it.
///
/// ```
/// use keyfob::{Secret, enrolment::{Enrolment, Migration}};
/// let secret = Secret::from_base32("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")?;
/// let accounts = vec![Enrolment::totp("alice", secret)?.with_issuer("Acme")?; 25];
///
/// let uris = Migration::export(&accounts, 4711)?;
/// assert_eq!(uris.len(), 3); // ten accounts to a QR code
/// let last = Migration::parse(&uris[2])?;
/// assert_eq!((last.batch_index, last.batch_size, last.batch_id), (2, 3, 4711));
/// assert_eq!(last.entries, accounts[20..]);
/// # Ok::<(), keyfob::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// The accounts, in their order.
    pub entries: Vec<Enrolment>,
    /// The accounts that could not be read, with the reason.
    pub skipped: Vec<Skipped>,
    /// How many URIs the whole export has.
    pub batch_size: u32,
    /// Which of them this is, from 0.
    pub batch_index: u32,
    /// The same number in each URI of one export. May be negative.
    pub batch_id: i32,
}

/// An account that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its place among all accounts of the URI, from 0.
    pub index: usize,
    /// Its name as far as it can be shown; empty otherwise.
    pub name: String,
    /// Why it was skipped.
    pub reason: SkipReason,
}

impl Migration {
    /// The longest URI read, in bytes; several times what a QR code holds.
    pub const MAXIMUM_URI_BYTES: usize = 16 * 1024;
    /// The most accounts that [`export`](Self::export) puts into one URI.
    pub const ENTRIES_PER_URI: usize = 10;
    /// The longest URI that [`export`](Self::export) writes, in bytes: it fits a QR
    /// code at every error correction level.
    pub const EXPORTED_URI_BYTES: usize = 1273;

    /// Reads `otpauth-migration://offline?data=…`. The base64 may be padded or not,
    /// percent-encoded or not, of the standard or the URL alphabet. Further
    /// parameters and unknown protobuf fields are passed over.
    ///
    /// An account that cannot be used, such as one with MD5, is reported in
    /// [`skipped`](Self::skipped) and does not fail the others.
    ///
    /// # Errors
    /// [`MigrationError`], which never quotes the URI.
    pub fn parse(text: &str) -> Result<Self, MigrationError> {
        let bytes = decode_data(text.trim_ascii())?;
        let payload = Payload::decode(&bytes).map_err(|_| MigrationError::Payload)?;
        if payload.accounts.is_empty() {
            return Err(MigrationError::Empty);
        }
        let mut migration = Self {
            entries: Vec::with_capacity(payload.accounts.len()),
            skipped: Vec::new(),
            batch_size: u32::try_from(payload.batch_size).unwrap_or(1).max(1),
            batch_index: u32::try_from(payload.batch_index).unwrap_or(0),
            batch_id: payload.batch_id as i32, // sign-extended on the wire
        };
        for (index, bytes) in payload.accounts.into_iter().enumerate() {
            match read_entry(bytes) {
                Ok(enrolment) => migration.entries.push(enrolment),
                Err((name, reason)) => migration.skipped.push(Skipped { index, name, reason }),
            }
        }
        Ok(migration)
    }

    /// Writes `enrolments` as one or more URIs, at most
    /// [`ENTRIES_PER_URI`](Self::ENTRIES_PER_URI) to each and each fit for a QR code
    /// of any level. `batch_id` ties them together: a random number.
    ///
    /// Parameters without a meaning are left out; Google's format has no place for
    /// them. The URIs hold the secrets and are wiped when dropped.
    ///
    /// # Errors
    /// [`MigrationError::Empty`]; [`MigrationError::Unrepresentable`] for the first
    /// enrolment that Google's format cannot hold, so that none is exported changed.
    pub fn export(
        enrolments: &[Enrolment],
        batch_id: i32,
    ) -> Result<Vec<Zeroizing<String>>, MigrationError> {
        let accounts = encode_accounts(enrolments)?;
        let batches = split_into_batches(&accounts)?;
        let size = batches.len() as u64;
        let id = i64::from(batch_id).cast_unsigned();
        let uris = batches.iter().zip(0..).map(|(batch, index)| write_uri(batch, size, index, id));
        Ok(uris.collect())
    }
}

const PREFIX: &str = "otpauth-migration://offline?data=";
/// The version Google Authenticator writes.
const VERSION: u64 = 1;
/// The numbers of a batch differ in length and in how much of their base64 needs
/// escapes; this much is kept free for the longest.
const BATCH_NUMBERS_MARGIN: usize = 128;

fn decode_data(text: &str) -> Result<Zeroizing<Vec<u8>>, MigrationError> {
    if text.len() > Migration::MAXIMUM_URI_BYTES {
        return Err(MigrationError::TooLong);
    }
    let (start, query) = text.split_once('?').unwrap_or((text, ""));
    let start = start.strip_suffix('/').unwrap_or(start);
    if !start.eq_ignore_ascii_case("otpauth-migration://offline") {
        return Err(MigrationError::Scheme);
    }
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let mut data = pairs.filter(|(name, _)| name.eq_ignore_ascii_case("data")).map(|(_, raw)| raw);
    let raw = data.next().ok_or(MigrationError::DataMissing)?;
    if data.next().is_some() {
        return Err(MigrationError::Duplicate);
    }
    let text = percent::decode(raw).map_err(|_| MigrationError::Encoding)?;
    decode_base64(&text)
}

/// Takes both alphabets, padded or not. A space was a plus before some form decoder.
fn decode_base64(text: &str) -> Result<Zeroizing<Vec<u8>>, MigrationError> {
    let mut standard = Zeroizing::new(Vec::with_capacity(text.len())); // never regrown
    standard.extend(text.trim_end_matches('=').bytes().map(|byte| match byte {
        b'-' | b' ' => b'+',
        b'_' => b'/',
        other => other,
    }));
    let mut bytes = Zeroizing::new(vec![0; standard.len()]);
    let decoded = Base64Unpadded::decode(&*standard, &mut bytes);
    let length = decoded.map_err(|_| MigrationError::Encoding)?.len();
    bytes.truncate(length);
    Ok(bytes)
}

fn read_entry(bytes: &[u8]) -> Result<Enrolment, (String, SkipReason)> {
    let account = Account::decode(bytes).map_err(|_| (String::new(), SkipReason::Malformed))?;
    let name = || read_name(account.name).unwrap_or_default();
    read_account(&account).map_err(|reason| (name(), reason))
}

fn read_account(account: &Account<'_>) -> Result<Enrolment, SkipReason> {
    let algorithm = match account.algorithm {
        0 | 1 => Algorithm::Sha1,
        2 => Algorithm::Sha256,
        3 => Algorithm::Sha512,
        _ => return Err(SkipReason::Algorithm),
    };
    let digits = match account.digits {
        0 | 1 => DEFAULT_DIGITS,
        2 => 8,
        _ => return Err(SkipReason::Digits),
    };
    let kind = match account.kind {
        0 | 2 => Kind::Totp { period: DEFAULT_PERIOD },
        1 => Kind::Hotp { counter: signed(account.counter).ok_or(SkipReason::Counter)? },
        _ => return Err(SkipReason::Type),
    };
    let secret = Secret::from_bytes(account.secret).map_err(SkipReason::Secret)?;
    let (issuer, account) = read_names(account).map_err(SkipReason::Names)?;
    let enrolment =
        Enrolment { kind, issuer, account, secret, algorithm, digits, parameters: Vec::new() };
    enrolment.settled().map_err(SkipReason::Names)
}

/// Google Authenticator repeats the issuer before the account in the name.
fn read_names(account: &Account<'_>) -> Result<(Option<String>, String), UriError> {
    let name = read_name(account.name)?;
    let issuer = read_name(account.issuer.unwrap_or_default())?;
    if label::is_blank(&issuer) {
        return Ok((None, label::without_leading_spaces(name)));
    }
    let bare = name.strip_prefix(issuer.as_str()).and_then(|rest| rest.strip_prefix(':'));
    let bare = bare.map_or_else(|| name.clone(), String::from);
    Ok((Some(issuer), label::without_leading_spaces(bare)))
}

fn read_name(bytes: &[u8]) -> Result<String, UriError> {
    let name = str::from_utf8(bytes).map_err(|_| UriError::Utf8)?;
    percent::refuse_control_characters(name)?;
    Ok(name.into())
}

/// An `int64` that is not negative.
fn signed(number: u64) -> Option<u64> {
    i64::try_from(number).is_ok().then_some(number)
}

fn encode_accounts(enrolments: &[Enrolment]) -> Result<Vec<Zeroizing<Vec<u8>>>, MigrationError> {
    if enrolments.is_empty() {
        return Err(MigrationError::Empty);
    }
    let encode = |(index, enrolment)| {
        let unrepresentable = |what| MigrationError::Unrepresentable { index, what };
        encode_account(enrolment).map_err(unrepresentable)
    };
    enrolments.iter().enumerate().map(encode).collect()
}

fn encode_account(enrolment: &Enrolment) -> Result<Zeroizing<Vec<u8>>, Unrepresentable> {
    let issuer = enrolment.issuer();
    let name = match issuer {
        Some(issuer) => [issuer, enrolment.account()].join(":"),
        None => enrolment.account().into(),
    };
    let (kind, counter) = match enrolment.kind() {
        Kind::Totp { period: DEFAULT_PERIOD } => (2, 0),
        Kind::Totp { .. } => return Err(Unrepresentable::Period),
        Kind::Hotp { counter } => (1, signed(counter).ok_or(Unrepresentable::Counter)?),
        Kind::Steam => return Err(Unrepresentable::Steam),
    };
    let account = Account {
        secret: enrolment.secret().expose_bytes(),
        name: name.as_bytes(),
        issuer: issuer.map(str::as_bytes),
        algorithm: match enrolment.algorithm() {
            Algorithm::Sha1 => 1,
            Algorithm::Sha256 => 2,
            Algorithm::Sha512 => 3,
        },
        digits: match enrolment.digits() {
            DEFAULT_DIGITS => 1,
            8 => 2,
            _ => return Err(Unrepresentable::Digits),
        },
        kind,
        counter,
    };
    let names = account.name.len() + account.issuer.map_or(0, <[u8]>::len);
    let size = account.secret.len() + names + 7 * FIELD_OVERHEAD;
    let mut bytes = Zeroizing::new(Vec::with_capacity(size)); // never regrown: no stray copy
    account.encode(&mut bytes);
    Ok(bytes)
}

/// As many accounts to a batch as fit, in order.
fn split_into_batches(
    accounts: &[Zeroizing<Vec<u8>>],
) -> Result<Vec<&[Zeroizing<Vec<u8>>]>, MigrationError> {
    let fits = |batch: &[Zeroizing<Vec<u8>>]| {
        let longest = Migration::EXPORTED_URI_BYTES - BATCH_NUMBERS_MARGIN;
        batch.len() <= Migration::ENTRIES_PER_URI && write_uri(batch, 0, 0, 0).len() <= longest
    };
    let mut batches = Vec::new();
    let mut start = 0;
    for end in 1..=accounts.len() {
        if fits(&accounts[start..end]) {
            continue;
        }
        if !fits(&accounts[end - 1..end]) {
            let what = Unrepresentable::Names;
            return Err(MigrationError::Unrepresentable { index: end - 1, what });
        }
        batches.push(&accounts[start..end - 1]);
        start = end - 1;
    }
    batches.push(&accounts[start..]);
    Ok(batches)
}

fn write_uri(
    accounts: &[Zeroizing<Vec<u8>>],
    batch_size: u64,
    batch_index: u64,
    batch_id: u64,
) -> Zeroizing<String> {
    let accounts: Vec<&[u8]> = accounts.iter().map(|account| account.as_slice()).collect();
    let content: usize = accounts.iter().map(|account| account.len() + FIELD_OVERHEAD).sum();
    let payload = Payload { accounts, version: VERSION, batch_size, batch_index, batch_id };
    let mut bytes = Zeroizing::new(Vec::with_capacity(content + 4 * FIELD_OVERHEAD));
    payload.encode(&mut bytes);
    let base64 = Zeroizing::new(Base64::encode_string(&bytes));
    let mut uri = Zeroizing::new(String::with_capacity(PREFIX.len() + 3 * base64.len()));
    uri.push_str(PREFIX);
    uri.extend(percent::encode(&base64));
    uri
}
