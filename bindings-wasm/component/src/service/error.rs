use alloc::string::ToString;

use keyfob::{
    Error as CoreError,
    service::{LimitKind, Outcome as CoreOutcome, PortError, SendScope, ServiceError},
};

use crate::{
    exports::flows::{Error, Limit, LimitScope, Outcome},
    types::Fault,
};

impl From<ServiceError> for Error {
    #[inline(never)] // once, not in every method
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::Invalid { field, error } => Self::Invalid(Fault::from(error).of(field)),
            ServiceError::DomainNotFound => Self::DomainNotFound,
            ServiceError::UserNotFound => Self::UserNotFound,
            ServiceError::UserExists => Self::UserExists,
            ServiceError::EnrolmentNotFound => Self::EnrolmentNotFound,
            ServiceError::ChallengeNotFound => Self::ChallengeNotFound,
            ServiceError::ChallengeOver => Self::ChallengeOver,
            ServiceError::RecipientBlocked { until } => Self::RecipientBlocked(until),
            ServiceError::SendLimit { scope, retry_at } => {
                let limit = Limit { scope: scope.into(), retry_at, text: error.to_string() };
                match scope.kind() {
                    LimitKind::Sends => Self::SendLimit(limit),
                    LimitKind::Unverified => Self::UnverifiedSends(limit),
                    LimitKind::Stopped => Self::PrefixStopped(limit),
                }
            }
            ServiceError::DestinationNotAllowed { premium: false } => Self::DestinationNotAllowed,
            ServiceError::DestinationNotAllowed { premium: true } => Self::PremiumNumber,
            ServiceError::SimSwap { swapped: true } => Self::SimSwapped,
            ServiceError::SimSwap { swapped: false } => Self::SimSwapUnknown,
            ServiceError::SimSwapNotConfigured => Self::SimSwapNotConfigured,
            ServiceError::IdempotencyInFlight => Self::IdempotencyInFlight,
            ServiceError::IdempotencyMismatch => Self::IdempotencyMismatch,
            ServiceError::Contention => Self::Contention,
            ServiceError::Port(PortError::Unavailable) => Self::StorageUnavailable,
            ServiceError::Port(PortError::ProviderUnavailable) => Self::ProviderUnavailable,
            ServiceError::Port(PortError::NotConfigured) => Self::ChannelNotConfigured,
            ServiceError::Port(PortError::Entropy) => Self::EntropyUnavailable,
            ServiceError::Corrupt => Self::RecordCorrupt,
            _ => Self::FlowMisuse,
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Invalid(fault)
    }
}

impl From<CoreError> for Error {
    fn from(error: CoreError) -> Self {
        Self::Invalid(error.into())
    }
}

impl From<SendScope> for LimitScope {
    fn from(scope: SendScope) -> Self {
        match scope {
            SendScope::Recipient => Self::Recipient,
            SendScope::Account => Self::Account,
            SendScope::Domain => Self::Domain,
            SendScope::ApiKey => Self::ApiKey,
            SendScope::Client => Self::ClientAddress,
            SendScope::Country => Self::Country,
            SendScope::Prefix => Self::Prefix,
            SendScope::Cost => Self::Cost,
            SendScope::UnverifiedCountry => Self::UnverifiedCountry,
            SendScope::UnverifiedClient => Self::UnverifiedClientAddress,
            SendScope::ClientCountries => Self::ClientAddressCountries,
            SendScope::StoppedPrefix => Self::StoppedPrefix,
            _ => Self::Unlisted,
        }
    }
}

impl From<CoreOutcome> for Outcome {
    fn from(outcome: CoreOutcome) -> Self {
        match outcome {
            CoreOutcome::Accepted => Self::Accepted,
            CoreOutcome::Mismatch { attempts_left } => Self::Mismatch(attempts_left),
            CoreOutcome::Replayed => Self::Replayed,
            CoreOutcome::Expired => Self::Expired,
            CoreOutcome::Cancelled => Self::Cancelled,
            CoreOutcome::Exhausted => Self::Exhausted,
            CoreOutcome::ContextMismatch => Self::ContextMismatch,
            CoreOutcome::Blocked { until } => Self::Blocked(until),
            CoreOutcome::Disabled => Self::Disabled,
            CoreOutcome::NotEnrolled => Self::NotEnrolled,
            CoreOutcome::Malformed => Self::Malformed,
            _ => Self::Unlisted,
        }
    }
}
