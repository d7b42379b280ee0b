//! The parameters of an enrolment URI.

use alloc::{string::String, vec::Vec};
use core::mem;

use zeroize::Zeroizing;

use super::{Parameter, UriError, percent, uri::is_steam};

/// A parameter that has a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Secret,
    Issuer,
    Algorithm,
    Digits,
    Period,
    Counter,
    Encoder,
}

impl Key {
    const ALL: [Self; 7] = [
        Self::Secret,
        Self::Issuer,
        Self::Algorithm,
        Self::Digits,
        Self::Period,
        Self::Counter,
        Self::Encoder,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Issuer => "issuer",
            Self::Algorithm => "algorithm",
            Self::Digits => "digits",
            Self::Period => "period",
            Self::Counter => "counter",
            Self::Encoder => "encoder",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| name.eq_ignore_ascii_case(key.name()))
    }
}

/// Whether a further parameter would be taken for one that has a meaning.
pub(super) fn is_reserved(name: &str, value: &str) -> bool {
    match Key::named(name) {
        Some(Key::Encoder) => is_steam(value), // another encoder's name means nothing here
        Some(_) => true,
        None => false,
    }
}

/// All parameters, decoded once.
#[derive(Debug, Default)]
pub(super) struct Query {
    known: [Option<Zeroizing<String>>; Key::ALL.len()],
    pub(super) others: Vec<Parameter>,
    /// A value holds a bare `+`.
    pub(super) plus: bool,
}

impl Query {
    /// Reads `name=value` pairs; names in any case, none with a meaning twice.
    pub(super) fn parse(raw: &str) -> Result<Self, UriError> {
        let mut query = Self::default();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            query.plus |= pair.contains('+');
            query.add(percent::decode(name)?, percent::decode(value)?)?;
        }
        Ok(query)
    }

    pub(super) fn value(&self, key: Key) -> Option<&str> {
        self.known[key as usize].as_ref().map(|value| value.as_str())
    }

    fn add(
        &mut self,
        mut name: Zeroizing<String>,
        mut value: Zeroizing<String>,
    ) -> Result<(), UriError> {
        if let Some(key) = Key::named(&name).filter(|_| is_reserved(&name, &value)) {
            return match self.known[key as usize].replace(value) {
                Some(_) => Err(UriError::Duplicate(key.name())),
                None => Ok(()),
            };
        }
        self.others.push(Parameter { name: mem::take(&mut name), value: mem::take(&mut value) });
        Ok(())
    }
}
