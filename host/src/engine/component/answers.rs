//! What a component answers, as core says it. Whatever no component of keyfob answers is the same
//! as no answer.

use keyfob::{
    Algorithm, Digits, Period, Secret, TotpParameters, Zeroizing,
    service::{
        AccountId, Begun, ChallengeStatus, ChallengeView, Channel, Claim, Created, DeliveryState,
        DomainId, DomainSettings, DomainView, EnrolmentView, Language, OpenEnrolment, OtpId,
        Outcome, Passage, PortError, Receipt, SendScope, Sent, ServiceError, SimSwap,
        SimSwapAction, SimSwapCheck, SimSwapPolicy, SimSwapSource, Ticket, UserId, UserStatus,
        UserView, Wanted, Way,
    },
};

use super::bindings::{
    exports::keyfob::otp::{flows as wit, totp, types},
    keyfob::otp::{audit, delivery, sim_swap},
};
use crate::engine::FlowError;

pub(super) type Read<T> = Result<T, FlowError>;

/// What is missing or cannot be read is a fault of the engine.
pub(super) fn known<T>(read: Option<T>) -> Read<T> {
    read.ok_or_else(|| {
        tracing::error!("the component answers what no component of keyfob answers");
        FlowError::Failed
    })
}

pub(super) fn error(error: wit::Error) -> FlowError {
    FlowError::Service(match error {
        wit::Error::Invalid(fault) => return invalid(fault),
        wit::Error::DomainNotFound => ServiceError::DomainNotFound,
        wit::Error::UserNotFound => ServiceError::UserNotFound,
        wit::Error::UserExists => ServiceError::UserExists,
        wit::Error::EnrolmentNotFound => ServiceError::EnrolmentNotFound,
        wit::Error::ChallengeNotFound => ServiceError::ChallengeNotFound,
        wit::Error::ChallengeOver => ServiceError::ChallengeOver,
        wit::Error::RecipientBlocked(until) => ServiceError::RecipientBlocked { until },
        wit::Error::SendLimit(limit)
        | wit::Error::UnverifiedSends(limit)
        | wit::Error::PrefixStopped(limit) => match known(scope(limit.scope)) {
            Ok(scope) => ServiceError::SendLimit { scope, retry_at: limit.retry_at },
            Err(failed) => return failed,
        },
        wit::Error::DestinationNotAllowed => ServiceError::DestinationNotAllowed { premium: false },
        wit::Error::PremiumNumber => ServiceError::DestinationNotAllowed { premium: true },
        wit::Error::SimSwapped => ServiceError::SimSwap { swapped: true },
        wit::Error::SimSwapUnknown => ServiceError::SimSwap { swapped: false },
        wit::Error::SimSwapNotConfigured => ServiceError::SimSwapNotConfigured,
        wit::Error::IdempotencyInFlight => ServiceError::IdempotencyInFlight,
        wit::Error::IdempotencyMismatch => ServiceError::IdempotencyMismatch,
        wit::Error::Contention => ServiceError::Contention,
        wit::Error::StorageUnavailable => ServiceError::Port(PortError::Unavailable),
        wit::Error::ProviderUnavailable => ServiceError::Port(PortError::ProviderUnavailable),
        wit::Error::ChannelNotConfigured => ServiceError::Port(PortError::NotConfigured),
        wit::Error::EntropyUnavailable => ServiceError::Port(PortError::Entropy),
        wit::Error::RecordCorrupt => ServiceError::Corrupt,
        wit::Error::FlowMisuse => ServiceError::Misuse,
    })
}

fn invalid(fault: types::Fault) -> FlowError {
    let types::Fault { code, field, text, .. } = fault;
    FlowError::Invalid {
        field: field.unwrap_or_default(),
        text: text.unwrap_or_else(|| code.clone()),
        code,
    }
}

fn scope(scope: wit::LimitScope) -> Option<SendScope> {
    Some(match scope {
        wit::LimitScope::Recipient => SendScope::Recipient,
        wit::LimitScope::Account => SendScope::Account,
        wit::LimitScope::Domain => SendScope::Domain,
        wit::LimitScope::ApiKey => SendScope::ApiKey,
        wit::LimitScope::ClientAddress => SendScope::Client,
        wit::LimitScope::Country => SendScope::Country,
        wit::LimitScope::Prefix => SendScope::Prefix,
        wit::LimitScope::Cost => SendScope::Cost,
        wit::LimitScope::UnverifiedCountry => SendScope::UnverifiedCountry,
        wit::LimitScope::UnverifiedClientAddress => SendScope::UnverifiedClient,
        wit::LimitScope::ClientAddressCountries => SendScope::ClientCountries,
        wit::LimitScope::StoppedPrefix => SendScope::StoppedPrefix,
        wit::LimitScope::Unlisted => return None,
    })
}

pub(super) fn outcome(outcome: audit::Outcome) -> Option<Outcome> {
    Some(match outcome {
        audit::Outcome::Accepted => Outcome::Accepted,
        audit::Outcome::Mismatch(attempts_left) => Outcome::Mismatch { attempts_left },
        audit::Outcome::Replayed => Outcome::Replayed,
        audit::Outcome::Expired => Outcome::Expired,
        audit::Outcome::Cancelled => Outcome::Cancelled,
        audit::Outcome::Exhausted => Outcome::Exhausted,
        audit::Outcome::ContextMismatch => Outcome::ContextMismatch,
        audit::Outcome::Blocked(until) => Outcome::Blocked { until },
        audit::Outcome::Disabled => Outcome::Disabled,
        audit::Outcome::NotEnrolled => Outcome::NotEnrolled,
        audit::Outcome::Malformed => Outcome::Malformed,
        audit::Outcome::Unlisted => return None,
    })
}

pub(super) fn created(created: wit::Created) -> Option<Created> {
    Some(match created {
        wit::Created::Enrolled(enrolled) => Created::Enrolled {
            secret: Secret::from_bytes(enrolled.secret).ok()?,
            uri: Zeroizing::new(enrolled.uri),
        },
        wit::Created::Pending(open) => Created::Pending(open_enrolment(open)?),
    })
}

pub(super) fn open_enrolment(open: wit::OpenEnrolment) -> Option<OpenEnrolment> {
    let ticket = Zeroizing::new(open.ticket);
    Some(OpenEnrolment {
        ticket: Ticket::parse(&ticket).ok()?,
        expires_at: open.expires_at,
        parameters: parameters(open.parameters)?,
    })
}

pub(super) fn enrolment_view(view: wit::EnrolmentView) -> Option<EnrolmentView> {
    Some(EnrolmentView {
        account: AccountId::parse(&view.account).ok()?,
        domain: DomainId::parse(&view.domain).ok()?,
        user_id: UserId::parse(&view.user_id).ok()?,
        issuer: view.issuer,
        account_name: view.account_name,
        secret: Secret::from_bytes(view.secret).ok()?,
        uri: Zeroizing::new(view.uri),
        parameters: parameters(view.parameters)?,
        expires_at: view.expires_at,
        blocked_until: view.blocked_until,
    })
}

pub(super) fn domain_view(view: wit::DomainView) -> Option<DomainView> {
    Some(DomainView {
        domain: DomainId::parse(&view.domain).ok()?,
        name: view.name,
        created_at: view.created_at,
        settings: DomainSettings {
            sim_swap: view.settings.sim_swap.map(|policy| SimSwapPolicy {
                max_age_hours: policy.max_age_hours,
                on_swapped: action(policy.on_swapped),
                on_unknown: action(policy.on_unknown),
            }),
            fallback_after: view.settings.fallback_after,
        },
    })
}

pub(super) fn user_view(view: wit::UserView) -> Option<UserView> {
    Some(UserView {
        status: match view.status {
            wit::UserStatus::Pending => UserStatus::Pending,
            wit::UserStatus::Active => UserStatus::Active,
            wit::UserStatus::Blocked(until) => UserStatus::Blocked { until },
            wit::UserStatus::Disabled => UserStatus::Disabled,
        },
        created_at: view.created_at,
        parameters: parameters(view.parameters)?,
        enrolment_expires_at: view.enrolment_expires_at,
        failures: view.failures,
    })
}

pub(super) fn sent(sent: &wit::Sent) -> Option<Sent> {
    Some(Sent {
        otp_id: OtpId::parse(&sent.otp_id).ok()?,
        channel: channel(sent.channel),
        language: Language::lookup(&sent.language).ok()?,
        delivery: delivery_state(sent.delivery),
        expires_at: sent.expires_at,
        resend_at: sent.resend_at,
        attempts_left: sent.attempts_left,
        sim_swap: sent.sim_swap.map(swap),
    })
}

pub(super) fn challenge_view(view: wit::ChallengeView) -> ChallengeView {
    let passages = view.passages.into_iter().map(|passage| Passage {
        message: passage.message,
        channel: channel(passage.channel),
        state: delivery_state(passage.state),
        at: passage.at,
    });
    ChallengeView {
        status: match view.status {
            wit::ChallengeStatus::Pending => ChallengeStatus::Pending,
            wit::ChallengeStatus::Verified => ChallengeStatus::Verified,
            wit::ChallengeStatus::Cancelled => ChallengeStatus::Cancelled,
            wit::ChallengeStatus::Expired => ChallengeStatus::Expired,
            wit::ChallengeStatus::Exhausted => ChallengeStatus::Exhausted,
        },
        channel: channel(view.channel),
        calling_code: view.calling_code,
        delivery: delivery_state(view.delivery),
        passages: passages.collect(),
        created_at: view.created_at,
        expires_at: view.expires_at,
        attempts_left: view.attempts_left,
    }
}

pub(super) fn wanted(wanted: wit::Wanted) -> Wanted {
    match wanted {
        wit::Wanted::Yes => Wanted::Yes,
        wit::Wanted::Replaced => Wanted::Replaced,
        wit::Wanted::No => Wanted::No,
    }
}

pub(super) fn way(way: wit::Way) -> Read<Way> {
    Ok(match way {
        wit::Way::Open => Way::Open,
        wit::Way::Closed(reason) => match error(reason) {
            FlowError::Service(reason) => Way::Closed(reason),
            other => return Err(other),
        },
        wit::Way::Taken => Way::Taken,
        wit::Way::Arrived => Way::Arrived,
        wit::Way::Replaced => Way::Replaced,
    })
}

pub(super) fn begun(begun: wit::Begun) -> Option<Begun> {
    Some(match begun {
        wit::Begun::Run(claim) => Begun::Run(Claim::from_bytes(&claim).ok()?),
        wit::Begun::Replay(answer) => Begun::Replay(Zeroizing::new(answer)),
    })
}

pub(super) fn check(finding: sim_swap::Finding) -> SimSwapCheck {
    SimSwapCheck {
        answer: swap(finding.answer),
        source: match finding.source {
            sim_swap::Source::Operator => SimSwapSource::Operator,
            sim_swap::Source::Cache => SimSwapSource::Cache,
            sim_swap::Source::NotAsked => SimSwapSource::NotAsked,
        },
        checked_at: finding.checked_at,
    }
}

/// What this host answers to `delivery.deliver`.
pub(super) fn receipt(
    receipt: Result<Receipt, PortError>,
) -> Result<delivery::Receipt, delivery::Error> {
    match receipt {
        Ok(Receipt::Queued) => Ok(delivery::Receipt::Queued),
        Ok(_) => Ok(delivery::Receipt::Sent),
        Err(PortError::ProviderUnavailable) => Err(delivery::Error::ProviderUnavailable),
        Err(PortError::NotConfigured) => Err(delivery::Error::ChannelNotConfigured),
        Err(_) => Err(delivery::Error::StorageUnavailable),
    }
}

/// What this host answers to `sim-swap.check`.
pub(super) fn sim_swap(
    answer: Result<SimSwap, PortError>,
) -> Result<sim_swap::Answer, sim_swap::Error> {
    match answer {
        Ok(SimSwap::Swapped) => Ok(sim_swap::Answer::Swapped),
        Ok(SimSwap::NotSwapped) => Ok(sim_swap::Answer::NotSwapped),
        Ok(SimSwap::Unknown) => Ok(sim_swap::Answer::Unknown),
        Err(PortError::NotConfigured) => Err(sim_swap::Error::ChannelNotConfigured),
        Err(_) => Err(sim_swap::Error::ProviderUnavailable),
    }
}

pub(super) fn channel(channel: delivery::Channel) -> Channel {
    match channel {
        delivery::Channel::Sms => Channel::Sms,
        delivery::Channel::Voice => Channel::Voice,
        delivery::Channel::Email => Channel::Email,
    }
}

fn delivery_state(state: wit::DeliveryState) -> DeliveryState {
    match state {
        wit::DeliveryState::Queued => DeliveryState::Queued,
        wit::DeliveryState::Sent => DeliveryState::Sent,
        wit::DeliveryState::Delivered => DeliveryState::Delivered,
        wit::DeliveryState::Failed => DeliveryState::Failed,
        wit::DeliveryState::Expired => DeliveryState::Expired,
    }
}

fn swap(answer: sim_swap::Answer) -> SimSwap {
    match answer {
        sim_swap::Answer::Swapped => SimSwap::Swapped,
        sim_swap::Answer::NotSwapped => SimSwap::NotSwapped,
        sim_swap::Answer::Unknown => SimSwap::Unknown,
    }
}

fn action(action: wit::SimSwapAction) -> SimSwapAction {
    match action {
        wit::SimSwapAction::Refuse => SimSwapAction::Refuse,
        wit::SimSwapAction::Flag => SimSwapAction::Flag,
        wit::SimSwapAction::NextChannel => SimSwapAction::NextChannel,
    }
}

fn parameters(parameters: totp::Parameters) -> Option<TotpParameters> {
    Some(TotpParameters {
        algorithm: match parameters.algorithm {
            types::Algorithm::Sha1 => Algorithm::Sha1,
            types::Algorithm::Sha256 => Algorithm::Sha256,
            types::Algorithm::Sha512 => Algorithm::Sha512,
        },
        digits: Digits::new(parameters.digits).ok()?,
        period: Period::new(parameters.period).ok()?,
    })
}
