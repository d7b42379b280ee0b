//! The closed sets of the service: the words of core, each with the code that core has for it.

use keyfob::service as core;

use super::results::unknown;
use crate::KeyfobError;

/// How a message travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Channel {
    /// A text message.
    Sms,
    /// A call that speaks the code.
    Voice,
    /// An e-mail.
    Email,
}

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum DeliveryState {
    /// It waits to be sent.
    Queued,
    /// A provider has it.
    Sent,
    /// Reported as received.
    Delivered,
    /// Refused for good.
    Failed,
    /// Not sent in time, and dropped.
    Expired,
}

/// What to do about a SIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SimSwapAction {
    /// Send nothing.
    Refuse,
    /// Send, and say so.
    Flag,
    /// Leave out what uses the SIM.
    NextChannel,
}

/// What became of a message when it was given for delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Receipt {
    /// It waits in a durable queue.
    Queued,
    /// A provider has it.
    Sent,
}

/// What an operator says of a SIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SimSwap {
    /// It changed within the time asked about.
    Swapped,
    /// It did not.
    NotSwapped,
    /// The operator could not or would not tell.
    Unknown,
}

/// Who says what is known of a SIM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SimSwapSource {
    /// The operator, just now.
    Operator,
    /// What the operator said shortly before.
    Cache,
    /// Nobody: the operator is not asked about this number.
    NotAsked,
}

/// How a challenge stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ChallengeStatus {
    /// Its code can be accepted.
    Pending,
    /// Its code was accepted.
    Verified,
    /// It was cancelled.
    Cancelled,
    /// Its time is over.
    Expired,
    /// It has seen its wrong codes.
    Exhausted,
}

/// Whether somebody waits for a message. Only one that is wanted may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Wanted {
    /// Its code can still be accepted.
    Yes,
    /// Another code is waited for, which a resend made. Ask again: that may be taken back.
    Replaced,
    /// Its challenge was used, cancelled or erased, or is over.
    No,
}

/// The same words on both sides. Core may have more of an `open` set one day: nothing is accepted
/// for one that this library has not learned.
macro_rules! twins {
    ($own:ident, $code:ident, [$($variant:ident),+]) => {
        twins!(to core, $own, $code, [$($variant),+]);

        impl From<core::$own> for $own {
            fn from(value: core::$own) -> Self {
                match value { $(core::$own::$variant => Self::$variant),+ }
            }
        }
    };
    ($own:ident, $code:ident, [$($variant:ident),+], open) => {
        twins!(to core, $own, $code, [$($variant),+]);

        impl TryFrom<core::$own> for $own {
            type Error = KeyfobError;

            fn try_from(value: core::$own) -> Result<Self, KeyfobError> {
                Ok(match value {
                    $(core::$own::$variant => Self::$variant,)+
                    _ => return Err(unknown()),
                })
            }
        }
    };
    (to core, $own:ident, $code:ident, [$($variant:ident),+]) => {
        #[uniffi::export]
        impl $own {
            /// The stable kebab-case name, the same in every language.
            pub fn code(&self) -> String {
                core::$own::from(*self).$code().to_owned()
            }
        }

        impl From<$own> for core::$own {
            fn from(value: $own) -> Self {
                match value { $($own::$variant => Self::$variant),+ }
            }
        }
    };
}

twins!(Channel, name, [Sms, Voice, Email]);
twins!(DeliveryState, code, [Queued, Sent, Delivered, Failed, Expired], open);
twins!(SimSwapAction, code, [Refuse, Flag, NextChannel]);
twins!(SimSwap, code, [Swapped, NotSwapped, Unknown]);
twins!(SimSwapSource, code, [Operator, Cache, NotAsked]);
twins!(ChallengeStatus, code, [Pending, Verified, Cancelled, Expired, Exhausted], open);
twins!(Wanted, code, [Yes, Replaced, No]);
twins!(Receipt, code, [Queued, Sent], open);
