//! One page of what is stored, sealed under the newest key.

use keyfob::service::{AccountId, KeyRing, PortError, ServiceError};

use crate::{
    delivery,
    entropy::SystemEntropy,
    storage::{
        Sqlite,
        sqlite::{Beside, BesideRow, PlacedRecord},
    },
    webhooks,
};

/// Rows that are sealed anew in one transaction: a few milliseconds of the writer.
const BATCH: usize = 256;

/// What a page begins after. First come the records, then the tables beside them.
#[derive(Debug)]
pub(super) enum Place {
    Records(i64),
    Beside(Beside, Option<BesideRow>),
}

impl Place {
    pub(super) const START: Self = Self::Records(i64::MIN);
}

/// What came of a page.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) examined: u64,
    /// Those that were under an older key and open.
    pub(super) opened: u64,
    /// Those of them that were still the same when they were to be replaced.
    pub(super) replaced: u64,
    pub(super) unreadable: u64,
    /// What the next one begins after; `None` after the last.
    pub(super) next: Option<Place>,
}

/// Seals the page that begins after `place`.
pub(super) fn reseal(store: &Sqlite, keys: &KeyRing, place: &Place) -> Result<Page, PortError> {
    match place {
        Place::Records(after) => reseal_records(store, keys, *after),
        Place::Beside(table, after) => reseal_beside(store, keys, *table, after.as_ref()),
    }
}

fn reseal_records(store: &Sqlite, keys: &KeyRing, after: i64) -> Result<Page, PortError> {
    let records = store.records_after(after, BATCH)?;
    let next = match records.last() {
        Some(last) => Place::Records(last.place),
        None => Place::Beside(Beside::FIRST, None),
    };
    let mut page = Page { examined: records.len() as u64, next: Some(next), ..Page::default() };
    let mut resealed = Vec::new();
    for record in records {
        match keys.reseal_record(&record.key, record.version, &record.body, &mut SystemEntropy) {
            Ok(Some(body)) => resealed.push(PlacedRecord { body, ..record }),
            Ok(None) => {}
            Err(ServiceError::Port(error)) => return Err(error),
            Err(_) => page.unreadable += 1,
        }
    }
    page.opened = resealed.len() as u64;
    if !resealed.is_empty() {
        page.replaced = store.replace_bodies(resealed)? as u64;
    }
    Ok(page)
}

fn reseal_beside(
    store: &Sqlite,
    keys: &KeyRing,
    table: Beside,
    after: Option<&BesideRow>,
) -> Result<Page, PortError> {
    let rows = store.beside_under_others(table, keys.newest(), after, BATCH)?;
    let next = match rows.last() {
        Some(last) => Some(Place::Beside(table, Some(last.clone()))),
        None => table.next().map(|table| Place::Beside(table, None)),
    };
    let mut page = Page { examined: rows.len() as u64, next, ..Page::default() };
    let mut resealed = Vec::new();
    for row in rows {
        let context = context(&row);
        let Some(plain) = keys.open(&context, &row.body) else {
            page.unreadable += 1;
            continue;
        };
        let body = keys.seal(&context, &plain, &mut SystemEntropy)?;
        resealed.push((row, body));
    }
    page.opened = resealed.len() as u64;
    if !resealed.is_empty() {
        page.replaced = store.replace_beside(resealed)? as u64;
    }
    Ok(page)
}

/// The place that a row is sealed for.
fn context(row: &BesideRow) -> Vec<u8> {
    match row.table {
        Beside::Outbox => delivery::outbox_context(&row.account, &row.otp_id),
        Beside::Events => webhooks::event_context(&row.account),
        Beside::Webhooks => webhooks::endpoint_context(AccountId(row.account)),
        Beside::Calls => delivery::call_context(&row.account, &row.otp_id),
    }
}
