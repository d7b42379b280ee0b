use core::{error, fmt};

use super::{PortError, SendScope};
use crate::{EntropyUnavailable, Error, UnixTime};

/// Why a flow gave no outcome. Nothing was accepted, and where the request was at
/// fault nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceError {
    /// A field of the request cannot be used.
    Invalid {
        /// The field, under its name in requests.
        field: &'static str,
        /// What is wrong with it.
        error: Error,
    },
    /// The account has no such domain.
    DomainNotFound,
    /// The domain has no such user.
    UserNotFound,
    /// The domain has such a user already; nothing changed.
    UserExists,
    /// No such open enrolment: used, replaced, expired or never made.
    EnrolmentNotFound,
    /// No such challenge, or it is over and forgotten.
    ChallengeNotFound,
    /// The challenge is used, cancelled or over, so nothing more can be sent for it.
    ChallengeOver,
    /// The recipient has seen too many wrong codes; nothing is sent for now.
    RecipientBlocked {
        /// The second in which the block ends; `None` if it does not end by itself.
        until: Option<UnixTime>,
    },
    /// A limit on sending is reached.
    SendLimit {
        /// Whose.
        scope: SendScope,
        /// The second from which there is room again.
        retry_at: UnixTime,
    },
    /// The policy lets nothing be sent to this number, now or later.
    DestinationNotAllowed {
        /// Whether that is because it is in a range that costs more than others.
        premium: bool,
    },
    /// The SIM of the recipient changed lately, or it is not known, and the request
    /// asked not to send then.
    SimSwap {
        /// Whether it changed (`true`) or is not known (`false`).
        swapped: bool,
    },
    /// There is no operator to ask about SIMs; nothing was sent.
    SimSwapNotConfigured,
    /// The first request with this idempotency key is not answered yet. Ask again
    /// shortly; one whose answer never came may be sent anew after half a minute.
    IdempotencyInFlight,
    /// This idempotency key was used for a request with another body. Nothing changed.
    IdempotencyMismatch,
    /// Too many writers wanted the same record at once; nothing was accepted.
    Contention,
    /// The outside world failed.
    Port(PortError),
    /// A stored record did not open: it was altered, moved, or sealed with a key
    /// that this service does not have.
    Corrupt,
    /// A flow was resumed with an answer to another question.
    Misuse,
}

impl ServiceError {
    stable_codes! {
        /// The stable kebab-case name of this error, the same in every language.
        match self {
            Self::DomainNotFound => "domain-not-found",
            Self::UserNotFound => "user-not-found",
            Self::UserExists => "user-exists",
            Self::EnrolmentNotFound => "enrolment-not-found",
            Self::ChallengeNotFound => "challenge-not-found",
            Self::ChallengeOver => "challenge-over",
            Self::RecipientBlocked { .. } => "recipient-blocked",
            Self::DestinationNotAllowed { premium: false } => "destination-not-allowed",
            Self::DestinationNotAllowed { premium: true } => "premium-number",
            Self::SimSwap { swapped: true } => "sim-swapped",
            Self::SimSwap { swapped: false } => "sim-swap-unknown",
            Self::SimSwapNotConfigured => "sim-swap-not-configured",
            Self::IdempotencyInFlight => "idempotency-in-flight",
            Self::IdempotencyMismatch => "idempotency-mismatch",
            Self::Contention => "contention",
            Self::Corrupt => "record-corrupt",
            Self::Misuse => "flow-misuse",
        } else {
            Self::Invalid { error, .. } => error: Error,
            Self::Port(error) => error: PortError,
            Self::SendLimit { scope, .. } => scope: SendScope,
        }
    }

    #[inline(never)] // it stands everywhere
    pub(super) fn invalid(field: &'static str, error: impl Into<Error>) -> Self {
        Self::Invalid { field, error: error.into() }
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Invalid { field, error } => return write!(f, "{field}: {error}"),
            Self::Port(error) => return error.fmt(f),
            Self::DomainNotFound => "this account has no such domain; create one or check the id",
            Self::UserNotFound => "the domain has no such user; create the user first",
            Self::UserExists => {
                "the domain has this user already; open a new enrolment if a device was lost"
            }
            Self::EnrolmentNotFound => {
                "this enrolment is used, replaced or expired; ask for a new link"
            }
            Self::ChallengeNotFound => "there is no such challenge; send a code first",
            Self::ChallengeOver => "this challenge is over; send a new code",
            Self::RecipientBlocked { until: Some(_) } => {
                "this recipient has seen too many wrong codes; wait for the block to end"
            }
            Self::RecipientBlocked { until: None } => {
                "this recipient has seen too many wrong codes in a row and is disabled; make sure of the person another way, then erase the recipient"
            }
            Self::SendLimit { scope, .. } => scope.text(),
            Self::DestinationNotAllowed { premium: false } => {
                "codes are not sent to this country or range of numbers; use another channel, or have it allowed"
            }
            Self::DestinationNotAllowed { premium: true } => {
                "codes are not sent to numbers that cost more than others; ask for a mobile number, or have the range allowed"
            }
            Self::SimSwap { swapped: true } => {
                "the SIM of this number changed lately; reach the person another way"
            }
            Self::SimSwap { swapped: false } => {
                "it is not known whether the SIM of this number changed lately; reach the person another way"
            }
            Self::SimSwapNotConfigured => {
                "there is no operator to ask about SIMs; configure one or leave the check out"
            }
            Self::IdempotencyInFlight => {
                "the first request with this idempotency key is still being carried out; send the same request again in a second to get its answer"
            }
            Self::IdempotencyMismatch => {
                "this idempotency key was used for a request with another body; give every new request a key of its own, and repeat a request byte for byte"
            }
            Self::Contention => "too many requests for the same credential at once; try again",
            Self::Corrupt => {
                "a stored record cannot be opened; check that the keys are those that the store was written with"
            }
            Self::Misuse => "the flow was resumed with an answer to another question",
        };
        f.write_str(text)
    }
}

impl error::Error for ServiceError {}

impl From<PortError> for ServiceError {
    fn from(error: PortError) -> Self {
        Self::Port(error)
    }
}

impl From<EntropyUnavailable> for ServiceError {
    fn from(error: EntropyUnavailable) -> Self {
        Self::Port(error.into())
    }
}
