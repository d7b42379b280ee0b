//! What requests come to.

use std::{sync::Arc, time::SystemTime};

use keyfob::service::{self as core, ServiceError};

use super::words::{ChallengeStatus, Channel, DeliveryState, SimSwap, SimSwapSource, Wanted};
use crate::{
    KeyfobError, Secret, SecretText, TotpParameters,
    number::word,
    time::{moment, unix},
};

type Result<T> = std::result::Result<T, KeyfobError>;

/// What became of a code that was put forward. Everything but `Accepted` means no.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Outcome {
    /// Right, and used up now.
    Accepted,
    /// Wrong, and counted.
    Mismatch {
        /// Wrong codes left before a block.
        attempts_left: i32,
    },
    /// Right once, but used already: a retry or a replay. Not counted.
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
        /// When the block ends.
        until: SystemTime,
    },
    /// Too many wrong codes in a row: nothing is evaluated until enrolled anew.
    Disabled,
    /// The user has not completed an enrolment.
    NotEnrolled,
    /// What could not have been a code. Not counted.
    Malformed,
}

#[uniffi::export]
impl Outcome {
    /// Whether the code was accepted.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted)
    }

    /// The stable kebab-case name, the same in every language.
    pub fn code(&self) -> String {
        core::Outcome::from(self.clone()).code().to_owned()
    }
}

/// An open enrolment. Give the ticket to the user and to nobody else.
#[derive(Debug, Clone, uniffi::Record)]
pub struct OpenEnrolment {
    /// What the enrolment is reached by.
    pub ticket: Arc<SecretText>,
    /// When it ends.
    pub expires_at: SystemTime,
    /// Which codes the device is to make.
    pub parameters: TotpParameters,
}

/// A user that was created.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum Created {
    /// Enrolled: here is the secret to give to the user.
    Enrolled {
        /// The secret.
        secret: Arc<Secret>,
        /// The `otpauth://` URI that holds it.
        uri: Arc<SecretText>,
    },
    /// The user is to enrol.
    Pending {
        /// By this.
        enrolment: OpenEnrolment,
    },
}

/// What an enrolment page shows.
#[derive(Debug, Clone, uniffi::Record)]
pub struct EnrolmentView {
    /// On whose behalf: for your records, not for the person.
    pub account: String,
    /// The domain.
    pub domain: String,
    /// The user.
    pub user_id: String,
    /// What apps show as the service.
    pub issuer: String,
    /// What apps show as the account.
    pub account_name: String,
    /// The secret.
    pub secret: Arc<Secret>,
    /// The `otpauth://` URI that holds it.
    pub uri: Arc<SecretText>,
    /// Which codes the device is to make.
    pub parameters: TotpParameters,
    /// When the enrolment ends.
    pub expires_at: SystemTime,
    /// When codes are evaluated again, after too many wrong ones.
    pub blocked_until: Option<SystemTime>,
}

/// How a user stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum UserStatus {
    /// Has not enrolled yet.
    Pending,
    /// Can verify codes.
    Active,
    /// Has seen too many wrong codes and rests.
    Blocked {
        /// When that ends.
        until: SystemTime,
    },
    /// Has seen too many wrong codes in a row and must enrol anew.
    Disabled,
}

#[uniffi::export]
impl UserStatus {
    /// The stable kebab-case name, the same in every language.
    pub fn code(&self) -> String {
        match self {
            Self::Pending => core::UserStatus::Pending,
            Self::Active => core::UserStatus::Active,
            Self::Blocked { until } => core::UserStatus::Blocked { until: unix(*until) },
            Self::Disabled => core::UserStatus::Disabled,
        }
        .code()
        .to_owned()
    }
}

/// A user as the application may see it. No secret.
#[derive(Debug, Clone, uniffi::Record)]
pub struct UserView {
    /// How the user stands.
    pub status: UserStatus,
    /// When the user was created.
    pub created_at: SystemTime,
    /// Which codes the user's device makes.
    pub parameters: TotpParameters,
    /// When an open enrolment ends, if there is one.
    pub enrolment_expires_at: Option<SystemTime>,
    /// Wrong codes in a row.
    pub failures: i32,
}

/// What was sent.
#[derive(Debug, Clone, uniffi::Record)]
pub struct Sent {
    /// The challenge to verify against.
    pub otp_id: String,
    /// How the message travels.
    pub channel: Channel,
    /// The language it is in, as a tag.
    pub language: String,
    /// How far it got.
    pub delivery: DeliveryState,
    /// When the code is void.
    pub expires_at: SystemTime,
    /// From when another message may be sent.
    pub resend_at: SystemTime,
    /// Wrong codes left before a block.
    pub attempts_left: i32,
    /// What the SIM-swap check said, if there was one.
    pub sim_swap: Option<SimSwap>,
}

/// A step of a message on its way.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Passage {
    /// Which message of the challenge: 0 is the first, each resend is one more.
    pub message: i32,
    /// How it travelled.
    pub channel: Channel,
    /// What it reached.
    pub state: DeliveryState,
    /// When.
    pub at: SystemTime,
}

/// A challenge as the application may see it. No code.
#[derive(Debug, Clone, uniffi::Record)]
pub struct ChallengeView {
    /// How it stands.
    pub status: ChallengeStatus,
    /// How its message travels.
    pub channel: Channel,
    /// The calling code of the number, if it went to one.
    pub calling_code: Option<String>,
    /// How far the message got.
    pub delivery: DeliveryState,
    /// Each step of its messages, oldest first.
    pub passages: Vec<Passage>,
    /// When it was made.
    pub created_at: SystemTime,
    /// When its code is void.
    pub expires_at: SystemTime,
    /// Wrong codes left before a block.
    pub attempts_left: i32,
}

/// Whether a message that did not get through may go another way.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum Way {
    /// It may go this way: its place is taken.
    Open,
    /// Not this way, for this reason. Another may be open.
    Closed {
        /// The stable word for the reason, such as `send-limit`.
        code: String,
        /// The reason.
        text: String,
    },
    /// Not this way, where it has been before. Another may be open.
    Taken,
    /// No way any more: it has arrived.
    Arrived,
    /// No way any more, unless the resend that replaced it is taken back.
    Replaced,
}

#[uniffi::export]
impl Way {
    /// The stable kebab-case name of the answer, the same in every language.
    pub fn code(&self) -> String {
        match self {
            Self::Open => core::Way::Open,
            Self::Closed { .. } => core::Way::Closed(ServiceError::Misuse), // for any reason
            Self::Taken => core::Way::Taken,
            Self::Arrived => core::Way::Arrived,
            Self::Replaced => core::Way::Replaced,
        }
        .code()
        .to_owned()
    }
}

/// What a check of a SIM found.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SimSwapCheck {
    /// What is known of the SIM.
    pub answer: SimSwap,
    /// Who says so.
    pub source: SimSwapSource,
    /// When the operator was asked; absent if it was not.
    pub checked_at: Option<SystemTime>,
}

pub(super) fn outcome(outcome: core::Outcome) -> Result<Outcome> {
    use core::Outcome as Core;
    Ok(match outcome {
        Core::Accepted => Outcome::Accepted,
        Core::Mismatch { attempts_left } => {
            Outcome::Mismatch { attempts_left: attempts_left.into() }
        }
        Core::Replayed => Outcome::Replayed,
        Core::Expired => Outcome::Expired,
        Core::Cancelled => Outcome::Cancelled,
        Core::Exhausted => Outcome::Exhausted,
        Core::ContextMismatch => Outcome::ContextMismatch,
        Core::Blocked { until } => Outcome::Blocked { until: moment(until) },
        Core::Disabled => Outcome::Disabled,
        Core::NotEnrolled => Outcome::NotEnrolled,
        Core::Malformed => Outcome::Malformed,
        _ => return Err(unknown()),
    })
}

impl From<Outcome> for core::Outcome {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Accepted => Self::Accepted,
            Outcome::Mismatch { attempts_left } => {
                Self::Mismatch { attempts_left: word(attempts_left) }
            }
            Outcome::Replayed => Self::Replayed,
            Outcome::Expired => Self::Expired,
            Outcome::Cancelled => Self::Cancelled,
            Outcome::Exhausted => Self::Exhausted,
            Outcome::ContextMismatch => Self::ContextMismatch,
            Outcome::Blocked { until } => Self::Blocked { until: unix(until) },
            Outcome::Disabled => Self::Disabled,
            Outcome::NotEnrolled => Self::NotEnrolled,
            Outcome::Malformed => Self::Malformed,
        }
    }
}

pub(super) fn created(created: core::Created) -> Result<Created> {
    Ok(match created {
        core::Created::Enrolled { secret, uri } => {
            Created::Enrolled { secret: Arc::new(Secret(secret)), uri: SecretText::new(&uri) }
        }
        core::Created::Pending(open) => Created::Pending { enrolment: opened(open)? },
    })
}

pub(super) fn opened(open: core::OpenEnrolment) -> Result<OpenEnrolment> {
    let core::OpenEnrolment { ticket, expires_at, parameters } = open;
    Ok(OpenEnrolment {
        ticket: SecretText::new(ticket.expose()),
        expires_at: moment(expires_at),
        parameters: parameters.into(),
    })
}

pub(super) fn enrolment(view: core::EnrolmentView) -> Result<EnrolmentView> {
    let core::EnrolmentView {
        account,
        domain,
        user_id,
        issuer,
        account_name,
        secret,
        uri,
        parameters,
        expires_at,
        blocked_until,
    } = view;
    Ok(EnrolmentView {
        account: account.to_string(),
        domain: domain.to_string(),
        user_id: user_id.as_str().to_owned(),
        issuer,
        account_name,
        secret: Arc::new(Secret(secret)),
        uri: SecretText::new(&uri),
        parameters: parameters.into(),
        expires_at: moment(expires_at),
        blocked_until: blocked_until.map(moment),
    })
}

pub(super) fn user(view: core::UserView) -> Result<UserView> {
    let core::UserView { status, created_at, parameters, enrolment_expires_at, failures } = view;
    Ok(UserView {
        status: match status {
            core::UserStatus::Pending => UserStatus::Pending,
            core::UserStatus::Active => UserStatus::Active,
            core::UserStatus::Blocked { until } => UserStatus::Blocked { until: moment(until) },
            core::UserStatus::Disabled => UserStatus::Disabled,
        },
        created_at: moment(created_at),
        parameters: parameters.into(),
        enrolment_expires_at: enrolment_expires_at.map(moment),
        failures: failures.into(),
    })
}

pub(super) fn sent(sent: core::Sent) -> Result<Sent> {
    let core::Sent {
        otp_id,
        channel,
        language,
        delivery,
        expires_at,
        resend_at,
        attempts_left,
        sim_swap,
    } = sent;
    Ok(Sent {
        otp_id: otp_id.to_string(),
        channel: channel.into(),
        language: language.tag().to_owned(),
        delivery: delivery.try_into()?,
        expires_at: moment(expires_at),
        resend_at: moment(resend_at),
        attempts_left: attempts_left.into(),
        sim_swap: sim_swap.map(Into::into),
    })
}

pub(super) fn challenge(view: core::ChallengeView) -> Result<ChallengeView> {
    let core::ChallengeView {
        status,
        channel,
        calling_code,
        delivery,
        passages,
        created_at,
        expires_at,
        attempts_left,
    } = view;
    Ok(ChallengeView {
        status: status.try_into()?,
        channel: channel.into(),
        calling_code,
        delivery: delivery.try_into()?,
        passages: passages.into_iter().map(passage).collect::<Result<_>>()?,
        created_at: moment(created_at),
        expires_at: moment(expires_at),
        attempts_left: attempts_left.into(),
    })
}

fn passage(passage: core::Passage) -> Result<Passage> {
    let core::Passage { message, channel, state, at } = passage;
    let (message, channel) = (message.into(), channel.into());
    Ok(Passage { message, channel, state: state.try_into()?, at: moment(at) })
}

pub(super) fn wanted(wanted: core::Wanted) -> Result<Wanted> {
    Ok(wanted.into())
}

pub(super) fn way(way: core::Way) -> Result<Way> {
    Ok(match way {
        core::Way::Open => Way::Open,
        core::Way::Closed(error) => {
            Way::Closed { code: error.code().to_owned(), text: error.to_string() }
        }
        core::Way::Taken => Way::Taken,
        core::Way::Arrived => Way::Arrived,
        core::Way::Replaced => Way::Replaced,
    })
}

pub(super) fn sim_swap(check: core::SimSwapCheck) -> Result<SimSwapCheck> {
    let core::SimSwapCheck { answer, source, checked_at } = check;
    let checked_at = checked_at.map(moment);
    Ok(SimSwapCheck { answer: answer.into(), source: source.into(), checked_at })
}

/// A word of core that this library has not learned: nothing is accepted for it.
pub(super) fn unknown() -> KeyfobError {
    ServiceError::Misuse.into()
}
