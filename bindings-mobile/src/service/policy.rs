//! What can be chosen about a service. What is left out stays as core has it.

use std::{collections::HashMap, str::FromStr};

use keyfob::{
    ParameterError,
    service::{self as core, AccountId, CodeLifetime, EnrolmentLifetime, ServicePolicy as Core},
};

use super::traffic::TrafficPolicy;
use crate::{
    Window,
    error::{KeyfobError, invalid, unusable},
    number::{self, word},
    time::{Seconds, whole_seconds},
};

type Result<T> = std::result::Result<T, KeyfobError>;

/// What can be chosen about a service. What is left out stays as it usually is.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct ServicePolicy {
    /// What authenticator apps show for domains without a name.
    #[uniffi(default = None)]
    pub issuer: Option<String>,
    /// Which steps around now a device's code may come from: one to each side.
    #[uniffi(default = None)]
    pub window: Option<Window>,
    /// The life of a sent code where a request says none: five minutes. 30 to 600 seconds.
    #[uniffi(default = None)]
    pub default_lifetime: Option<Seconds>,
    /// How long an enrolment stays open: a day. A minute to thirty days.
    #[uniffi(default = None)]
    pub enrolment_lifetime: Option<Seconds>,
    /// How long messages and their challenges are remembered: a day.
    #[uniffi(default = None)]
    pub retention: Option<RetentionPolicy>,
    /// Wrong codes: how many, and what follows.
    #[uniffi(default = None)]
    pub attempts: Option<AttemptPolicy>,
    /// How often messages are sent.
    #[uniffi(default = None)]
    pub sends: Option<SendPolicy>,
    /// Where messages may go, and how many of their codes may stay unverified.
    #[uniffi(default = None)]
    pub traffic: Option<TrafficPolicy>,
    /// Which numbers an operator is asked about.
    #[uniffi(default = None)]
    pub sim_swap: Option<SimSwapCoverage>,
}

/// A limit that can be taken away.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Limit {
    /// No limit.
    Off,
    /// So many.
    AtMost {
        /// How many.
        count: u64,
    },
}

/// Wrong codes: how many, and what follows.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct AttemptPolicy {
    /// Wrong codes in a row before a block: 1 to 100.
    #[uniffi(default = None)]
    pub per_block: Option<i32>,
    /// The length of the first block; each next one is twice as long.
    #[uniffi(default = None)]
    pub first_block: Option<Seconds>,
    /// The longest that a block gets.
    #[uniffi(default = None)]
    pub longest_block: Option<Seconds>,
    /// Wrong codes in a row that disable until enrolled anew: 1 to 100.
    #[uniffi(default = None)]
    pub disable_after: Option<i32>,
}

/// So many messages within a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SendWindow {
    /// How long the stretch is.
    pub span: Seconds,
    /// How many messages.
    pub messages: u32,
}

/// How often messages are sent.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct SendPolicy {
    /// To one recipient. Every window must have room.
    #[uniffi(default = None)]
    pub per_recipient: Option<Vec<SendWindow>>,
    /// Of the account, in a day (UTC).
    #[uniffi(default = None)]
    pub per_account_and_day: Option<Limit>,
}

/// How long messages and their challenges are remembered.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct RetentionPolicy {
    /// Those of every account without hours of its own: 1 to 24 hours.
    #[uniffi(default = None)]
    pub hours: Option<i32>,
    /// Those of single accounts, by their UUIDs.
    #[uniffi(default = None)]
    pub accounts: Option<HashMap<String, i32>>,
}

/// Which numbers an operator is asked about.
#[derive(Debug, Clone, Default, uniffi::Record)]
pub struct SimSwapCoverage {
    /// How the numbers begin: `+44`, or `+` for all.
    #[uniffi(default = None)]
    pub prefixes: Option<Vec<String>>,
    /// How long an answer is used again.
    #[uniffi(default = None)]
    pub cache: Option<Seconds>,
}

impl ServicePolicy {
    pub(super) fn policy(self) -> Result<Core> {
        let Self {
            issuer,
            window,
            default_lifetime,
            enrolment_lifetime,
            retention,
            attempts,
            sends,
            traffic,
            sim_swap,
        } = self;
        let usual = Core::default();
        Ok(Core {
            attempts: attempts.map_or(Ok(usual.attempts), AttemptPolicy::policy)?,
            sends: sends.map_or(Ok(usual.sends), SendPolicy::policy)?,
            traffic: traffic.map_or(Ok(usual.traffic), TrafficPolicy::policy)?,
            window: window.map_or(Ok(usual.window), |it| number::window("policy.window", it))?,
            default_lifetime: default_lifetime.map_or(Ok(usual.default_lifetime), code_lifetime)?,
            enrolment_lifetime: enrolment_lifetime
                .map_or(Ok(usual.enrolment_lifetime), self::enrolment_lifetime)?,
            sim_swap: sim_swap.map_or(Ok(usual.sim_swap), SimSwapCoverage::coverage)?,
            retention: retention.map_or(Ok(usual.retention), RetentionPolicy::policy)?,
            issuer: issuer.unwrap_or(usual.issuer),
        })
    }
}

impl AttemptPolicy {
    fn policy(self) -> Result<core::AttemptPolicy> {
        let Self { per_block, first_block, longest_block, disable_after } = self;
        let usual = core::AttemptPolicy::default();
        let seconds = |given: Option<Seconds>, usual, argument| match given {
            None => Ok(usual),
            Some(it) => whole_seconds(it, || invalid(argument)(ParameterError::Attempts)),
        };
        let policy = core::AttemptPolicy::new(
            per_block.map_or(usual.per_block(), word),
            seconds(first_block, usual.first_block(), "policy.attempts.first_block")?,
            seconds(longest_block, usual.longest_block(), "policy.attempts.longest_block")?,
            disable_after.map_or(usual.disable_after(), word),
        );
        policy.map_err(invalid("policy.attempts"))
    }
}

impl SendPolicy {
    fn policy(self) -> Result<core::SendPolicy> {
        let Self { per_recipient, per_account_and_day } = self;
        let usual = core::SendPolicy::default();
        let windows = |given: Vec<SendWindow>| {
            given.into_iter().enumerate().map(|(index, window)| window.window(index)).collect()
        };
        Ok(core::SendPolicy {
            per_recipient: per_recipient.map_or(Ok(usual.per_recipient), windows)?,
            per_account_and_day: limit(per_account_and_day, usual.per_account_and_day),
        })
    }
}

impl SendWindow {
    fn window(self, index: usize) -> Result<core::SendWindow> {
        let Self { span, messages } = self;
        let argument = format!("policy.sends.per_recipient[{index}].span");
        let seconds = whole_seconds(span, || invalid(&argument)(ParameterError::SendWindow))?;
        let messages = usize::try_from(messages).unwrap_or(usize::MAX);
        core::SendWindow::new(seconds, messages).map_err(invalid(&argument))
    }
}

impl SimSwapCoverage {
    fn coverage(self) -> Result<core::SimSwapCoverage> {
        let Self { prefixes, cache } = self;
        let usual = core::SimSwapCoverage::default();
        let cache =
            cache.map(|it| whole_seconds(it, || unusable("policy.sim_swap.cache", WHOLE_SECONDS)));
        Ok(core::SimSwapCoverage {
            prefixes: list(prefixes, usual.prefixes, "policy.sim_swap.prefixes")?,
            cache: cache.transpose()?.unwrap_or(usual.cache),
        })
    }
}

impl RetentionPolicy {
    fn policy(self) -> Result<core::RetentionPolicy> {
        let Self { hours, accounts } = self;
        let hours = hours.map_or(core::RetentionPolicy::MAXIMUM_HOURS, word);
        let policy = core::RetentionPolicy::new(hours);
        let policy = policy.map_err(invalid("policy.retention.hours"))?;
        let argument = "policy.retention.accounts";
        accounts.unwrap_or_default().into_iter().try_fold(policy, |policy, (account, hours)| {
            let account = AccountId::parse(&account);
            let account = account.map_err(|_| invalid(argument)(ParameterError::AccountId))?;
            policy.with_account(account, word(hours)).map_err(invalid(argument))
        })
    }
}

const WHOLE_SECONDS: &str = "this is no number of whole seconds; use one from 0 on";

fn code_lifetime(given: Seconds) -> Result<CodeLifetime> {
    let argument = "policy.default_lifetime";
    let seconds = whole_seconds(given, || invalid(argument)(ParameterError::Lifetime))?;
    CodeLifetime::new(seconds).map_err(invalid(argument))
}

fn enrolment_lifetime(given: Seconds) -> Result<EnrolmentLifetime> {
    let argument = "policy.enrolment_lifetime";
    let seconds = whole_seconds(given, || invalid(argument)(ParameterError::EnrolmentLifetime))?;
    EnrolmentLifetime::new(seconds).map_err(invalid(argument))
}

pub(super) fn limit(given: Option<Limit>, usual: Option<u64>) -> Option<u64> {
    match given {
        None => usual,
        Some(Limit::Off) => None,
        Some(Limit::AtMost { count }) => Some(count),
    }
}

/// Texts, each read as core reads it.
pub(super) fn list<T: FromStr<Err = ParameterError>>(
    given: Option<Vec<String>>,
    usual: Vec<T>,
    argument: &str,
) -> Result<Vec<T>> {
    let Some(texts) = given else { return Ok(usual) };
    let read = |(index, text): (usize, &String)| {
        text.parse().map_err(invalid(&format!("{argument}[{index}]")))
    };
    texts.iter().enumerate().map(read).collect()
}
