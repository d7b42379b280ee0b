//! What accounts are still to be told, and where.

use std::sync::Arc;

use keyfob::UnixTime;
use keyfob::service::PortError;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::Sqlite;
use super::job::Job;
use super::records::{count, time};
use super::reseal;

/// An event that a dispatcher has taken, for as long as its lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Names the row, never another.
    pub id: i64,
    /// Whom it is for.
    pub account: [u8; 16],
    /// The second from which nobody needs it.
    pub expires_at: UnixTime,
    /// How often it was taken, this time included.
    pub attempts: u32,
    /// The event, sealed by the caller.
    pub body: Vec<u8>,
}

impl Sqlite {
    /// The sealed settings of an account's webhook, if it has one.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn webhook_find(&self, account: [u8; 16]) -> Result<Option<Vec<u8>>, PortError> {
        self.read(move |connection| {
            connection
                .prepare_cached("SELECT body FROM webhooks WHERE account = ?1")?
                .query_row([account], |row| row.get(0))
                .optional()
        })
        .await
    }

    /// Replaces the settings of an account's webhook; without a body it has none any more, and
    /// what it was still to be told is forgotten.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: it is not known whether they were replaced.
    pub async fn webhook_put(
        &self,
        account: [u8; 16],
        body: Option<Vec<u8>>,
    ) -> Result<(), PortError> {
        self.run(move |connection| {
            let Some(body) = &body else {
                connection.execute("DELETE FROM webhooks WHERE account = ?1", [account])?;
                connection.execute("DELETE FROM events WHERE account = ?1", [account])?;
                return Ok(());
            };
            reseal::refuse_retired(&reseal::retired(connection)?, body)?;
            connection
                .prepare_cached("INSERT OR REPLACE INTO webhooks (account, body) VALUES (?1, ?2)")?
                .execute(params![account, body])?;
            Ok(())
        })
        .await
    }

    /// Queues an event, durably, and wakes the dispatcher.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: it is not known whether it is queued.
    pub async fn event_push(
        &self,
        account: [u8; 16],
        now: UnixTime,
        expires_at: UnixTime,
        body: Vec<u8>,
    ) -> Result<(), PortError> {
        let push = move |connection: &Connection| {
            reseal::refuse_retired(&reseal::retired(connection)?, &body)?;
            connection
                .prepare_cached(
                    "INSERT INTO events (account, ready_at, expires_at, body) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![account, time(now), time(expires_at), body])?;
            Ok(())
        };
        let wakes = Some(Arc::clone(&self.inner.shared.announced));
        self.ask(|reply| Job::run(push, reply, wakes)).await
    }

    /// Waits until an event was pushed since the last such wait ended.
    pub async fn event_pushed(&self) {
        self.inner.shared.announced.notified().await;
    }

    /// Takes up to `limit` events that are ready at `now`, the longest ready first. Nobody else is
    /// given them within `lease_seconds`.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: what was taken, if anything, is ready again after the lease.
    pub async fn event_claim(
        &self,
        now: UnixTime,
        lease_seconds: u64,
        limit: usize,
    ) -> Result<Vec<EventRow>, PortError> {
        let until = now.saturating_add(lease_seconds);
        self.run(move |connection| claim(connection, now, until, limit)).await
    }

    /// Removes an event: it was taken, or nobody needs it.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: it may come back after its lease.
    pub async fn event_done(&self, id: i64) -> Result<(), PortError> {
        self.run(move |connection| {
            connection.prepare_cached("DELETE FROM events WHERE id = ?1")?.execute([id])?;
            Ok(())
        })
        .await
    }

    /// Gives an event back, to be taken again from `ready_at` on, and no other of its account
    /// before it: an address that fails is tried with one event and not with all.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: it may come back after its lease.
    pub async fn event_retry(&self, row: &EventRow, ready_at: UnixTime) -> Result<(), PortError> {
        let (id, account) = (row.id, row.account);
        self.run(move |connection| {
            connection
                .prepare_cached("UPDATE events SET ready_at = ?2 WHERE id = ?1")?
                .execute(params![id, time(ready_at)])?;
            connection
                .prepare_cached(
                    "UPDATE events SET ready_at = ?2 + 1 WHERE account = ?1 AND ready_at <= ?2 AND id <> ?3",
                )?
                .execute(params![account, time(ready_at), id])?;
            Ok(())
        })
        .await
    }
}

fn claim(
    connection: &Connection,
    now: UnixTime,
    until: UnixTime,
    limit: usize,
) -> Result<Vec<EventRow>> {
    let mut statement = connection.prepare_cached(
        "UPDATE events SET ready_at = ?2, attempts = attempts + 1
         WHERE id IN (SELECT id FROM events WHERE ready_at <= ?1 ORDER BY ready_at, id LIMIT ?3)
         RETURNING id, account, expires_at, attempts, body",
    )?;
    let mut rows: Vec<EventRow> = statement
        .query_map(params![time(now), time(until), count(limit)], |row| {
            Ok(EventRow {
                id: row.get(0)?,
                account: row.get(1)?,
                expires_at: row.get::<_, i64>(2)?.cast_unsigned(),
                attempts: row.get(3)?,
                body: row.get(4)?,
            })
        })?
        .collect::<Result<_>>()?;
    rows.sort_unstable_by_key(|row| row.id); // RETURNING promises no order
    Ok(rows)
}
