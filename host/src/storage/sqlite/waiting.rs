//! How much there is still to do.

use keyfob::UnixTime;
use keyfob::service::{Channel, PortError};
use rusqlite::{Connection, Result, params};

use super::Sqlite;
use super::records::time;

/// What waits to go out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Of each channel the messages that are ready to be taken, and those that wait for a
    /// receipt, for another attempt, or for one that is under way.
    pub messages: Vec<(Channel, u64, u64)>,
    /// What accounts are still to be told.
    pub events: u64,
}

impl Sqlite {
    /// What waits at `now`.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn waiting(&self, now: UnixTime) -> std::result::Result<Waiting, PortError> {
        self.read(move |connection| {
            let count = |channel: Channel| {
                let (all, ready) = messages(connection, channel, now)?;
                Ok((channel, ready, all - ready))
            };
            Ok(Waiting {
                messages: Channel::ALL.into_iter().map(count).collect::<Result<_>>()?,
                events: connection
                    .prepare_cached("SELECT count(*) FROM events")?
                    .query_row([], |row| Ok(row.get::<_, i64>(0)?.cast_unsigned()))?,
            })
        })
        .await
    }

    /// How many messages of an account are in the outbox, by channel.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    pub async fn waiting_of(
        &self,
        account: [u8; 16],
    ) -> std::result::Result<Vec<(Channel, u64)>, PortError> {
        self.read(move |connection| {
            let mut count = connection.prepare_cached(
                "SELECT count(*) FROM outbox WHERE channel = ?1 AND account = ?2",
            )?;
            let mut of = |channel: Channel| {
                let count = count.query_row(params![channel.name(), account], |row| row.get(0))?;
                Ok((channel, i64::cast_unsigned(count)))
            };
            Channel::ALL.into_iter().map(&mut of).collect()
        })
        .await
    }
}

/// All of a channel, and those of them that are ready.
fn messages(connection: &Connection, channel: Channel, now: UnixTime) -> Result<(u64, u64)> {
    connection
        .prepare_cached(
            "SELECT count(*), coalesce(sum(ready_at <= ?2), 0) FROM outbox WHERE channel = ?1",
        )?
        .query_row(params![channel.name(), time(now)], |row| {
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, i64>(1)?.cast_unsigned()))
        })
}
