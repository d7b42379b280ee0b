//! API keys seen lately, so that a request does not read its key from the store.
//! An entry lives half a second: a revoked key is refused within that time on every
//! node.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use keyfob::{
    UnixTime,
    service::{AccountId, PortError},
};

use crate::{api_key::PresentedKey, storage::sqlite::ApiKeyRow};

/// How long a key is taken for what it was.
const LIFETIME: Duration = Duration::from_millis(500);

/// How many keys are remembered; with more in use at once, the rest is read.
const CAPACITY: usize = 4_096;

/// Keys seen lately.
#[derive(Debug, Default)]
pub struct KeyCache(RwLock<HashMap<String, (Instant, ApiKeyRow)>>);

impl KeyCache {
    /// The account of `key` at `now`, asking `read` for a key that was not seen
    /// lately. The secret is compared every time.
    pub fn account_of(
        &self,
        key: &PresentedKey<'_>,
        now: UnixTime,
        read: impl FnOnce(&str) -> Result<Option<ApiKeyRow>, PortError>,
    ) -> Result<Option<AccountId>, PortError> {
        if let Some(account) = self.seen(key, now) {
            return Ok(account);
        }
        let Some(row) = read(key.id)? else { return Ok(None) };
        let account = judge(key, &row, now);
        if account.is_some() {
            self.remember(key.id, row);
        }
        Ok(account)
    }

    fn seen(&self, key: &PresentedKey<'_>, now: UnixTime) -> Option<Option<AccountId>> {
        let seen = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (at, row) = seen.get(key.id)?;
        (at.elapsed() < LIFETIME).then(|| judge(key, row, now))
    }

    fn remember(&self, id: &str, row: ApiKeyRow) {
        let mut seen = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= CAPACITY {
            seen.clear();
        }
        seen.insert(id.to_owned(), (Instant::now(), row));
    }
}

fn judge(key: &PresentedKey<'_>, row: &ApiKeyRow, now: UnixTime) -> Option<AccountId> {
    let live = row.revoked_at.is_none() && row.expires_at.is_none_or(|end| now < end);
    (key.matches(&row.hash) && live).then_some(AccountId(row.account))
}
