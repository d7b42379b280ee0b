//! Who is logged in. A session lives in this process only: a restart logs everybody out.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use base64ct::{Base64UrlUnpadded, Encoding};
use keyfob::{Entropy as _, EntropyUnavailable, UnixTime, service::AccountId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::entropy::SystemEntropy;

/// How long a session lives without being used, in seconds.
pub(crate) const IDLE: u64 = 15 * 60;

/// How long it lives at most, in seconds.
pub(crate) const LONGEST: u64 = 8 * 60 * 60;

/// How many sessions one API key has; with one more the one longest unused ends.
const PER_KEY: usize = 8;

/// Those who are logged in.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<Name, Session>>);

/// What the browser keeps: whoever has it is logged in.
pub(crate) struct SessionId(Zeroizing<String>);

/// A session.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// The API key that began it, and with which it ends.
    pub(crate) key_id: String,
    /// The account that it shows.
    pub(crate) account: AccountId,
    began: UnixTime,
    seen: UnixTime,
}

/// The hash of a session's id: what is in memory opens nothing.
type Name = [u8; 32];

impl Sessions {
    /// Begins a session.
    ///
    /// # Errors
    /// [`EntropyUnavailable`].
    pub(crate) fn begin(
        &self,
        key_id: &str,
        account: AccountId,
        now: UnixTime,
    ) -> Result<SessionId, EntropyUnavailable> {
        let id = SessionId::random()?;
        let session = Session { key_id: key_id.to_owned(), account, began: now, seen: now };
        let mut sessions = self.lock();
        sessions.retain(|_, session| session.is_live(now));
        make_room(&mut sessions, key_id);
        sessions.insert(id.name(), session);
        Ok(id)
    }

    /// The session with this id, if it is live; that is a use of it.
    pub(crate) fn find(&self, id: &SessionId, now: UnixTime) -> Option<Session> {
        let (name, mut sessions) = (id.name(), self.lock());
        let session = sessions.get_mut(&name)?;
        if !session.is_live(now) {
            sessions.remove(&name);
            return None;
        }
        session.seen = now;
        Some(session.clone())
    }

    /// Ends a session.
    pub(crate) fn end(&self, id: &SessionId) {
        self.lock().remove(&id.name());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Name, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn is_live(&self, now: UnixTime) -> bool {
        // A clock that ran ahead must not make it last longer.
        let is_ahead = self.began > now.saturating_add(60) || self.seen > now.saturating_add(60);
        !is_ahead
            && now < self.seen.saturating_add(IDLE)
            && now < self.began.saturating_add(LONGEST)
    }
}

impl SessionId {
    /// What a browser sent.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        let read = Base64UrlUnpadded::decode(text, &mut *bytes).ok()?;
        (read.len() == BYTES).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// For the cookie.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// What this session's forms carry, and no other page knows.
    pub(crate) fn form_token(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.hash("keyfob console form"))
    }

    /// Whether a form carried it. Compared in constant time.
    pub(crate) fn is_form_token(&self, given: &str) -> bool {
        self.form_token().as_bytes().ct_eq(given.as_bytes()).into()
    }

    fn random() -> Result<Self, EntropyUnavailable> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        SystemEntropy.fill(&mut *bytes)?;
        Ok(Self(Zeroizing::new(Base64UrlUnpadded::encode_string(&*bytes))))
    }

    fn name(&self) -> Name {
        self.hash("keyfob console session")
    }

    fn hash(&self, purpose: &str) -> [u8; 32] {
        Sha256::new()
            .chain_update(purpose)
            .chain_update([0])
            .chain_update(&*self.0)
            .finalize()
            .into()
    }
}

impl std::fmt::Debug for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionId(redacted)")
    }
}

/// In an id: it cannot be guessed.
const BYTES: usize = 32;

fn make_room(sessions: &mut HashMap<Name, Session>, key_id: &str) {
    let of_key = || sessions.iter().filter(|(_, session)| session.key_id == key_id);
    if of_key().count() < PER_KEY {
        return;
    }
    let oldest = of_key().min_by_key(|(_, session)| session.seen).map(|(name, _)| *name);
    if let Some(oldest) = oldest {
        sessions.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId([1; 16]);
    const START: UnixTime = 1_800_000_000;

    #[test]
    fn a_session_ends_unused_after_a_quarter_of_an_hour_and_used_after_eight() {
        let sessions = Sessions::default();
        let id = sessions.begin("key", ACCOUNT, START).unwrap();
        assert!(sessions.find(&id, START + IDLE - 1).is_some());
        assert!(sessions.find(&id, START + 2 * IDLE - 1).is_none());
        assert!(sessions.find(&id, START).is_none(), "it does not come back");

        let id = sessions.begin("key", ACCOUNT, START).unwrap();
        let uses = (START..START + LONGEST).step_by(600);
        assert!(uses.into_iter().all(|now| sessions.find(&id, now).is_some()));
        assert!(sessions.find(&id, START + LONGEST).is_none());
    }

    #[test]
    fn a_clock_that_ran_ahead_makes_no_session_last() {
        for seen in [START + 61, START + LONGEST] {
            let sessions = Sessions::default();
            let id = sessions.begin("key", ACCOUNT, seen).unwrap();
            assert!(sessions.find(&id, START).is_none());
            let id = sessions.begin("key", ACCOUNT, START).unwrap();
            assert!(sessions.find(&id, START + 100).is_some());
            assert!(sessions.find(&id, START).is_none());
        }
    }

    #[test]
    fn an_id_is_long_random_and_not_kept() {
        let sessions = Sessions::default();
        let (one, two) = (
            sessions.begin("key", ACCOUNT, START).unwrap(),
            sessions.begin("key", ACCOUNT, START).unwrap(),
        );
        assert_eq!(one.expose().len(), 43, "256 bits");
        assert_ne!(one.expose(), two.expose());
        let kept: Vec<Vec<u8>> = sessions.lock().keys().map(|name| name.to_vec()).collect();
        let bytes = Base64UrlUnpadded::decode_vec(one.expose()).unwrap();
        assert!(!kept.contains(&bytes));
        assert!(!format!("{one:?} {sessions:?}").contains(one.expose()));
        assert!(one.is_form_token(&one.form_token()) && !one.is_form_token(&two.form_token()));
        assert!(!one.is_form_token("") && !one.is_form_token(one.expose()));
    }

    #[test]
    fn what_is_no_id_is_nobody() {
        let sessions = Sessions::default();
        let id = sessions.begin("key", ACCOUNT, START).unwrap();
        let forged = SessionId::parse(&"A".repeat(43)).unwrap();
        assert!(sessions.find(&forged, START).is_none());
        for text in ["", "x", &id.expose()[..42], &format!("{}A", id.expose()), "é"] {
            assert!(SessionId::parse(text).is_none(), "{text}");
        }
        sessions.end(&id);
        assert!(sessions.find(&id, START).is_none());
    }

    #[test]
    fn a_key_that_logs_in_for_ever_holds_no_memory() {
        let sessions = Sessions::default();
        let other = sessions.begin("other", ACCOUNT, START).unwrap();
        let first = sessions.begin("key", ACCOUNT, START).unwrap();
        for second in 1..=1_000 {
            sessions.begin("key", ACCOUNT, START + second / 100).unwrap();
        }
        assert_eq!(sessions.lock().len(), PER_KEY + 1);
        assert!(sessions.find(&other, START).is_some(), "others keep theirs");
        assert!(sessions.find(&first, START).is_none(), "the oldest went");
    }
}
