//! Text messages through an SMSC, over SMPP 3.4.
//!
//! `session` keeps a session up, `connect` is the way into it, `link` what happens in it.
//! `message` and `text` make a letter what is submitted; `delivered`, `receipt` and
//! `status` read what the SMSC says.

mod config;
mod connect;
mod delivered;
mod link;
mod message;
mod receipt;
mod session;
mod status;
mod text;
mod wire;

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    time::Duration,
};

use keyfob::{Entropy as _, UnixTime};
use tokio::time::Instant;

use self::{
    config::Account,
    link::Link,
    session::{Session, State},
};
use super::{Letter, Receipts, SendError};
use crate::entropy::SystemEntropy;

pub use config::{SmppConfig, SmppError};
pub use receipt::ReceiptIds;

/// An SMSC.
pub struct Smpp {
    account: Arc<Account>,
    receipts: Receipts,
    sessions: OnceLock<Vec<Session>>,
    /// Tells the parts of one text from those of another.
    reference: AtomicU8,
    /// Which session is preferred of those that have as much room.
    turn: AtomicUsize,
}

impl Smpp {
    /// An account with this configuration, which reports to `receipts`. Connects when there
    /// is something to send, or with [`start`](Self::start).
    ///
    /// # Errors
    /// [`SmppError`].
    pub fn new(name: &str, config: &SmppConfig, receipts: &Receipts) -> Result<Self, SmppError> {
        let mut reference = [0];
        let _ = SystemEntropy.fill(&mut reference); // 0 does as well
        Ok(Self {
            account: Arc::new(Account::new(name, config)?),
            receipts: receipts.clone(),
            sessions: OnceLock::new(),
            reference: reference[0].into(),
            turn: AtomicUsize::default(),
        })
    }

    /// Makes the sessions, and has them kept up. Wants a runtime.
    pub fn start(&self) {
        self.sessions();
    }

    /// Ends the sessions, with a goodbye.
    pub async fn stop(&self) {
        let sessions = self.sessions.get().map_or(&[][..], Vec::as_slice);
        sessions.iter().for_each(Session::stop);
        for session in sessions {
            session.stopped().await;
        }
    }

    /// Hands a letter to the SMSC, and gives what it calls the message: its last part, if
    /// there are several.
    ///
    /// # Errors
    /// [`SendError`]; [`SendError::Unanswered`] when the session was lost with the message in it.
    pub async fn send(&self, letter: &Letter, now: UnixTime) -> Result<Option<String>, SendError> {
        let life = letter.expires_at.saturating_sub(now).min(LONGEST_LIFE);
        let dies = Instant::now() + Duration::from_secs(life);
        let destination = message::destination(letter.recipient.as_str())?;
        let reference = self.reference.fetch_add(1, Ordering::Relaxed);
        let parts = text::parts(letter.expose_text(), reference).ok_or_else(too_long)?;
        let link = self.link().await?;
        let (count, mut id) = (parts.len(), None);
        // One by one: where the first is refused nobody gets, or pays for, the others.
        for (at, part) in parts.into_iter().enumerate() {
            let place = link.place().await?;
            let life = dies.saturating_duration_since(Instant::now()).as_secs();
            if life == 0 {
                return Err(SendError::Transient("the code expired on its way out".to_owned()));
            }
            let is_last = at + 1 == count;
            let submit = message::submit(&self.account.source, &destination, part, life, is_last);
            id = link.submit(submit.ok_or_else(too_long)?, place).await?;
        }
        Ok(id.map(|id| self.account.receipt_ids.of_answer(&id)))
    }

    /// Binds, and unbinds again: in a session of its own, whatever the others do.
    ///
    /// # Errors
    /// [`SendError`].
    pub async fn check(&self) -> Result<(), SendError> {
        let stream = connect::reach(&self.account).await?;
        connect::unbind(connect::bind(&self.account, stream).await?).await;
        Ok(())
    }

    /// Which sessions there are not, and why. For anybody to read.
    pub fn trouble(&self) -> Option<String> {
        let sessions = self.sessions.get()?;
        let reasons = sessions.iter().filter_map(|session| match session.state() {
            State::Down(reason) => Some(reason),
            State::New | State::Up(_) => None,
        });
        let reasons: Vec<_> = reasons.collect();
        let (down, all) = (reasons.len(), sessions.len());
        Some(format!("{down} of {all} sessions: {}", reasons.first()?))
    }

    /// How many sessions are up, and how many there are to be.
    pub fn sessions_up(&self) -> (usize, usize) {
        let sessions = self.sessions.get().map_or(&[][..], Vec::as_slice);
        let up = sessions.iter().filter(|session| matches!(session.state(), State::Up(_)));
        (up.count(), self.account.sessions)
    }

    fn sessions(&self) -> &[Session] {
        self.sessions.get_or_init(|| {
            let session =
                |number| Session::start(Arc::clone(&self.account), self.receipts.clone(), number);
            (1..=self.account.sessions).map(session).collect()
        })
    }

    /// The session with the most room. One that is down is not waited for: another provider
    /// can have the message meanwhile.
    async fn link(&self) -> Result<Link, SendError> {
        let sessions = self.sessions();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % sessions.len();
        let (before, after) = sessions.split_at(turn);
        let up = after.iter().chain(before).filter_map(|session| match session.state() {
            State::Up(link) => Some(link),
            State::New | State::Down(_) => None,
        });
        if let Some(link) = up.max_by_key(Link::free) {
            return Ok(link);
        }
        let mut reason = SendError::Transient("there is no session with the SMSC".to_owned());
        for session in sessions {
            match session.settled().await {
                State::Up(link) => return Ok(link),
                State::Down(error) => reason = error,
                State::New => {}
            }
        }
        Err(reason)
    }
}

impl fmt::Debug for Smpp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smpp").finish_non_exhaustive() // the account holds a password
    }
}

/// In seconds; more than an [`Instant`] may not be able to hold.
const LONGEST_LIFE: u64 = 99 * 86_400;

fn too_long() -> SendError {
    SendError::Refused("the text is too long for text messages".to_owned())
}
