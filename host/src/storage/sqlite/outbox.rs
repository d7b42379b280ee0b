//! Messages that wait for delivery: durable before the request is answered, erased
//! once there is nothing left to do.

use std::sync::Arc;

use keyfob::UnixTime;
use keyfob::service::{Channel, PortError};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::Sqlite;
use super::audit::AuditEntry;
use super::calls::{self, CallRow};
use super::job::{Job, work};
use super::receipts::{self, ReceiptRow};
use super::records::{count, time};

/// A message to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// On whose behalf.
    pub account: [u8; 16],
    /// The challenge it belongs to.
    pub otp_id: [u8; 16],
    /// The channel of its first way.
    pub channel: Channel,
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
    /// The channel of its present way.
    pub channel: Channel,
    /// Which of its ways that is: 0 is the first.
    pub way: usize,
    /// Whether a provider has it, and no good news came: it is to go the next way.
    pub is_handed: bool,
    /// When it began its present way.
    pub began_at: UnixTime,
    /// The second from which it must not be sent.
    pub expires_at: UnixTime,
    /// How often it was taken on this way, this time included.
    pub attempts: u32,
    /// The sealed message. One that expired while it waited is only to be reported.
    pub body: Vec<u8>,
}

impl ClaimedRow {
    /// What this taking of the row is known by.
    pub fn claim(&self) -> Claim {
        Claim { id: self.id, way: self.way, attempts: self.attempts }
    }
}

/// One taking of a row. When the lease has run out and somebody else has taken the row, what is
/// asked in its name changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    id: i64,
    way: usize,
    attempts: u32,
}

/// What one channel may take of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The channel.
    pub channel: Channel,
    /// How many messages.
    pub room: usize,
    /// How many one account may hold at most, with those of `held`.
    pub most_of_one: usize,
    /// How many each account holds.
    pub held: Vec<([u8; 16], usize)>,
    /// The account that had the last turn; those behind it come first.
    pub after: [u8; 16],
}

impl Sqlite {
    /// Queues a message, durably, and wakes the dispatcher.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: it is not known whether it is queued.
    pub async fn outbox_push(&self, row: OutboxRow) -> Result<(), PortError> {
        self.outbox_push_audited(row, None).await
    }

    /// As [`outbox_push`](Self::outbox_push), and adds a row to the audit trail in the same
    /// transaction.
    ///
    /// # Errors
    /// As there.
    pub async fn outbox_push_audited(
        &self,
        row: OutboxRow,
        entry: Option<AuditEntry>,
    ) -> Result<(), PortError> {
        let (row, entry) = (Box::new(row), entry.map(Box::new));
        let wakes = Arc::clone(&self.inner.shared.pushed);
        self.ask(|reply| Job::Push { row, entry, reply, wakes }).await
    }

    /// Waits until a message was pushed, or is ready sooner than it was, since the last such
    /// wait ended.
    pub async fn outbox_pushed(&self) {
        self.inner.shared.pushed.notified().await;
    }

    /// Takes messages that are ready at `now`, of each channel as many as its turn allows:
    /// the accounts take turns, and of each the longest ready go first. Nobody else is given
    /// them within `lease_seconds`.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: what was taken, if anything, is ready again after
    /// the lease.
    pub async fn outbox_claim(
        &self,
        now: UnixTime,
        lease_seconds: u64,
        turns: Vec<Turn>,
    ) -> Result<Vec<ClaimedRow>, PortError> {
        let until = now.saturating_add(lease_seconds);
        self.run_beside(move |connection| {
            let mut rows = Vec::new();
            for turn in &turns {
                claim(connection, now, until, turn, &mut rows)?;
            }
            Ok(rows)
        })
        .await
    }

    /// Removes a message that was taken: nothing is left to do, or nobody wants it any more.
    /// Its bytes are overwritten.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: the row may come back after its lease.
    pub async fn outbox_drop(&self, claim: Claim) -> Result<(), PortError> {
        self.run_beside(move |connection| drop_claimed(connection, claim)).await
    }

    /// Removes a message, whoever has taken it: it has arrived. Removing one that is gone is no
    /// error.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: the row may come back after its lease.
    pub async fn outbox_done(&self, id: i64) -> Result<(), PortError> {
        self.run_beside(move |connection| done(connection, id)).await
    }

    /// Gives a message back, to be taken again from `ready_at` on, or when it
    /// expires if that is sooner.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: the row may come back after its lease.
    pub async fn outbox_retry(&self, claim: Claim, ready_at: UnixTime) -> Result<(), PortError> {
        self.run_beside(move |connection| retry(connection, claim, ready_at)).await
    }

    /// Notes that a provider has a message. It is kept until `until` to go another way then,
    /// or removed if there is no such time; `receipt` is what it will be known by, and `call`
    /// what it will say if it is a call that waits for a key.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: the row may come back after its lease.
    pub async fn outbox_handed(
        &self,
        claim: Claim,
        until: Option<UnixTime>,
        receipt: Option<ReceiptRow>,
        call: Option<CallRow>,
    ) -> Result<(), PortError> {
        self.run_beside(move |connection| {
            if let Some(receipt) = &receipt {
                receipts::insert(connection, receipt)?;
            }
            if let Some(call) = &call {
                calls::insert(connection, call)?;
            }
            match until {
                Some(until) => handed(connection, claim, until),
                None => drop_claimed(connection, claim),
            }
        })
        .await
    }

    /// Puts a message on another way, to be taken at once.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: the row may come back after its lease, as it was.
    pub async fn outbox_turn(
        &self,
        claim: Claim,
        way: usize,
        channel: Channel,
        now: UnixTime,
    ) -> Result<(), PortError> {
        self.run_and_wake(move |connection| turn(connection, claim, way, channel, now)).await
    }

    /// A message that a provider had on this way did not arrive: it is ready to go the next,
    /// unless it is about to. Returns whether it is still there.
    ///
    /// # Errors
    /// [`PortError::Unavailable`]: it may wait for its time instead.
    pub async fn outbox_failed(
        &self,
        id: i64,
        way: usize,
        now: UnixTime,
    ) -> Result<bool, PortError> {
        self.run_and_wake(move |connection| failed(connection, id, way, now)).await
    }

    async fn run_and_wake<T, F>(&self, statements: F) -> Result<T, PortError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let wakes = Some(Arc::clone(&self.inner.shared.pushed));
        self.ask(|reply| Job::Beside(work(statements, reply, wakes))).await
    }
}

pub(super) fn push(connection: &Connection, row: &OutboxRow) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO outbox (account, otp_id, channel, began_at, ready_at, expires_at, body)
             VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6)",
        )?
        .execute(params![
            row.account,
            row.otp_id,
            row.channel.name(),
            time(row.ready_at),
            time(row.expires_at),
            row.body
        ])?;
    Ok(())
}

fn claim(
    connection: &Connection,
    now: UnixTime,
    until: UnixTime,
    turn: &Turn,
    rows: &mut Vec<ClaimedRow>,
) -> Result<()> {
    let mut room = turn.room;
    let mut accounts = ready_accounts(connection, now, turn)?;
    while room > 0 && !accounts.is_empty() {
        let share = room.div_ceil(accounts.len());
        let mut left = Vec::new();
        for (account, allowed) in accounts {
            let most = share.min(allowed).min(room);
            let taken = take(connection, now, until, turn.channel, &account, most)?;
            room -= taken.len();
            if taken.len() == most && allowed > most && room > 0 {
                left.push((account, allowed - most)); // there may be more of it
            }
            rows.extend(taken);
        }
        accounts = left;
    }
    Ok(())
}

/// The accounts that have something ready and may hold more, and how much more. Jumps from
/// account to account, however many messages each has.
fn ready_accounts(
    connection: &Connection,
    now: UnixTime,
    turn: &Turn,
) -> Result<Vec<([u8; 16], usize)>> {
    let mut next = connection.prepare_cached(
        "SELECT account, ready_at FROM outbox WHERE channel = ?1 AND account > ?2
         ORDER BY account, ready_at LIMIT 1",
    )?;
    let (mut accounts, mut at) = (Vec::new(), Vec::new());
    loop {
        let found = next.query_row(params![turn.channel.name(), at], |row| {
            Ok((row.get::<_, [u8; 16]>(0)?, row.get::<_, i64>(1)?))
        });
        let Some((account, ready_at)) = found.optional()? else { break };
        at = account.to_vec();
        let held = turn.held.iter().find(|(other, _)| *other == account).map_or(0, |held| held.1);
        let allowed = turn.most_of_one.saturating_sub(held);
        if ready_at <= time(now) && allowed > 0 {
            accounts.push((account, allowed));
        }
    }
    let behind = accounts.iter().position(|(account, _)| *account > turn.after);
    accounts.rotate_left(behind.unwrap_or(0));
    accounts.truncate(turn.room);
    Ok(accounts)
}

fn take(
    connection: &Connection,
    now: UnixTime,
    until: UnixTime,
    channel: Channel,
    account: &[u8; 16],
    most: usize,
) -> Result<Vec<ClaimedRow>> {
    let mut statement = connection.prepare_cached(
        "UPDATE outbox SET ready_at = ?2, attempts = attempts + 1, handed = min(handed * 2, 2)
         WHERE id IN (SELECT id FROM outbox WHERE channel = ?4 AND account = ?5 AND ready_at <= ?1
                      ORDER BY ready_at, id LIMIT ?3)
         RETURNING id, account, otp_id, way, handed, began_at, expires_at, attempts, body",
    )?;
    let claimed = |row: &Row<'_>| claimed(row, channel);
    let mut rows: Vec<ClaimedRow> = statement
        .query_map(params![time(now), time(until), count(most), channel.name(), account], claimed)?
        .collect::<Result<_>>()?;
    rows.sort_unstable_by_key(|row| row.id); // RETURNING promises no order
    Ok(rows)
}

fn claimed(row: &Row<'_>, channel: Channel) -> Result<ClaimedRow> {
    Ok(ClaimedRow {
        id: row.get(0)?,
        account: row.get(1)?,
        otp_id: row.get(2)?,
        channel,
        way: row.get::<_, u16>(3)?.into(),
        is_handed: row.get::<_, i64>(4)? > 0,
        began_at: row.get::<_, i64>(5)?.cast_unsigned(),
        expires_at: row.get::<_, i64>(6)?.cast_unsigned(),
        attempts: row.get(7)?,
        body: row.get(8)?,
    })
}

fn done(connection: &Connection, id: i64) -> Result<()> {
    connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Messages that expired before `before`, some thousands of them.
pub(super) fn expired(connection: &Connection, before: UnixTime) -> Result<Vec<i64>> {
    connection
        .prepare_cached("SELECT id FROM outbox WHERE expires_at < ?1 LIMIT 10000")?
        .query_map([time(before)], |row| row.get(0))?
        .collect()
}

pub(super) fn remove(connection: &Connection, ids: &[i64]) -> Result<usize> {
    ids.iter().try_for_each(|id| done(connection, *id))?;
    Ok(ids.len())
}

fn drop_claimed(connection: &Connection, claim: Claim) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM outbox WHERE id = ?1 AND way = ?2 AND attempts = ?3")?
        .execute(params![claim.id, count(claim.way), claim.attempts])?;
    Ok(())
}

fn retry(connection: &Connection, claim: Claim, ready_at: UnixTime) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE outbox SET ready_at = min(?4, expires_at)
             WHERE id = ?1 AND way = ?2 AND attempts = ?3",
        )?
        .execute(params![claim.id, count(claim.way), claim.attempts, time(ready_at)])?;
    Ok(())
}

fn handed(connection: &Connection, claim: Claim, until: UnixTime) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE outbox SET handed = 1, ready_at = min(?4, expires_at)
             WHERE id = ?1 AND way = ?2 AND attempts = ?3",
        )?
        .execute(params![claim.id, count(claim.way), claim.attempts, time(until)])?;
    Ok(())
}

fn turn(
    connection: &Connection,
    claim: Claim,
    way: usize,
    channel: Channel,
    now: UnixTime,
) -> Result<()> {
    connection
        .prepare_cached(
            "UPDATE outbox SET way = ?4, channel = ?5, handed = 0, attempts = 0,
                 began_at = ?6, ready_at = min(?6, expires_at)
             WHERE id = ?1 AND way = ?2 AND attempts = ?3",
        )?
        .execute(params![
            claim.id,
            count(claim.way),
            claim.attempts,
            count(way),
            channel.name(),
            time(now)
        ])?;
    Ok(())
}

fn failed(connection: &Connection, id: i64, way: usize, now: UnixTime) -> Result<bool> {
    connection
        .prepare_cached(
            "UPDATE outbox SET ready_at = min(ready_at, ?3) WHERE id = ?1 AND way = ?2 AND handed = 1",
        )?
        .execute(params![id, count(way), time(now)])?;
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM outbox WHERE id = ?1)")?
        .query_row([id], |row| row.get(0))
}
