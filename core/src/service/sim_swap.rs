use alloc::{vec, vec::Vec};

use serde::{Deserialize, Serialize};

use super::{AccountId, Channel, Phone, PortError, Ports, Prefix, Service, ServiceError, SimSwap};
use crate::{ParameterError, UnixTime};

/// When not to send because of the SIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimSwapPolicy {
    /// How far back a change matters, in hours: 1 to 2400, 240 if not given.
    pub max_age_hours: u16,
    /// What to do if the SIM changed.
    pub on_swapped: SimSwapAction,
    /// What to do if that is not known.
    pub on_unknown: SimSwapAction,
}

impl SimSwapPolicy {
    /// How far back a change matters where nothing is said: ten days.
    pub const DEFAULT_MAX_AGE_HOURS: u16 = 240;

    /// Which of `channels` a code may take once this is known of the SIM, in their order.
    ///
    /// # Errors
    /// [`ServiceError::SimSwap`] when nothing is to be sent, or none of them goes round
    /// the SIM.
    pub fn permitted(
        &self,
        channels: &[Channel],
        answer: SimSwap,
    ) -> Result<Vec<Channel>, ServiceError> {
        let action = match answer {
            SimSwap::NotSwapped => return Ok(channels.to_vec()),
            SimSwap::Swapped => self.on_swapped,
            SimSwap::Unknown => self.on_unknown,
        };
        let around_the_sim = || channels.iter().copied().filter(|channel| !channel.uses_sim());
        let permitted = match action {
            SimSwapAction::Flag => channels.to_vec(),
            SimSwapAction::NextChannel => around_the_sim().collect(),
            SimSwapAction::Refuse => Vec::new(),
        };
        if permitted.is_empty() {
            return Err(ServiceError::SimSwap { swapped: answer == SimSwap::Swapped });
        }
        Ok(permitted)
    }

    pub(super) fn check(self, field: &'static str) -> Result<(), ServiceError> {
        check_max_age(self.max_age_hours, field)
    }
}

impl Default for SimSwapPolicy {
    /// Ten days, and nothing is sent unless the SIM is known not to have changed.
    fn default() -> Self {
        Self {
            max_age_hours: Self::DEFAULT_MAX_AGE_HOURS,
            on_swapped: SimSwapAction::Refuse,
            on_unknown: SimSwapAction::Refuse,
        }
    }
}

/// What to do about a SIM that changed, or may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SimSwapAction {
    /// Send nothing.
    Refuse,
    /// Send, and say so in the answer.
    Flag,
    /// Send by the first of the channels that does not travel over the SIM; nothing if
    /// there is none.
    NextChannel,
}

impl SimSwapAction {
    /// Every action.
    pub const ALL: [Self; 3] = [Self::Refuse, Self::Flag, Self::NextChannel];

    /// The stable kebab-case name of this action, the same in every language.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Refuse => "refuse",
            Self::Flag => "flag",
            Self::NextChannel => "next-channel",
        }
    }
}

stable_words!(SimSwapAction, code, ParameterError::SimSwapAction);

/// Which numbers the operator is asked about, and how long what it said holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimSwapCoverage {
    /// How the numbers begin that it is asked about. Of every other number nothing is known
    /// ([`SimSwap::Unknown`]).
    pub prefixes: Vec<Prefix>,
    /// For how many seconds an answer is used again; 0 for never. Only what the operator
    /// knew is kept: that it did not answer says nothing of the SIM.
    pub cache: u64,
}

impl SimSwapCoverage {
    /// How long an answer is used again where nothing is said, in seconds.
    pub const DEFAULT_CACHE: u64 = 600;

    fn covers(&self, phone: &Phone) -> bool {
        self.prefixes.iter().any(|prefix| prefix.begins(phone))
    }
}

impl Default for SimSwapCoverage {
    /// Numbers of the United Kingdom, and ten minutes.
    fn default() -> Self {
        Self { prefixes: vec![Prefix::UNITED_KINGDOM], cache: Self::DEFAULT_CACHE }
    }
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(feature = "open-views"), non_exhaustive)]
pub struct SimSwapCheck {
    /// What is known of the SIM.
    pub answer: SimSwap,
    /// Who says so.
    pub source: SimSwapSource,
    /// When the operator was asked; `None` if it was not.
    pub checked_at: Option<UnixTime>,
}

/// Where the answer of a check came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SimSwapSource {
    /// The operator, just now.
    Operator,
    /// What the operator said shortly before.
    Cache,
    /// Nobody: the operator is not asked about this number.
    NotAsked,
}

impl SimSwapSource {
    /// Every source.
    pub const ALL: [Self; 3] = [Self::Operator, Self::Cache, Self::NotAsked];

    /// The stable kebab-case name of this source, the same in every language.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Cache => "cache",
            Self::NotAsked => "not-asked",
        }
    }
}

impl Service {
    /// Finds out whether the SIM of a number changed within `max_age_hours` (1 to 2400, or
    /// [`DEFAULT_MAX_AGE_HOURS`](SimSwapPolicy::DEFAULT_MAX_AGE_HOURS) if not given): from what
    /// the operator told this account lately, or else from the operator, which counts as a
    /// message of the account.
    pub async fn check_sim_swap<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        phone: &Phone,
        max_age_hours: Option<u16>,
    ) -> Result<SimSwapCheck, ServiceError> {
        let max_age_hours = max_age_hours.unwrap_or(SimSwapPolicy::DEFAULT_MAX_AGE_HOURS);
        check_max_age(max_age_hours, "max_age_hours")?;
        self.charge_account(ports, account).await?;
        let found = self.find_sim_swap(ports, account, phone, max_age_hours).await;
        if !found.as_ref().is_ok_and(|check| check.source == SimSwapSource::Operator) {
            self.refund_account(ports, account).await;
        }
        found
    }

    /// What a policy leaves of the channels for a message to this phone.
    pub(super) async fn consult_sim_swap<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        policy: Option<SimSwapPolicy>,
        phone: Option<&Phone>,
        channels: &[Channel],
    ) -> Result<(Option<SimSwap>, Vec<Channel>), ServiceError> {
        let uses_sim = channels.iter().any(|channel| channel.uses_sim());
        let (Some(policy), Some(phone), true) = (policy, phone, uses_sim) else {
            return Ok((None, channels.to_vec()));
        };
        let found = self.find_sim_swap(ports, account, phone, policy.max_age_hours).await?;
        Ok((Some(found.answer), policy.permitted(channels, found.answer)?))
    }

    async fn find_sim_swap<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        phone: &Phone,
        max_age_hours: u16,
    ) -> Result<SimSwapCheck, ServiceError> {
        let check = self.ask_about_sim(ports, account, phone, max_age_hours).await?;
        ports.sim_swap_checked(&check);
        Ok(check)
    }

    async fn ask_about_sim<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        phone: &Phone,
        max_age_hours: u16,
    ) -> Result<SimSwapCheck, ServiceError> {
        if !self.policy.sim_swap.covers(phone) {
            let (answer, source) = (SimSwap::Unknown, SimSwapSource::NotAsked);
            return Ok(SimSwapCheck { answer, source, checked_at: None });
        }
        if let Some((answer, at)) = self.recall_sim(ports, account, phone, max_age_hours).await {
            let source = SimSwapSource::Cache;
            return Ok(SimSwapCheck { answer, source, checked_at: Some(at) });
        }
        let answer = match ports.sim_swap(phone, max_age_hours).await {
            Err(PortError::NotConfigured) => return Err(ServiceError::SimSwapNotConfigured),
            Err(PortError::ProviderUnavailable) => SimSwap::Unknown,
            answer => answer?,
        };
        let at = ports.now();
        self.remember_sim(ports, account, phone, max_age_hours, answer).await;
        Ok(SimSwapCheck { answer, source: SimSwapSource::Operator, checked_at: Some(at) })
    }
}

fn check_max_age(max_age_hours: u16, field: &'static str) -> Result<(), ServiceError> {
    if !(1..=2_400).contains(&max_age_hours) {
        return Err(ServiceError::invalid(field, ParameterError::MaxAge));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_leaves_what_does_not_travel_over_a_doubtful_sim() {
        use Channel::{Email, Sms, Voice};
        use SimSwapAction::{Flag, NextChannel, Refuse};
        let left = |action, answer, channels: &[Channel]| {
            let (on_swapped, on_unknown) = match answer {
                SimSwap::Swapped => (action, Refuse),
                _ => (Refuse, action),
            };
            let policy = SimSwapPolicy { max_age_hours: 240, on_swapped, on_unknown };
            policy.permitted(channels, answer).ok()
        };
        for action in SimSwapAction::ALL {
            assert_eq!(left(action, SimSwap::NotSwapped, &[Sms, Email]), Some(vec![Sms, Email]));
        }
        for doubt in [SimSwap::Swapped, SimSwap::Unknown] {
            for channels in [&[Sms][..], &[Voice], &[Sms, Voice], &[Sms, Email], &[Email]] {
                assert_eq!(left(Refuse, doubt, channels), None);
                assert_eq!(left(Flag, doubt, channels), Some(channels.to_vec()));
            }
            for channels in [&[Sms][..], &[Voice], &[Voice, Sms]] {
                assert_eq!(left(NextChannel, doubt, channels), None, "there is no other way");
            }
            for channels in [&[Sms, Email][..], &[Email, Voice], &[Sms, Voice, Email]] {
                assert_eq!(left(NextChannel, doubt, channels), Some(vec![Email]));
            }
        }
    }

    #[test]
    fn a_refusal_tells_a_change_from_not_knowing() {
        let policy = SimSwapPolicy::default();
        for (answer, code) in
            [(SimSwap::Swapped, "sim-swapped"), (SimSwap::Unknown, "sim-swap-unknown")]
        {
            assert_eq!(policy.permitted(&[Channel::Sms], answer).unwrap_err().code(), code);
        }
    }

    #[test]
    fn an_action_is_written_as_its_code() {
        for action in SimSwapAction::ALL {
            assert_eq!(serde_json::to_value(action).unwrap(), action.code());
        }
    }

    #[test]
    fn a_prefix_covers_what_begins_with_it() {
        let covers = |prefixes: &[&str], phone: &str| {
            let prefixes = prefixes.iter().map(|prefix| prefix.parse().unwrap()).collect();
            SimSwapCoverage { prefixes, cache: 0 }.covers(&Phone::parse(phone).unwrap())
        };
        assert!(covers(&["+44"], "+447700900121") && covers(&["+1", "+44"], "+447700900121"));
        assert!(!covers(&["+44"], "+4915112345678") && !covers(&["+44"], "+14412345678"));
        assert!(covers(&["+"], "+14412345678") && !covers(&[], "+447700900121"));
        let default = SimSwapCoverage::default();
        assert!(default.covers(&Phone::parse("+447700900121").unwrap()));
        assert!(!default.covers(&Phone::parse("+4915112345678").unwrap()));
    }
}
