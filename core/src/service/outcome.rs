use crate::UnixTime;

/// What became of a code that was put forward. Every outcome but
/// [`Accepted`](Self::Accepted) means no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub enum Outcome {
    /// Right, and now used up.
    Accepted,
    /// Wrong, and counted.
    Mismatch {
        /// Wrong codes left before a block.
        attempts_left: u16,
    },
    /// Right once, but used already: a retry or a replay, not a guess. Not counted.
    Replayed,
    /// Too late. Not counted.
    Expired,
    /// The challenge was cancelled. Not counted.
    Cancelled,
    /// The challenge has seen its wrong codes. Not counted.
    Exhausted,
    /// The code was for another transaction. Counted, and the code is void.
    ContextMismatch,
    /// Too many wrong codes: nothing is evaluated for now, not even the right one.
    Blocked {
        /// The second in which the block ends.
        until: UnixTime,
    },
    /// Too many wrong codes in a row: nothing is evaluated until enrolled anew.
    Disabled,
    /// The user has not completed an enrolment.
    NotEnrolled,
    /// Not what a code of this device or challenge looks like: the wrong number of characters,
    /// or others than it is made of. No guess, and counted as none.
    Malformed,
}

impl Outcome {
    /// Whether the code was accepted.
    pub const fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted)
    }

    stable_codes! {
        /// The stable kebab-case name of this outcome, the same in every language.
        match self {
            Self::Accepted => "accepted",
            Self::Mismatch { .. } => "mismatch",
            Self::Replayed => "replayed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
            Self::Exhausted => "exhausted",
            Self::ContextMismatch => "context-mismatch",
            Self::Blocked { .. } => "blocked",
            Self::Disabled => "disabled",
            Self::NotEnrolled => "not-enrolled",
            Self::Malformed => "malformed",
        }
    }

    /// Whether a code was evaluated: then the outcome must be recorded before it is
    /// revealed. The others follow from what is recorded already.
    pub(super) const fn is_recorded(&self) -> bool {
        matches!(self, Self::Accepted | Self::Mismatch { .. } | Self::ContextMismatch)
    }
}
