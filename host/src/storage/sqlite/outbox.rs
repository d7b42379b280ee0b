//! Messages that wait for delivery: durable before the request is answered, erased
//! once they are sent.

use std::sync::Arc;

use keyfob::UnixTime;
use keyfob::service::PortError;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::Sqlite;
use super::records::time;
use super::writer::Job;

/// A message to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// On whose behalf.
    pub account: [u8; 16],
    /// The challenge it belongs to.
    pub otp_id: [u8; 16],
    /// The second from which it may be taken.
    pub ready_at: UnixTime,
    /// The second from which it must not be sent.
    pub expires_at: UnixTime,
    /// The message, sealed by the caller.
    pub body: Vec<u8>,
}

/// A message that a dispatcher has taken, for as long as its lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedRow {
    /// Names the row, never another.
    pub id: i64,
    /// On whose behalf.
    pub account: [u8; 16],
    /// The challenge it belongs to.
    pub otp_id: [u8; 16],
    /// The second from which it must not be sent.
    pub expires_at: UnixTime,
    /// How often it was taken, this time included.
    pub attempts: u32,
    /// The sealed message, or `None` if it expired while it waited: then there is
    /// nothing left to send, only to report.
    pub body: Option<Vec<u8>>,
}

impl Sqlite {
    /// Queues a message, durably, and wakes the dispatcher.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: it is not known whether it is queued.
    pub async fn outbox_push(&self, row: OutboxRow) -> Result<(), PortError> {
        let wakes = Some(Arc::clone(&self.inner.shared.pushed));
        let push = move |connection: &Connection| push(connection, &row);
        self.ask(|reply| Job::run(push, reply, wakes)).await
    }

    /// Waits until a message was pushed since the last such wait ended.
    pub async fn outbox_pushed(&self) {
        self.inner.shared.pushed.notified().await;
    }

    /// Takes up to `limit` messages that are ready at `now`, the longest ready
    /// first. Nobody else is given them within `lease_seconds`.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: what was taken, if anything, is ready again after
    /// the lease.
    pub async fn outbox_claim(
        &self,
        now: UnixTime,
        lease_seconds: u64,
        limit: usize,
    ) -> Result<Vec<ClaimedRow>, PortError> {
        let until = now.saturating_add(lease_seconds);
        self.run(move |connection| claim(connection, now, until, limit)).await
    }

    /// Removes a message: it was delivered, or nobody wants it any more. Its bytes
    /// are overwritten. Removing one that is gone is no error.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: the row may come back after its lease.
    pub async fn outbox_done(&self, id: i64) -> Result<(), PortError> {
        self.run(move |connection| done(connection, id)).await
    }

    /// Gives a message back, to be taken again from `ready_at` on, or when it
    /// expires if that is sooner.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: the row may come back after its lease.
    pub async fn outbox_retry(&self, id: i64, ready_at: UnixTime) -> Result<(), PortError> {
        self.run(move |connection| retry(connection, id, ready_at)).await
    }

    /// When the next message is ready, if any waits: how long a dispatcher may
    /// sleep, unless [`outbox_pushed`](Self::outbox_pushed) wakes it.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn outbox_next_at(&self) -> Result<Option<UnixTime>, PortError> {
        self.read(next_at).await
    }
}

fn push(connection: &Connection, row: &OutboxRow) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO outbox (account, otp_id, ready_at, expires_at, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![row.account, row.otp_id, time(row.ready_at), time(row.expires_at), row.body])?;
    Ok(())
}

fn claim(
    connection: &Connection,
    now: UnixTime,
    until: UnixTime,
    limit: usize,
) -> Result<Vec<ClaimedRow>> {
    let mut statement = connection.prepare_cached(
        "UPDATE outbox SET ready_at = ?2, attempts = attempts + 1
         WHERE id IN (SELECT id FROM outbox WHERE ready_at <= ?1 ORDER BY ready_at, id LIMIT ?3)
         RETURNING id, account, otp_id, expires_at, attempts, CASE WHEN expires_at > ?1 THEN body END",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows: Vec<ClaimedRow> = statement
        .query_map(params![time(now), time(until), limit], claimed)?
        .collect::<Result<_>>()?;
    rows.sort_unstable_by_key(|row| row.id); // RETURNING promises no order
    Ok(rows)
}

fn claimed(row: &Row<'_>) -> Result<ClaimedRow> {
    Ok(ClaimedRow {
        id: row.get(0)?,
        account: row.get(1)?,
        otp_id: row.get(2)?,
        expires_at: row.get::<_, i64>(3)?.cast_unsigned(),
        attempts: row.get(4)?,
        body: row.get(5)?,
    })
}

fn done(connection: &Connection, id: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id])?;
    Ok(())
}

fn retry(connection: &Connection, id: i64, ready_at: UnixTime) -> Result<()> {
    connection
        .prepare_cached("UPDATE outbox SET ready_at = min(?2, expires_at) WHERE id = ?1")?
        .execute(params![id, time(ready_at)])?;
    Ok(())
}

fn next_at(connection: &Connection) -> Result<Option<UnixTime>> {
    connection
        .prepare_cached("SELECT ready_at FROM outbox ORDER BY ready_at LIMIT 1")?
        .query_row([], |row| Ok(row.get::<_, i64>(0)?.cast_unsigned()))
        .optional()
}
