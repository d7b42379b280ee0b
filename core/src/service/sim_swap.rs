use serde::{Deserialize, Serialize};

use super::{Phone, PortError, Ports, Recipient, SendRequest, Service, ServiceError, SimSwap};
use crate::ParameterError;

/// When not to send because of the SIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[serde(rename_all = "lowercase")]
pub enum SimSwapAction {
    /// Send nothing.
    Refuse,
    /// Send, and say so in the answer.
    Flag,
}

impl SimSwapAction {
    /// Every action.
    pub const ALL: [Self; 2] = [Self::Refuse, Self::Flag];
}

impl Service {
    /// Asks whether the SIM of a number changed within `max_age_hours` (1 to 2400).
    pub async fn check_sim_swap<P: Ports>(
        &self,
        ports: &P,
        recipient: &Recipient,
        max_age_hours: u16,
    ) -> Result<SimSwap, ServiceError> {
        let phone = phone_to_check(recipient, max_age_hours, "max_age_hours")?;
        match ports.sim_swap(phone, max_age_hours).await {
            Err(PortError::NotConfigured) => Err(ServiceError::SimSwapNotConfigured),
            answer => Ok(answer?),
        }
    }

    pub(super) async fn consult_sim_swap<P: Ports>(
        &self,
        ports: &P,
        request: &SendRequest,
    ) -> Result<Option<SimSwap>, ServiceError> {
        let Some(policy) = request.sim_swap else { return Ok(None) };
        let answer = self.check_sim_swap(ports, &request.recipient, policy.max_age_hours).await?;
        let action = match answer {
            SimSwap::NotSwapped => SimSwapAction::Flag,
            SimSwap::Swapped => policy.on_swapped,
            SimSwap::Unknown => policy.on_unknown,
        };
        match action {
            SimSwapAction::Flag => Ok(Some(answer)),
            SimSwapAction::Refuse => {
                Err(ServiceError::SimSwap { swapped: answer == SimSwap::Swapped })
            }
        }
    }
}

/// The number to ask about, if the question can be asked at all. `field` is what the
/// request calls `max_age_hours`.
pub(super) fn phone_to_check<'a>(
    recipient: &'a Recipient,
    max_age_hours: u16,
    field: &'static str,
) -> Result<&'a Phone, ServiceError> {
    let Recipient::Phone(phone) = recipient else {
        return Err(ServiceError::invalid("to", ParameterError::Channel));
    };
    if !(1..=2_400).contains(&max_age_hours) {
        return Err(ServiceError::invalid(field, ParameterError::MaxAge));
    }
    Ok(phone)
}
