use super::unverified;
use crate::{
    UnixTime,
    service::{AccountId, Counter, Key, KeyKind, Service},
};

pub(super) const MINUTE: u64 = 60;
pub(super) const HOUR: u64 = 60 * MINUTE;
pub(super) const DAY: u64 = 24 * HOUR;

/// What a counter counts. The discriminants are part of its name: never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Counted {
    /// Has a name of its own, older than the others.
    Account = 0,
    Domain = 1,
    ApiKey = 2,
    Client = 3,
    Country = 4,
    Prefix = 5,
    Cost = 6,
    /// Codes sent to a country and not verified.
    CountryUnverified = 7,
    CountryVerified = 8,
    ClientUnverified = 9,
    ClientVerified = 10,
    /// What a client address sent to one country.
    ClientInCountry = 11,
    ClientVerifiedInCountry = 12,
    /// Countries that a client address sent to and verified nothing in.
    ClientCountries = 13,
    PrefixSends = 14,
    PrefixVerified = 15,
}

/// A stretch of time between two multiples of its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    length: u64,
    index: u64,
}

impl Span {
    pub(super) fn at(time: UnixTime, length: u64) -> Self {
        Self { length, index: time / length }
    }

    /// Whether it is a whole day of UTC.
    pub(super) fn is_day(self) -> bool {
        self.length == DAY
    }

    pub(super) fn start(self) -> UnixTime {
        self.index.saturating_mul(self.length)
    }

    /// The second after its last.
    pub(super) fn end(self) -> UnixTime {
        self.index.saturating_add(1).saturating_mul(self.length)
    }

    /// The one so many before it; none before the beginning of time.
    pub(super) fn before(self, spans: u64) -> Option<Self> {
        Some(Self { index: self.index.checked_sub(spans)?, ..self })
    }
}

impl Service {
    /// The counter of `subject` in a span. It outlives the span by an hour, more than a
    /// code lives: what is verified late still counts for its own span.
    pub(super) fn counter(
        &self,
        account: AccountId,
        counted: Counted,
        subject: &[u8],
        span: Span,
    ) -> Counter {
        let remembered = match (counted, span.length) {
            (Counted::CountryVerified, DAY) => unverified::DAYS * DAY,
            _ => 0,
        };
        let (length, index) = (span.length.to_le_bytes(), span.index.to_le_bytes());
        let name = self.keys.name(&[b"traffic", &[counted as u8], subject, &length, &index]);
        Counter {
            key: Key::new(KeyKind::Counter, account.0, name),
            expires_at: span.end().saturating_add(HOUR).saturating_add(remembered),
        }
    }
}
