//! The audit trail: rows in one chain. Each has a MAC over the one before it and all of its own,
//! so that none can be changed, taken out or put in without the key. The MAC of the last row is
//! the *head*; it is kept apart from the rows, so that cutting them off at the end shows.

use std::borrow::Cow;

use keyfob::UnixTime;
use keyfob::service::{AccountId, DomainId, KeyRing, MacKey, PortError};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

use super::Sqlite;
use super::audit_link::{Link, LinkName};
use super::records::{count, time};
use crate::audit::{AuditEvent, actor};

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// When.
    pub at: UnixTime,
    /// On whose behalf.
    pub account: Option<[u8; 16]>,
    /// Who: see [`actor`](crate::audit::actor).
    pub actor: Cow<'static, str>,
    /// What: the name of an [`AuditEvent`](crate::audit::AuditEvent).
    pub event: Cow<'static, str>,
    /// What came of it.
    pub outcome: Cow<'static, str>,
    /// In which domain.
    pub domain: Option<[u8; 16]>,
    /// To whom: see [`Subjects`](crate::audit::Subjects).
    pub subject: Option<[u8; 16]>,
    /// What else there is to say. Never personal data.
    pub detail: Cow<'static, str>,
}

impl AuditEntry {
    /// What was done at `at`, by the command line or the service itself.
    pub fn new(at: UnixTime, event: AuditEvent) -> Self {
        Self {
            at,
            account: None,
            actor: Cow::Borrowed(actor::LOCAL),
            event: Cow::Borrowed(event.name()),
            outcome: Cow::Borrowed("done"),
            domain: None,
            subject: None,
            detail: Cow::Borrowed(""),
        }
    }

    /// On whose behalf.
    #[must_use]
    pub fn of(self, account: AccountId) -> Self {
        Self { account: Some(account.0), ..self }
    }

    /// By whom.
    #[must_use]
    pub fn by(self, actor: impl Into<Cow<'static, str>>) -> Self {
        Self { actor: actor.into(), ..self }
    }

    /// In which domain.
    #[must_use]
    pub fn within(self, domain: DomainId) -> Self {
        Self { domain: Some(domain.0), ..self }
    }

    /// To whom.
    #[must_use]
    pub fn about(self, subject: [u8; 16]) -> Self {
        Self { subject: Some(subject), ..self }
    }

    /// What else there is to say. Never personal data.
    #[must_use]
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// What came of it.
    #[must_use]
    pub fn outcome(self, outcome: impl Into<Cow<'static, str>>) -> Self {
        Self { outcome: outcome.into(), ..self }
    }
}

/// A row of the trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number.
    pub seq: u64,
    /// What it says.
    pub entry: AuditEntry,
    /// Its MAC.
    pub mac: [u8; 32],
}

impl Sqlite {
    /// Adds a row.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn audit(&self, entry: AuditEntry) -> std::result::Result<(), PortError> {
        let key = self.audit_key();
        self.run(move |connection| append(connection, &key, &entry)).await
    }

    /// As [`audit`](Self::audit). Blocks for up to [`PATIENCE`](super::PATIENCE).
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn audit_blocking(&self, entry: AuditEntry) -> std::result::Result<(), PortError> {
        let key = self.audit_key();
        self.run_blocking(move |connection| append(connection, &key, &entry))
    }

    /// Up to `limit` rows after the one of number `after`, oldest first. Reads only.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn audit_after(
        &self,
        after: u64,
        limit: usize,
    ) -> std::result::Result<Vec<AuditRow>, PortError> {
        self.read_now(|connection| {
            let parameters = params![time(after), count(limit)];
            connection.prepare_cached(PAGE)?.query_map(parameters, audit_row)?.collect()
        })
    }

    /// The last row's number and MAC: what to note elsewhere.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn audit_head(&self) -> std::result::Result<Link, PortError> {
        let key = self.audit_key();
        self.read_now(|connection| Link::read(connection, LinkName::Head, &key))
            .map(Option::unwrap_or_default)
    }

    /// Removes the oldest rows, as far as they are from before `before`, in small transactions
    /// between which others have their turn. The rest still hangs together. Returns how many.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn audit_cut(&self, before: UnixTime) -> std::result::Result<usize, PortError> {
        const BATCH: usize = 256;
        let mut removed = 0;
        loop {
            let key = self.audit_key();
            let cut = self.run(move |connection| cut(connection, &key, before, BATCH)).await?;
            removed += cut;
            if cut < BATCH {
                return Ok(removed);
            }
        }
    }

    pub(super) fn audit_key(&self) -> MacKey {
        self.inner.shared.audit.clone()
    }
}

pub(super) fn mac_key(keys: &KeyRing) -> MacKey {
    keys.mac_key("keyfob audit v1")
}

/// Adds rows in one transaction. The head is written once, by [`flush`](Self::flush), which must
/// come before whatever else may add rows.
#[derive(Debug, Default)]
pub(super) struct Appender {
    head: Option<Link>,
}

impl Appender {
    pub(super) fn append(
        &mut self,
        connection: &Connection,
        key: &MacKey,
        entry: &AuditEntry,
    ) -> Result<()> {
        let before = match self.head {
            Some(head) => head,
            None => head(connection, key)?,
        };
        let seq = before.seq + 1;
        let mac = mac(key, &before, seq, entry);
        connection
            .prepare_cached(
                "INSERT INTO audit (seq, at, account, actor, event, outcome, domain, subject, detail, mac)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                time(seq),
                time(entry.at),
                entry.account,
                entry.actor,
                entry.event,
                entry.outcome,
                entry.domain,
                entry.subject,
                entry.detail,
                mac
            ])?;
        self.head = Some(Link { seq, mac });
        Ok(())
    }

    pub(super) fn flush(&mut self, connection: &Connection, key: &MacKey) -> Result<()> {
        match self.head.take() {
            Some(head) => head.write(connection, LinkName::Head, key),
            None => Ok(()),
        }
    }
}

/// Adds one row.
pub(super) fn append(connection: &Connection, key: &MacKey, entry: &AuditEntry) -> Result<()> {
    let mut appender = Appender::default();
    appender.append(connection, key, entry)?;
    appender.flush(connection, key)
}

/// What the next row follows on. If the head is not ours any more, the chain goes on behind
/// whatever rows there are, and its break stays to be seen.
fn head(connection: &Connection, key: &MacKey) -> Result<Link> {
    let head = Link::read(connection, LinkName::Head, key)?.unwrap_or_default();
    let last: Option<i64> = connection
        .prepare_cached("SELECT seq FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let last = last.map_or(0, i64::cast_unsigned);
    Ok(if last > head.seq { Link { seq: last, ..head } } else { head })
}

fn cut(connection: &Connection, key: &MacKey, before: UnixTime, limit: usize) -> Result<usize> {
    let mut statement =
        connection.prepare_cached("SELECT seq, at, mac FROM audit ORDER BY seq LIMIT ?1")?;
    let mut rows = statement.query([count(limit)])?;
    let (mut last, mut old) = (None, 0);
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(1)? >= time(before) {
            break;
        }
        last = Some(Link { seq: row.get::<_, i64>(0)?.cast_unsigned(), mac: row.get(2)? });
        old += 1;
    }
    drop(rows);
    let Some(last) = last else { return Ok(0) };
    last.write(connection, LinkName::Start, key)?;
    connection.prepare_cached("DELETE FROM audit WHERE seq <= ?1")?.execute([time(last.seq)])?;
    Ok(old)
}

/// Binds a row to the one before it.
pub(super) fn mac(key: &MacKey, before: &Link, seq: u64, entry: &AuditEntry) -> [u8; 32] {
    key.mac(&[
        b"row",
        &before.mac,
        &seq.to_be_bytes(),
        &entry.at.to_be_bytes(),
        id_bytes(entry.account.as_ref()),
        entry.actor.as_bytes(),
        entry.event.as_bytes(),
        entry.outcome.as_bytes(),
        id_bytes(entry.domain.as_ref()),
        id_bytes(entry.subject.as_ref()),
        entry.detail.as_bytes(),
    ])
}

fn id_bytes(id: Option<&[u8; 16]>) -> &[u8] {
    id.map_or(&[], |id| id)
}

pub(super) const PAGE: &str =
    "SELECT seq, at, account, actor, event, outcome, domain, subject, detail, mac
    FROM audit WHERE seq > ?1 ORDER BY seq LIMIT ?2";

pub(super) fn audit_row(row: &Row<'_>) -> Result<AuditRow> {
    let text = |at| row.get::<_, String>(at).map(Cow::Owned);
    let entry = AuditEntry {
        at: row.get::<_, i64>(1)?.cast_unsigned(),
        account: row.get(2)?,
        actor: text(3)?,
        event: text(4)?,
        outcome: text(5)?,
        domain: row.get(6)?,
        subject: row.get(7)?,
        detail: text(8)?,
    };
    Ok(AuditRow { seq: row.get::<_, i64>(0)?.cast_unsigned(), entry, mac: row.get(9)? })
}
