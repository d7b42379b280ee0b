use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, PoisonError},
};

use keyfob::UnixTime;

use super::Letter;

/// Where a developer reads the messages of every channel. Kept in memory only, and
/// shown on the terminal as they come.
#[derive(Default)]
pub struct Inbox(Mutex<VecDeque<InboxMessage>>);

/// A message in the inbox.
#[derive(Clone)]
pub struct InboxMessage {
    /// How it would have travelled.
    pub channel: &'static str,
    /// To whom.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its text, code included.
    pub text: String,
    /// When it came.
    pub at: UnixTime,
}

/// Older messages make room.
const CAPACITY: usize = 100;

impl Inbox {
    /// Takes a message, and shows it on the terminal.
    #[allow(clippy::print_stdout)] // `--dev` promises the messages on the terminal
    pub fn receive(&self, letter: &Letter, now: UnixTime) {
        let message = InboxMessage {
            channel: letter.channel.name(),
            to: letter.recipient.as_str().to_owned(),
            subject: letter.subject.clone(),
            text: letter.expose_text().to_owned(),
            at: now,
        };
        let text = message.text.replace('\n', "\n    ");
        println!("  {} to {}\n    {text}", message.channel, message.to);
        let mut messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.truncate(CAPACITY - 1);
        messages.push_front(message);
    }

    /// The messages, newest first.
    pub fn messages(&self) -> Vec<InboxMessage> {
        let messages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().cloned().collect()
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inbox") // its messages hold codes
    }
}

impl fmt::Debug for InboxMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InboxMessage").field("channel", &self.channel).finish_non_exhaustive()
    }
}
