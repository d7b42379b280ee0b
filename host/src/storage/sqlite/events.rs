//! What accounts are still to be told, and where.

use std::sync::Arc;

use keyfob::UnixTime;
use keyfob::service::PortError;
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::Sqlite;
use super::job::{Job, work};
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
    /// The event, sealed by the caller.
    pub body: Vec<u8>,
}

/// What may be taken of the events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventTurn {
    /// How many in all.
    pub room: usize,
    /// How many of one account at once.
    pub most_of_one: usize,
    /// The accounts of those that are held.
    pub held: Vec<[u8; 16]>,
    /// The account that had the last turn; those behind it come first.
    pub after: [u8; 16],
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

    /// Replaces the settings of an account's webhook; without a body it has none any more. What
    /// it was still to be told stays until it is taken or expires: nobody is told then.
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
                return Ok(()); // its events go as they are taken
            };
            reseal::refuse_retired(&reseal::retired(connection)?, body)?;
            connection
                .prepare_cached("INSERT OR REPLACE INTO webhooks (account, body) VALUES (?1, ?2)")? // a rest ends, too
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
        self.ask(|reply| Job::Beside(work(push, reply, wakes))).await
    }

    /// Waits until an event was pushed since the last such wait ended.
    pub async fn event_pushed(&self) {
        self.inner.shared.announced.notified().await;
    }

    /// Takes events that are ready at `now`, the longest ready first, of accounts in turn from
    /// the one behind `after`: of each as many as make `most_of_one` with those that it holds, and
    /// one of an account whose address failed the last time. Nobody else is given them within
    /// `lease_seconds`.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: what was taken, if anything, is ready again after the lease.
    pub async fn event_claim(
        &self,
        now: UnixTime,
        lease_seconds: u64,
        turn: EventTurn,
    ) -> Result<Vec<EventRow>, PortError> {
        let until = now.saturating_add(lease_seconds);
        self.run(move |connection| claim(connection, now, until, &turn)).await
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

    /// The account's address took an event: it is removed, and a rest is over.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: it may come back after its lease.
    pub async fn event_told(&self, row: &EventRow) -> Result<(), PortError> {
        let (id, account) = (row.id, row.account);
        self.run(move |connection| {
            connection.prepare_cached("DELETE FROM events WHERE id = ?1")?.execute([id])?;
            connection
                .prepare_cached(
                    "UPDATE webhooks SET failures = 0, rests_until = 0
                     WHERE account = ?1 AND failures > 0",
                )?
                .execute([account])?;
            Ok(())
        })
        .await
    }

    /// The account's address did not take an event: nothing of the account is taken before the
    /// second that `rest` gives for so many failures in a row, this one included.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: it may come back after its lease.
    pub async fn event_failed(
        &self,
        row: &EventRow,
        rest: impl Fn(u32) -> UnixTime + Send + 'static,
    ) -> Result<(), PortError> {
        let (id, account) = (row.id, row.account);
        self.run(move |connection| {
            let failures = connection
                .prepare_cached("SELECT failures FROM webhooks WHERE account = ?1")?
                .query_row([account], |row| row.get::<_, u32>(0))
                .optional()?
                .unwrap_or(0)
                .saturating_add(1);
            let rests_until = time(rest(failures));
            connection
                .prepare_cached(
                    "UPDATE webhooks SET failures = ?2, rests_until = ?3 WHERE account = ?1",
                )?
                .execute(params![account, failures, rests_until])?;
            connection
                .prepare_cached("UPDATE events SET ready_at = ?2 WHERE id = ?1")?
                .execute(params![id, rests_until])?;
            Ok(())
        })
        .await
    }
}

pub(super) fn purge(connection: &Connection, now: UnixTime, most: usize) -> Result<usize> {
    connection
        .prepare_cached(
            "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE expires_at <= ?1 LIMIT ?2)",
        )?
        .execute(params![time(now), count(most)])
}

fn claim(
    connection: &Connection,
    now: UnixTime,
    until: UnixTime,
    turn: &EventTurn,
) -> Result<Vec<EventRow>> {
    let mut accounts = ready_accounts(connection, now, turn)?;
    let behind = accounts.iter().position(|(account, _)| *account > turn.after);
    accounts.rotate_left(behind.unwrap_or(0));
    let mut rows = Vec::new();
    for (account, most) in accounts {
        let room = turn.room - rows.len();
        if room == 0 {
            break;
        }
        rows.extend(take(connection, now, until, &account, most.min(room))?);
    }
    Ok(rows)
}

/// The accounts that have something ready and may hold more, and how much more. Jumps from
/// account to account, however many events each has.
fn ready_accounts(
    connection: &Connection,
    now: UnixTime,
    turn: &EventTurn,
) -> Result<Vec<([u8; 16], usize)>> {
    let mut next = connection.prepare_cached(
        "SELECT events.account, events.ready_at,
             coalesce(webhooks.rests_until, 0), coalesce(webhooks.failures, 0)
         FROM events LEFT JOIN webhooks ON webhooks.account = events.account
         WHERE events.account > ?1 ORDER BY events.account, events.ready_at LIMIT 1",
    )?;
    let (mut accounts, mut at) = (Vec::new(), Vec::new());
    loop {
        let found = next.query_row(params![at], |row| {
            let ready_at = row.get::<_, i64>(1)?.max(row.get(2)?);
            Ok((row.get::<_, [u8; 16]>(0)?, ready_at, row.get::<_, u32>(3)?))
        });
        let Some((account, ready_at, failures)) = found.optional()? else { return Ok(accounts) };
        at = account.to_vec();
        let held = turn.held.iter().filter(|other| **other == account).count();
        let most = if failures > 0 { 1 } else { turn.most_of_one };
        if ready_at <= time(now) && held < most {
            accounts.push((account, most - held));
        }
    }
}

fn take(
    connection: &Connection,
    now: UnixTime,
    until: UnixTime,
    account: &[u8; 16],
    most: usize,
) -> Result<Vec<EventRow>> {
    let mut statement = connection.prepare_cached(
        "UPDATE events SET ready_at = ?2
         WHERE id IN (SELECT id FROM events WHERE account = ?4 AND ready_at <= ?1
                      ORDER BY ready_at, id LIMIT ?3)
         RETURNING id, account, expires_at, body",
    )?;
    let mut rows: Vec<EventRow> = statement
        .query_map(params![time(now), time(until), count(most), account], |row| {
            Ok(EventRow {
                id: row.get(0)?,
                account: row.get(1)?,
                expires_at: row.get::<_, i64>(2)?.cast_unsigned(),
                body: row.get(3)?,
            })
        })?
        .collect::<Result<_>>()?;
    rows.sort_unstable_by_key(|row| row.id); // RETURNING promises no order
    Ok(rows)
}
