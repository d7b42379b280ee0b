//! Walking the audit trail from its start to its head.

use std::fmt;

use keyfob::service::{MacKey, PortError};
use rusqlite::{Connection, Result, params};

use super::Sqlite;
use super::audit::{self, AuditRow};
use super::audit_link::{Link, LinkName};

/// A trail that hangs together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intact {
    /// How many rows it has.
    pub rows: u64,
    /// The last row that was cut because it was old; 0 if none was.
    pub start: Link,
    /// The last row.
    pub head: Link,
}

/// The first place where the trail does not hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// The row of this number was altered, or is not one of ours.
    Altered(u64),
    /// The row of this number is missing.
    Removed(u64),
    /// The row of this number stands behind the last one that was written.
    Inserted(u64),
    /// The start or the head was altered or removed.
    Link(&'static str),
    /// The row that was noted elsewhere is not the one that is there.
    NotAsNoted(u64),
    /// The row that was noted elsewhere has been cut since, because it was old.
    NotedIsCut(u64),
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered(seq) => {
                write!(f, "row {seq} was altered, or was put there by somebody else")
            }
            Self::Removed(seq) => write!(f, "row {seq} was removed"),
            Self::Inserted(seq) => write!(
                f,
                "row {seq} was put there by somebody else: it stands behind the last row that keyfob wrote"
            ),
            Self::Link(name) => {
                write!(f, "`{name}`, which keyfob keeps in the table meta, was altered or removed")
            }
            Self::NotAsNoted(seq) => write!(
                f,
                "row {seq} is not the one that was noted: the trail was cut off or written anew, or the database was restored from an older backup"
            ),
            Self::NotedIsCut(seq) => write!(
                f,
                "row {seq} is no longer there, since rows of its age are cut; note a newer head"
            ),
        }
    }
}

impl Sqlite {
    /// Walks the whole trail, and looks for the row that was `noted` elsewhere. Reads only, and for
    /// as long as it takes; others go on writing.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub fn audit_verify(
        &self,
        noted: Option<Link>,
    ) -> std::result::Result<std::result::Result<Intact, Break>, PortError> {
        let key = self.audit_key();
        self.read_now(|connection| {
            let snapshot = connection.unchecked_transaction()?; // the writer goes on meanwhile
            let found = walk(&snapshot, &key, noted);
            snapshot.finish()?;
            found
        })
    }
}

fn walk(
    connection: &Connection,
    key: &MacKey,
    noted: Option<Link>,
) -> Result<std::result::Result<Intact, Break>> {
    let start = match link(connection, LinkName::Start, key)? {
        Ok(start) => start,
        Err(broken) => return Ok(Err(broken)),
    };
    let mut at = start;
    let mut statement = connection.prepare(audit::PAGE)?;
    let mut rows = statement.query(params![i64::MIN, i64::MAX])?;
    while let Some(row) = rows.next()? {
        let seq = row.get::<_, i64>(0)?.cast_unsigned();
        let next = audit::audit_row(row); // another shape than ours is no row of ours
        match next.ok().map_or(Err(Break::Altered(seq)), |row| follow(&at, &row, key)) {
            Ok(next) => at = next,
            Err(broken) => return Ok(Err(broken)),
        }
        if noted.is_some_and(|noted| noted.seq == at.seq && noted.mac != at.mac) {
            return Ok(Err(Break::NotAsNoted(at.seq)));
        }
    }
    let head = match link(connection, LinkName::Head, key)? {
        Ok(head) => head,
        Err(broken) => return Ok(Err(broken)),
    };
    Ok(end(start, at, head).and_then(|intact| match noted {
        Some(noted) if noted.seq > head.seq => Err(Break::NotAsNoted(noted.seq)),
        Some(noted) if noted.seq < start.seq => Err(Break::NotedIsCut(noted.seq)),
        Some(noted) if noted.seq == start.seq && noted.mac != start.mac => {
            Err(Break::NotAsNoted(noted.seq))
        }
        _ => Ok(intact),
    }))
}

/// The link of this name; the one before the first row where none was ever written.
fn link(
    connection: &Connection,
    name: LinkName,
    key: &MacKey,
) -> Result<std::result::Result<Link, Break>> {
    match Link::read(connection, name, key)? {
        Some(link) => Ok(Ok(link)),
        None if super::meta::value(connection, name.text())?.is_none() => Ok(Ok(Link::default())),
        None => Ok(Err(Break::Link(name.text()))),
    }
}

fn follow(at: &Link, row: &AuditRow, key: &MacKey) -> std::result::Result<Link, Break> {
    let expected = at.seq + 1;
    if row.seq > expected {
        return Err(Break::Removed(expected));
    }
    let mac = audit::mac(key, at, row.seq, &row.entry);
    if row.seq < expected || mac != row.mac {
        return Err(Break::Altered(row.seq));
    }
    Ok(Link { seq: row.seq, mac })
}

fn end(start: Link, last: Link, head: Link) -> std::result::Result<Intact, Break> {
    match head.seq {
        seq if seq > last.seq => Err(Break::Removed(last.seq + 1)),
        0 if last.seq > 0 => Err(Break::Link(LinkName::Head.text())),
        seq if seq < last.seq => Err(Break::Inserted(seq + 1)),
        _ if head.mac != last.mac => Err(Break::Altered(last.seq)),
        _ => Ok(Intact { rows: last.seq - start.seq, start, head }),
    }
}
