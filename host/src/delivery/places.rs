//! How many messages are sent at once: each channel has its places, so that slow texts keep
//! no email waiting, and no account has all of a channel's.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use keyfob::service::Channel;

use crate::storage::sqlite::{ClaimedRow, Turn};

/// How many messages of one channel are sent at once.
const PER_CHANNEL: usize = 256;

/// How many of these one account may have.
const PER_ACCOUNT: usize = 192;

/// Who holds which places.
#[derive(Debug, Default)]
pub(super) struct Places(Arc<Mutex<Table>>);

#[derive(Debug, Default)]
struct Table {
    held: HashMap<(Channel, [u8; 16]), usize>,
    /// The messages that have a place, each with the way it takes: the next way may begin while
    /// the last one is being left.
    messages: HashSet<(i64, usize)>,
    last: HashMap<Channel, [u8; 16]>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    table: Arc<Mutex<Table>>,
    message: (i64, usize),
    holder: (Channel, [u8; 16]),
}

impl Places {
    /// What may be taken now. A channel without room has no turn.
    pub(super) fn turns(&self) -> Vec<Turn> {
        let table = lock(&self.0);
        let turn = |channel| {
            let held: Vec<_> = table
                .held
                .iter()
                .filter(|((of, _), _)| *of == channel)
                .map(|((_, account), count)| (*account, *count))
                .collect();
            let room = PER_CHANNEL - held.iter().map(|(_, count)| count).sum::<usize>();
            let after = table.last.get(&channel).copied().unwrap_or_default();
            Turn { channel, room, most_of_one: PER_ACCOUNT, held, after }
        };
        Channel::ALL.into_iter().map(turn).filter(|turn| turn.room > 0).collect()
    }

    /// Takes a place for a message that was claimed, unless it has one.
    pub(super) fn take(&self, row: &ClaimedRow) -> Option<Place> {
        let (message, channel, account) = ((row.id, row.way), row.channel, row.account);
        let mut table = lock(&self.0);
        if !table.messages.insert(message) {
            return None;
        }
        *table.held.entry((channel, account)).or_default() += 1;
        table.last.insert(channel, account);
        Some(Place { table: Arc::clone(&self.0), message, holder: (channel, account) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = lock(&self.table);
        table.messages.remove(&self.message);
        let left = table.held.get(&self.holder).map_or(0, |count| count - 1);
        match left {
            0 => table.held.remove(&self.holder),
            left => table.held.insert(self.holder, left),
        };
    }
}

fn lock(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_channel_has_no_turn_and_the_others_have_theirs() {
        let places = Places::default();
        let take = |id| places.take(&row(id));
        let held: Vec<_> = (0..256).map(take).collect();
        assert!(held.iter().all(Option::is_some));
        assert!(take(7).is_none(), "a message has one place");
        let next = ClaimedRow { way: 1, channel: Channel::Voice, ..row(7) };
        assert!(places.take(&next).is_some(), "on one way");
        let channels = |places: &Places| -> Vec<_> {
            places.turns().into_iter().map(|turn| (turn.channel, turn.room)).collect()
        };
        let others = [(Channel::Voice, PER_CHANNEL), (Channel::Email, PER_CHANNEL)];
        assert_eq!(channels(&places), others);
        drop(held);
        assert_eq!(channels(&places).len(), 3);
        let table = lock(&places.0);
        assert!(table.held.is_empty() && table.messages.is_empty(), "nobody is remembered");
    }

    fn row(id: i64) -> ClaimedRow {
        ClaimedRow {
            id,
            account: [1; 16],
            otp_id: [2; 16],
            channel: Channel::Sms,
            way: 0,
            is_handed: false,
            began_at: 0,
            expires_at: 300,
            attempts: 1,
            body: Vec::new(),
        }
    }
}
