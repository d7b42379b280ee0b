use std::sync::Arc;

use keyfob::{Zeroizing, enrolment::Migration as Core};

use crate::{
    Enrolment,
    error::{KeyfobError, invalid, no_entropy},
    number::size,
    secret::entropy,
};

/// An account of an export that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SkippedEntry {
    /// Its place among all accounts of the URI, from 0.
    pub index: i32,
    /// Its name as far as it can be shown; empty otherwise.
    pub name: String,
    /// The stable kebab-case word for the reason.
    pub code: String,
    /// The reason, and what to do.
    pub text: String,
}

/// What one `otpauth-migration://` URI holds: Google Authenticator's export of several accounts,
/// one QR code's worth of it.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Migration {
    /// The accounts, in their order.
    pub entries: Vec<Arc<Enrolment>>,
    /// The accounts that could not be read.
    pub skipped: Vec<SkippedEntry>,
    /// How many URIs the whole export has.
    pub batch_size: u32,
    /// Which of them this is, from 0.
    pub batch_index: u32,
    /// The same number in each URI of one export. May be negative.
    pub batch_id: i32,
}

/// Reads one URI of an export. An account that cannot be used is reported and does not fail the
/// others.
#[uniffi::export]
pub fn parse_migration(uri: String) -> Result<Migration, KeyfobError> {
    let uri = Zeroizing::new(uri);
    let read = Core::parse(&uri).map_err(invalid("uri"))?;
    let skipped = read.skipped.iter().map(|it| SkippedEntry {
        index: size(it.index),
        name: it.name.clone(),
        code: it.reason.code().to_owned(),
        text: it.reason.to_string(),
    });
    Ok(Migration {
        skipped: skipped.collect(),
        entries: read.entries.into_iter().map(|it| Arc::new(Enrolment(it))).collect(),
        batch_size: read.batch_size,
        batch_index: read.batch_index,
        batch_id: read.batch_id,
    })
}

/// Writes accounts as one or more URIs, each fit for a QR code of any level. They hold the
/// secrets: keep them out of logs.
///
/// `batch_id` ties the URIs together: a random number, if nothing is said.
#[uniffi::export(default(batch_id = None))]
pub fn export_migration(
    enrolments: Vec<Arc<Enrolment>>,
    batch_id: Option<i32>,
) -> Result<Vec<String>, KeyfobError> {
    let batch_id = batch_id.map_or_else(random_id, Ok)?;
    let enrolments: Vec<_> = enrolments.iter().map(|it| it.0.clone()).collect();
    let uris = Core::export(&enrolments, batch_id).map_err(invalid("enrolments"))?;
    Ok(uris.iter().map(|uri| uri.to_string()).collect())
}

fn random_id() -> Result<i32, KeyfobError> {
    let mut bytes = [0; 4];
    entropy(&mut bytes).map_err(no_entropy)?;
    Ok(i32::from_ne_bytes(bytes))
}
