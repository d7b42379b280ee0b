//! What core returns, as the records of `wit/flows.wit`.

use alloc::string::ToString;

use keyfob::service::{
    ChallengeStatus, ChallengeView, Channel, Created, DeliveryState, DomainSettings, DomainView,
    EnrolmentView, OpenEnrolment, Passage, Sent, SimSwap, SimSwapAction, SimSwapCheck,
    SimSwapPolicy, SimSwapSource, UserStatus, UserView, Wanted, Way,
};

use crate::{
    bindings::keyfob::otp::{delivery, sim_swap},
    exports::flows as wit,
};

impl From<DomainView> for wit::DomainView {
    fn from(view: DomainView) -> Self {
        Self {
            domain: view.domain.to_string(),
            name: view.name,
            created_at: view.created_at,
            settings: view.settings.into(),
        }
    }
}

impl From<DomainSettings> for wit::DomainSettings {
    fn from(settings: DomainSettings) -> Self {
        let sim_swap = settings.sim_swap.map(Into::into);
        Self { sim_swap, fallback_after: settings.fallback_after }
    }
}

impl From<wit::DomainSettings> for DomainSettings {
    fn from(settings: wit::DomainSettings) -> Self {
        let sim_swap = settings.sim_swap.map(Into::into);
        Self { sim_swap, fallback_after: settings.fallback_after }
    }
}

impl From<SimSwapPolicy> for wit::SimSwapPolicy {
    fn from(policy: SimSwapPolicy) -> Self {
        Self {
            max_age_hours: policy.max_age_hours,
            on_swapped: policy.on_swapped.into(),
            on_unknown: policy.on_unknown.into(),
        }
    }
}

impl From<wit::SimSwapPolicy> for SimSwapPolicy {
    fn from(policy: wit::SimSwapPolicy) -> Self {
        Self {
            max_age_hours: policy.max_age_hours,
            on_swapped: policy.on_swapped.into(),
            on_unknown: policy.on_unknown.into(),
        }
    }
}

impl From<Created> for wit::Created {
    fn from(created: Created) -> Self {
        match created {
            Created::Enrolled { secret, uri } => Self::Enrolled(wit::Enrolled {
                secret: secret.expose_bytes().to_vec(),
                uri: uri.as_str().into(),
            }),
            Created::Pending(open) => Self::Pending(open.into()),
        }
    }
}

impl From<OpenEnrolment> for wit::OpenEnrolment {
    fn from(open: OpenEnrolment) -> Self {
        Self {
            ticket: open.ticket.expose().into(),
            expires_at: open.expires_at,
            parameters: open.parameters.into(),
        }
    }
}

impl From<EnrolmentView> for wit::EnrolmentView {
    fn from(view: EnrolmentView) -> Self {
        Self {
            account: view.account.to_string(),
            domain: view.domain.to_string(),
            user_id: view.user_id.as_str().into(),
            issuer: view.issuer,
            account_name: view.account_name,
            secret: view.secret.expose_bytes().to_vec(),
            uri: view.uri.as_str().into(),
            parameters: view.parameters.into(),
            expires_at: view.expires_at,
            blocked_until: view.blocked_until,
        }
    }
}

impl From<UserView> for wit::UserView {
    fn from(view: UserView) -> Self {
        Self {
            status: match view.status {
                UserStatus::Pending => wit::UserStatus::Pending,
                UserStatus::Active => wit::UserStatus::Active,
                UserStatus::Blocked { until } => wit::UserStatus::Blocked(until),
                UserStatus::Disabled => wit::UserStatus::Disabled,
            },
            created_at: view.created_at,
            parameters: view.parameters.into(),
            enrolment_expires_at: view.enrolment_expires_at,
            failures: view.failures,
        }
    }
}

impl From<Sent> for wit::Sent {
    fn from(sent: Sent) -> Self {
        Self {
            otp_id: sent.otp_id.to_string(),
            channel: sent.channel.into(),
            language: sent.language.tag().into(),
            delivery: sent.delivery.into(),
            expires_at: sent.expires_at,
            resend_at: sent.resend_at,
            attempts_left: sent.attempts_left,
            sim_swap: sent.sim_swap.map(Into::into),
        }
    }
}

impl From<ChallengeView> for wit::ChallengeView {
    fn from(view: ChallengeView) -> Self {
        Self {
            status: view.status.into(),
            channel: view.channel.into(),
            calling_code: view.calling_code,
            delivery: view.delivery.into(),
            passages: view.passages.into_iter().map(Into::into).collect(),
            created_at: view.created_at,
            expires_at: view.expires_at,
            attempts_left: view.attempts_left,
        }
    }
}

impl From<Passage> for wit::Passage {
    fn from(passage: Passage) -> Self {
        Self {
            message: passage.message,
            channel: passage.channel.into(),
            state: passage.state.into(),
            at: passage.at,
        }
    }
}

impl From<SimSwapCheck> for sim_swap::Finding {
    fn from(check: SimSwapCheck) -> Self {
        let (answer, source) = (check.answer.into(), check.source.into());
        Self { answer, source, checked_at: check.checked_at }
    }
}

/// Enums of the same cases on both sides.
macro_rules! same {
    ($($ours:path = $core:path: $($case:ident)+;)+) => {$(
        impl From<$core> for $ours {
            fn from(value: $core) -> Self {
                match value { $(<$core>::$case => Self::$case,)+ }
            }
        }

        impl From<$ours> for $core {
            fn from(value: $ours) -> Self {
                match value { $(<$ours>::$case => Self::$case,)+ }
            }
        }
    )+};
}

same! {
    delivery::Channel = Channel: Sms Voice Email;
    sim_swap::Answer = SimSwap: Swapped NotSwapped Unknown;
    wit::SimSwapAction = SimSwapAction: Refuse Flag NextChannel;
    sim_swap::Source = SimSwapSource: Operator Cache NotAsked;
    wit::Wanted = Wanted: Yes Replaced No;
}

impl From<Way> for wit::Way {
    fn from(way: Way) -> Self {
        match way {
            Way::Open => Self::Open,
            Way::Closed(reason) => Self::Closed(reason.into()),
            Way::Taken => Self::Taken,
            Way::Arrived => Self::Arrived,
            Way::Replaced => Self::Replaced,
        }
    }
}

/// Core may learn further states of a challenge; in none of them its code can be verified.
impl From<ChallengeStatus> for wit::ChallengeStatus {
    fn from(status: ChallengeStatus) -> Self {
        match status {
            ChallengeStatus::Pending => Self::Pending,
            ChallengeStatus::Verified => Self::Verified,
            ChallengeStatus::Cancelled => Self::Cancelled,
            ChallengeStatus::Exhausted => Self::Exhausted,
            _ => Self::Expired,
        }
    }
}

impl From<wit::DeliveryState> for DeliveryState {
    fn from(state: wit::DeliveryState) -> Self {
        match state {
            wit::DeliveryState::Queued => Self::Queued,
            wit::DeliveryState::Sent => Self::Sent,
            wit::DeliveryState::Delivered => Self::Delivered,
            wit::DeliveryState::Failed => Self::Failed,
            wit::DeliveryState::Expired => Self::Expired,
        }
    }
}

/// Core may learn further states; what it has now is these, and a message that is in another
/// is at least taken.
impl From<DeliveryState> for wit::DeliveryState {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Queued => Self::Queued,
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::Failed => Self::Failed,
            DeliveryState::Expired => Self::Expired,
            _ => Self::Sent,
        }
    }
}
