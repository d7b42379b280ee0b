//! API keys seen lately, so that a request does not read its key from the store.
//! An entry lives half a second: a revoked key is refused within that time on every
//! node.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
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
pub struct KeyCache(RwLock<HashMap<String, (Instant, Arc<ApiKeyRow>)>>);

impl KeyCache {
    /// The account of `key` at `now`, asking `read` for a key that was not seen
    /// lately. The secret is compared every time.
    pub(crate) fn account_of(
        &self,
        key: &PresentedKey<'_>,
        now: UnixTime,
        read: impl FnOnce(&str) -> Result<Option<ApiKeyRow>, PortError>,
    ) -> Result<Option<AccountId>, PortError> {
        if let Some(row) = self.seen(key.id) {
            return Ok(judge(key, &row, now));
        }
        let Some(row) = read(key.id)? else { return Ok(None) };
        let account = judge(key, &row, now);
        if account.is_some() {
            self.remember(row);
        }
        Ok(account)
    }

    fn seen(&self, id: &str) -> Option<Arc<ApiKeyRow>> {
        let seen = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let (at, row) = seen.get(id)?;
        (at.elapsed() < LIFETIME).then(|| row.clone())
    }

    fn remember(&self, row: ApiKeyRow) {
        let mut seen = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= CAPACITY {
            seen.clear();
        }
        seen.insert(row.id.clone(), (Instant::now(), Arc::new(row)));
    }
}

fn judge(key: &PresentedKey<'_>, row: &ApiKeyRow, now: UnixTime) -> Option<AccountId> {
    (key.matches(&row.hash) && row.is_live(now)).then_some(AccountId(row.account))
}
