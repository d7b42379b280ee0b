//! How many messages are sent at once: each channel has its places, so that slow texts keep
//! no email waiting, and no account has all of a channel's.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use keyfob::service::Channel;

use crate::storage::sqlite::Turn;

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
    last: HashMap<Channel, [u8; 16]>,
}

/// A place, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    table: Arc<Mutex<Table>>,
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

    /// Takes a place for a message that was claimed.
    pub(super) fn take(&self, channel: Channel, account: [u8; 16]) -> Place {
        let mut table = lock(&self.0);
        *table.held.entry((channel, account)).or_default() += 1;
        table.last.insert(channel, account);
        Place { table: Arc::clone(&self.0), holder: (channel, account) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut table = lock(&self.table);
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
        let held: Vec<_> = (0..PER_CHANNEL).map(|_| places.take(Channel::Sms, [1; 16])).collect();
        let channels = |places: &Places| -> Vec<_> {
            places.turns().into_iter().map(|turn| (turn.channel, turn.room)).collect()
        };
        let others = [(Channel::Voice, PER_CHANNEL), (Channel::Email, PER_CHANNEL)];
        assert_eq!(channels(&places), others);
        drop(held);
        assert_eq!(channels(&places).len(), 3);
        assert!(lock(&places.0).held.is_empty(), "nothing is remembered of who held a place");
    }
}
