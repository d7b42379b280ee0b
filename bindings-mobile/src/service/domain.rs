//! What is chosen about a domain, and what is shown of it.

use std::time::SystemTime;

use keyfob::{ParameterError, service as core};

use super::words::SimSwapAction;
use crate::{
    KeyfobError,
    error::invalid,
    number::word,
    time::{Seconds, moment, whole_seconds},
};

type Result<T> = std::result::Result<T, KeyfobError>;

/// When not to send because of the SIM. What is left out stays as it usually is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SimSwapPolicy {
    /// How far back a change matters, in hours: 1 to 2400.
    #[uniffi(default = None)]
    pub max_age_hours: Option<i32>,
    /// What to do if the SIM changed.
    #[uniffi(default = None)]
    pub on_swapped: Option<SimSwapAction>,
    /// What to do if that is not known.
    #[uniffi(default = None)]
    pub on_unknown: Option<SimSwapAction>,
}

/// What can be chosen about a domain.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct DomainSettings {
    /// When not to send because of the SIM.
    #[uniffi(default = None)]
    pub sim_swap: Option<SimSwapPolicy>,
    /// After how long without a receipt the next channel is tried: 10 to 300 seconds.
    #[uniffi(default = None)]
    pub fallback_after: Option<Seconds>,
}

/// What to change of a domain. What is left out stays.
#[derive(Debug, Clone, uniffi::Record)]
pub struct DomainChange {
    /// The issuer that apps show. Those that are enrolled already keep the one they were given.
    #[uniffi(default = None)]
    pub name: Option<TextEdit>,
    /// When not to send because of the SIM.
    #[uniffi(default = None)]
    pub sim_swap: Option<SimSwapEdit>,
    /// After how long without a receipt the next channel is tried: 10 to 300 seconds.
    #[uniffi(default = None)]
    pub fallback_after: Option<DurationEdit>,
}

/// What to do with a text.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum TextEdit {
    /// Take it away.
    Clear,
    /// Put another in its place.
    Set {
        /// That one.
        value: String,
    },
}

/// What to do with a length of time.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum DurationEdit {
    /// Take it away.
    Clear,
    /// Put another in its place.
    Set {
        /// That one.
        value: Seconds,
    },
}

/// What to do with a domain's policy about SIMs.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum SimSwapEdit {
    /// Take it away.
    Clear,
    /// Change it, or the usual one where there is none.
    Change {
        /// What of it.
        change: SimSwapChange,
    },
}

/// What to change of a policy about SIMs. What is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SimSwapChange {
    /// How far back a change matters, in hours: 1 to 2400.
    #[uniffi(default = None)]
    pub max_age_hours: Option<HoursEdit>,
    /// What to do if the SIM changed.
    #[uniffi(default = None)]
    pub on_swapped: Option<SimSwapActionEdit>,
    /// What to do if that is not known.
    #[uniffi(default = None)]
    pub on_unknown: Option<SimSwapActionEdit>,
}

/// What to do with a number of hours.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum HoursEdit {
    /// Take the usual one.
    Clear,
    /// Put another in its place.
    Set {
        /// That one.
        value: i32,
    },
}

/// What to do with what is done about a SIM.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum SimSwapActionEdit {
    /// Do what is usual.
    Clear,
    /// Do something else.
    Set {
        /// That.
        value: SimSwapAction,
    },
}

/// A domain.
#[derive(Debug, Clone, uniffi::Record)]
pub struct DomainView {
    /// Its id.
    pub domain: String,
    /// The issuer that apps show.
    pub name: Option<String>,
    /// When it was created.
    pub created_at: SystemTime,
    /// When not to send because of the SIM.
    pub sim_swap: Option<SimSwapPolicy>,
    /// After how long without a receipt the next channel is tried.
    pub fallback_after: Option<Seconds>,
}

impl DomainSettings {
    pub(super) fn settings(self) -> Result<core::DomainSettings> {
        let Self { sim_swap, fallback_after } = self;
        let fallback_after = self::fallback_after("options.fallback_after", fallback_after)?;
        Ok(core::DomainSettings { sim_swap: sim_swap.map(Into::into), fallback_after })
    }
}

impl DomainChange {
    pub(super) fn change(self) -> Result<core::DomainChange> {
        let Self { name, sim_swap, fallback_after } = self;
        let fallback_after = match fallback_after {
            None => core::Edit::Keep,
            Some(DurationEdit::Clear) => core::Edit::Clear,
            Some(DurationEdit::Set { value }) => {
                core::Edit::Set(whole_seconds(value, || waits("change.fallback_after"))?)
            }
        };
        let sim_swap = match sim_swap {
            None => core::Edit::Keep,
            Some(SimSwapEdit::Clear) => core::Edit::Clear,
            Some(SimSwapEdit::Change { change }) => core::Edit::Set(change.into()),
        };
        let name = match name {
            None => core::Edit::Keep,
            Some(TextEdit::Clear) => core::Edit::Clear,
            Some(TextEdit::Set { value }) => core::Edit::Set(value),
        };
        Ok(core::DomainChange { name, sim_swap, fallback_after })
    }
}

/// How long to wait for a receipt.
pub(super) fn fallback_after(argument: &str, given: Option<Seconds>) -> Result<Option<u64>> {
    given.map(|it| whole_seconds(it, || waits(argument))).transpose()
}

/// What the arguments of `createDomain` are called.
pub(super) fn of_creation(error: KeyfobError) -> KeyfobError {
    error.of(|field| if field == "name" { field.to_owned() } else { format!("options.{field}") })
}

/// What the arguments of `changeDomain` are called.
pub(super) fn of_change(error: KeyfobError) -> KeyfobError {
    error.of(|field| format!("change.{field}"))
}

pub(super) fn domain(view: core::DomainView) -> Result<DomainView> {
    let core::DomainView { domain, name, created_at, settings } = view;
    let core::DomainSettings { sim_swap, fallback_after } = settings;
    Ok(DomainView {
        domain: domain.to_string(),
        name,
        created_at: moment(created_at),
        sim_swap: sim_swap.map(Into::into),
        fallback_after: fallback_after.map(Into::into),
    })
}

impl From<SimSwapPolicy> for core::SimSwapPolicy {
    fn from(policy: SimSwapPolicy) -> Self {
        let SimSwapPolicy { max_age_hours, on_swapped, on_unknown } = policy;
        let usual = Self::default();
        Self {
            max_age_hours: max_age_hours.map_or(usual.max_age_hours, word),
            on_swapped: on_swapped.map_or(usual.on_swapped, Into::into),
            on_unknown: on_unknown.map_or(usual.on_unknown, Into::into),
        }
    }
}

impl From<core::SimSwapPolicy> for SimSwapPolicy {
    fn from(policy: core::SimSwapPolicy) -> Self {
        let core::SimSwapPolicy { max_age_hours, on_swapped, on_unknown } = policy;
        Self {
            max_age_hours: Some(max_age_hours.into()),
            on_swapped: Some(on_swapped.into()),
            on_unknown: Some(on_unknown.into()),
        }
    }
}

impl From<SimSwapChange> for core::SimSwapChange {
    fn from(change: SimSwapChange) -> Self {
        let SimSwapChange { max_age_hours, on_swapped, on_unknown } = change;
        Self {
            max_age_hours: match max_age_hours {
                None => core::Edit::Keep,
                Some(HoursEdit::Clear) => core::Edit::Clear,
                Some(HoursEdit::Set { value }) => core::Edit::Set(word(value)),
            },
            on_swapped: action(on_swapped),
            on_unknown: action(on_unknown),
        }
    }
}

fn action(edit: Option<SimSwapActionEdit>) -> core::Edit<core::SimSwapAction> {
    match edit {
        None => core::Edit::Keep,
        Some(SimSwapActionEdit::Clear) => core::Edit::Clear,
        Some(SimSwapActionEdit::Set { value }) => core::Edit::Set(value.into()),
    }
}

fn waits(argument: &str) -> KeyfobError {
    invalid(argument)(ParameterError::FallbackAfter)
}
