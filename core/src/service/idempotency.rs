//! Requests that are carried out once however often they arrive, after
//! draft-ietf-httpapi-idempotency-key-header-07.
//!
//! Whoever begins one claims its key, in one swap from absent; of any number at once
//! one gets the claim. The answer is remembered in its place. A claim whose holder died
//! lapses after [`LEASE`], so that nobody is locked out of a key for ever.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    AccountId, Key, KeyKind, Ports, Service, ServiceError,
    limits::is_ahead,
    records::{KeyedRequest, KeyedState, StoredAnswer},
    transact::Change,
};
use crate::{ParameterError, UnixTime};

/// The name that a caller gives one request: 1 to 255 visible ASCII characters. The
/// same name with the same body is the same request.
///
/// ```
/// use keyfob::service::IdempotencyKey;
/// assert!(IdempotencyKey::parse("8e03978e-40d5-43e8-bc93-6894a57f9324").is_ok());
/// assert!(IdempotencyKey::parse("order 4711").is_err());
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Takes `text` as a key, exactly as it is.
    ///
    /// # Errors
    /// [`ParameterError::IdempotencyKey`].
    pub fn parse(text: &str) -> Result<Self, ParameterError> {
        let fits = (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if !fits {
            return Err(ParameterError::IdempotencyKey);
        }
        Ok(Self(text.to_string()))
    }

    /// The key, as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdempotencyKey(redacted)") // often an order number or worse
    }
}

/// What is to be done with a request that carries a key.
#[must_use]
pub enum Begun {
    /// Carry it out, then [finish](Service::finish_idempotent) or
    /// [release](Service::release_idempotent) the claim.
    Run(Claim),
    /// It was carried out before: give this answer again.
    Replay(Zeroizing<Vec<u8>>),
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Run(_) => "Run",
            Self::Replay(_) => "Replay(redacted)", // an answer may hold a secret
        })
    }
}

/// The right to carry a request out, for half a minute. Whoever comes later has
/// lost it to the next one who asked.
#[derive(Debug)]
#[must_use]
pub struct Claim {
    key: Key,
    id: [u8; 16],
}

impl Service {
    /// Begins a request that carries a key. Keys belong to the account and the `route`;
    /// the `body` is what must be the same, byte for byte.
    ///
    /// # Errors
    /// [`ServiceError::IdempotencyInFlight`] while another holds the claim;
    /// [`ServiceError::IdempotencyMismatch`] if the key was used with another body.
    pub async fn begin_idempotent<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        route: &str,
        key: &IdempotencyKey,
        body: &[u8],
    ) -> Result<Begun, ServiceError> {
        let name = self.keys.name(&[b"request", &account.0, route.as_bytes(), key.0.as_bytes()]);
        let key = Key::new(KeyKind::KeyedRequest, account.0, name);
        let mac = self.keys.body_mac(&[key.as_bytes(), body]);
        let mut id = [0; 16];
        ports.fill_random(&mut id)?;
        self.transact(ports, &key, |found: Option<KeyedRequest>, now| {
            if let Some(request) = found {
                if !bool::from(request.mac.ct_eq(&mac)) {
                    return Err(ServiceError::IdempotencyMismatch);
                }
                match request.state {
                    KeyedState::Answered(answer) => {
                        return Ok(Change::Keep(Begun::Replay(answer.expose())));
                    }
                    KeyedState::Claimed { since, .. } if is_held(since, now) => {
                        return Err(ServiceError::IdempotencyInFlight);
                    }
                    KeyedState::Claimed { .. } => {} // its holder died
                }
            }
            let state = KeyedState::Claimed { id, since: now };
            let run = Begun::Run(Claim { key, id });
            Ok(Change::Put(KeyedRequest { mac, state }, Some(forget_at(now)), run))
        })
        .await
    }

    /// Remembers the answer of a request that was carried out, for a day.
    ///
    /// A claim that was lost to another is left to that one, and its answer too.
    pub async fn finish_idempotent<P: Ports>(
        &self,
        ports: &P,
        claim: Claim,
        answer: &[u8],
    ) -> Result<(), ServiceError> {
        self.transact(ports, &claim.key, |found: Option<KeyedRequest>, now| {
            let Some(mut request) = found.filter(|request| claim.holds(request)) else {
                return Ok(Change::Keep(()));
            };
            request.state = KeyedState::Answered(StoredAnswer::new(answer));
            Ok(Change::Put(request, Some(forget_at(now)), ()))
        })
        .await
    }

    /// Gives a claim back: nothing came of the request, and it may be sent again under
    /// the same key.
    pub async fn release_idempotent<P: Ports>(
        &self,
        ports: &P,
        claim: Claim,
    ) -> Result<(), ServiceError> {
        self.transact(ports, &claim.key, |found: Option<KeyedRequest>, _| {
            let is_ours = found.is_some_and(|request| claim.holds(&request));
            Ok(if is_ours { Change::Remove(()) } else { Change::Keep(()) })
        })
        .await
    }
}

impl Claim {
    /// The length of [`to_bytes`](Self::to_bytes).
    pub const LENGTH: usize = Key::LENGTH + 16;

    /// What [`from_bytes`](Self::from_bytes) reads: for callers that cannot hold the value
    /// itself, on the other side of a process or a module.
    pub fn to_bytes(&self) -> [u8; Self::LENGTH] {
        let mut bytes = [0; Self::LENGTH];
        let (key, id) = bytes.split_at_mut(Key::LENGTH);
        key.copy_from_slice(self.key.as_bytes());
        id.copy_from_slice(&self.id);
        bytes
    }

    /// The claim that was written so. One that nobody was given holds nothing.
    ///
    /// # Errors
    /// [`ServiceError::Invalid`] for the field `claim` if it is none.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ServiceError> {
        let read = || {
            let (key, id) = bytes.split_at_checked(Key::LENGTH)?;
            let key = Key::from_bytes(key)?;
            let is_claim = key.kind() == Some(KeyKind::KeyedRequest);
            Some(Self { key, id: id.try_into().ok()? }).filter(|_| is_claim)
        };
        read().ok_or(ServiceError::invalid("claim", ParameterError::Claim))
    }

    fn holds(&self, request: &KeyedRequest) -> bool {
        matches!(request.state, KeyedState::Claimed { id, .. } if id == self.id)
    }
}

/// How long a claim keeps others out, in seconds: longer than carrying a request out
/// takes, and short enough to wait for after a crash.
const LEASE: u64 = 30;

/// How long a key is remembered, in seconds.
const REMEMBERED: u64 = 86_400;

/// A claim from a clock that ran ahead would keep everybody out until then.
fn is_held(since: UnixTime, now: UnixTime) -> bool {
    now < since.saturating_add(LEASE) && !is_ahead(since, now)
}

/// A claim is remembered as long as an answer: a key stays bound to its body even if
/// nobody lived to answer.
fn forget_at(now: UnixTime) -> UnixTime {
    now.saturating_add(REMEMBERED)
}
