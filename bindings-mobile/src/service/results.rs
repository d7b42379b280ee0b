//! What requests come to.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use keyfob::{
    TotpParameters,
    service::{self as core, ServiceError},
};

use super::{Channel, DeliveryState, SimSwapAction, SimSwapAnswer, SimSwapRule};
use crate::{Algorithm, KeyfobError, Secret, SecretText, time::moment};

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
        .to_owned()
    }
}

/// A domain.
#[derive(Debug, Clone, uniffi::Record)]
pub struct DomainInfo {
    /// Its id.
    pub domain: String,
    /// The issuer that apps show.
    pub name: Option<String>,
    /// When it was created.
    pub created_at: SystemTime,
    /// When not to send because of the SIM.
    pub sim_swap: Option<SimSwapRule>,
    /// After how long without a receipt the next channel is tried.
    pub fallback_after: Option<Duration>,
}

/// An open enrolment. Give the ticket to the user and to nobody else.
#[derive(Debug, Clone, uniffi::Record)]
pub struct OpenedEnrolment {
    /// What the enrolment is reached by.
    pub ticket: Arc<SecretText>,
    /// When it ends.
    pub expires_at: SystemTime,
}

/// A user that was created.
#[derive(Debug, Clone, uniffi::Enum)]
pub enum CreatedUser {
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
        enrolment: OpenedEnrolment,
    },
}

/// What an enrolment page shows.
#[derive(Debug, Clone, uniffi::Record)]
pub struct EnrolmentInfo {
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
    /// The hash.
    pub algorithm: Algorithm,
    /// Characters in a code.
    pub digits: i32,
    /// How long a code lasts.
    pub period: Duration,
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
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Blocked { .. } => "blocked",
            Self::Disabled => "disabled",
        }
        .to_owned()
    }
}

/// A user as the application may see it. No secret.
#[derive(Debug, Clone, uniffi::Record)]
pub struct UserInfo {
    /// How the user stands.
    pub status: UserStatus,
    /// When the user was created.
    pub created_at: SystemTime,
    /// The hash.
    pub algorithm: Algorithm,
    /// Characters in a code.
    pub digits: i32,
    /// How long a code lasts.
    pub period: Duration,
    /// When an open enrolment ends, if there is one.
    pub enrolment_expires_at: Option<SystemTime>,
    /// Wrong codes in a row.
    pub failures: i32,
}

/// What was sent.
#[derive(Debug, Clone, uniffi::Record)]
pub struct SentCode {
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
    pub sim_swap: Option<SimSwapAnswer>,
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

/// A step of a message on its way.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MessagePassage {
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
pub struct ChallengeInfo {
    /// How it stands.
    pub status: ChallengeStatus,
    /// How its message travels.
    pub channel: Channel,
    /// The calling code of the number, if it went to one.
    pub calling_code: Option<String>,
    /// How far the message got.
    pub delivery: DeliveryState,
    /// Each step of its messages, oldest first.
    pub passages: Vec<MessagePassage>,
    /// When it was made.
    pub created_at: SystemTime,
    /// When its code is void.
    pub expires_at: SystemTime,
    /// Wrong codes left before a block.
    pub attempts_left: i32,
}

/// Whether somebody waits for a message. Only one that is wanted may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum WantedAnswer {
    /// Its code can still be accepted.
    Yes,
    /// Another code is waited for, which a resend made. Ask again: that may be taken back.
    Replaced,
    /// Its challenge was used, cancelled or erased, or is over.
    No,
}

/// Whether a message that did not get through may go another way.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum WayOn {
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

/// What a check of a SIM found.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SimSwapInfo {
    /// What is known of the SIM.
    pub answer: SimSwapAnswer,
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

pub(super) fn created(created: core::Created) -> Result<CreatedUser> {
    Ok(match created {
        core::Created::Enrolled { secret, uri } => {
            CreatedUser::Enrolled { secret: Arc::new(Secret(secret)), uri: SecretText::new(&uri) }
        }
        core::Created::Pending(open) => CreatedUser::Pending { enrolment: opened(open)? },
    })
}

pub(super) fn opened(open: core::OpenEnrolment) -> Result<OpenedEnrolment> {
    let expires_at = moment(open.expires_at);
    Ok(OpenedEnrolment { ticket: SecretText::new(open.ticket.expose()), expires_at })
}

pub(super) fn enrolment(view: core::EnrolmentView) -> Result<EnrolmentInfo> {
    let TotpParameters { algorithm, digits, period } = view.parameters;
    Ok(EnrolmentInfo {
        domain: view.domain.to_string(),
        user_id: view.user_id.as_str().to_owned(),
        issuer: view.issuer,
        account_name: view.account_name,
        secret: Arc::new(Secret(view.secret)),
        uri: SecretText::new(&view.uri),
        algorithm: algorithm.into(),
        digits: digits.value().into(),
        period: Duration::from_secs(period.seconds()),
        expires_at: moment(view.expires_at),
        blocked_until: view.blocked_until.map(moment),
    })
}

pub(super) fn domain(view: core::DomainView) -> Result<DomainInfo> {
    let rule = |it: core::SimSwapPolicy| SimSwapRule {
        max_age_hours: Some(it.max_age_hours.into()),
        on_swapped: Some(action(it.on_swapped)),
        on_unknown: Some(action(it.on_unknown)),
    };
    Ok(DomainInfo {
        domain: view.domain.to_string(),
        name: view.name,
        created_at: moment(view.created_at),
        sim_swap: view.settings.sim_swap.map(rule),
        fallback_after: view.settings.fallback_after.map(Duration::from_secs),
    })
}

pub(super) fn user(view: core::UserView) -> Result<UserInfo> {
    let TotpParameters { algorithm, digits, period } = view.parameters;
    Ok(UserInfo {
        status: match view.status {
            core::UserStatus::Pending => UserStatus::Pending,
            core::UserStatus::Active => UserStatus::Active,
            core::UserStatus::Blocked { until } => UserStatus::Blocked { until: moment(until) },
            core::UserStatus::Disabled => UserStatus::Disabled,
        },
        created_at: moment(view.created_at),
        algorithm: algorithm.into(),
        digits: digits.value().into(),
        period: Duration::from_secs(period.seconds()),
        enrolment_expires_at: view.enrolment_expires_at.map(moment),
        failures: view.failures.into(),
    })
}

pub(super) fn sent(sent: core::Sent) -> Result<SentCode> {
    Ok(SentCode {
        otp_id: sent.otp_id.to_string(),
        channel: sent.channel.into(),
        language: sent.language.tag().to_owned(),
        delivery: state(sent.delivery)?,
        expires_at: moment(sent.expires_at),
        resend_at: moment(sent.resend_at),
        attempts_left: sent.attempts_left.into(),
        sim_swap: sent.sim_swap.map(Into::into),
    })
}

pub(super) fn challenge(view: core::ChallengeView) -> Result<ChallengeInfo> {
    let passage = |it: &core::Passage| -> Result<MessagePassage> {
        let (channel, state) = (it.channel.into(), state(it.state)?);
        Ok(MessagePassage { message: it.message.into(), channel, state, at: moment(it.at) })
    };
    Ok(ChallengeInfo {
        status: match view.status {
            core::ChallengeStatus::Pending => ChallengeStatus::Pending,
            core::ChallengeStatus::Verified => ChallengeStatus::Verified,
            core::ChallengeStatus::Cancelled => ChallengeStatus::Cancelled,
            core::ChallengeStatus::Expired => ChallengeStatus::Expired,
            core::ChallengeStatus::Exhausted => ChallengeStatus::Exhausted,
            _ => return Err(unknown()),
        },
        channel: view.channel.into(),
        passages: view.passages.iter().map(passage).collect::<Result<_>>()?,
        calling_code: view.calling_code,
        delivery: state(view.delivery)?,
        created_at: moment(view.created_at),
        expires_at: moment(view.expires_at),
        attempts_left: view.attempts_left.into(),
    })
}

pub(super) fn wanted(wanted: core::Wanted) -> Result<WantedAnswer> {
    Ok(match wanted {
        core::Wanted::Yes => WantedAnswer::Yes,
        core::Wanted::Replaced => WantedAnswer::Replaced,
        core::Wanted::No => WantedAnswer::No,
    })
}

pub(super) fn way(way: core::Way) -> Result<WayOn> {
    Ok(match way {
        core::Way::Open => WayOn::Open,
        core::Way::Closed(error) => {
            WayOn::Closed { code: error.code().to_owned(), text: error.to_string() }
        }
        core::Way::Taken => WayOn::Taken,
        core::Way::Arrived => WayOn::Arrived,
        core::Way::Replaced => WayOn::Replaced,
    })
}

pub(super) fn sim_swap(check: core::SimSwapCheck) -> Result<SimSwapInfo> {
    Ok(SimSwapInfo {
        answer: check.answer.into(),
        source: match check.source {
            core::SimSwapSource::Operator => SimSwapSource::Operator,
            core::SimSwapSource::Cache => SimSwapSource::Cache,
            core::SimSwapSource::NotAsked => SimSwapSource::NotAsked,
        },
        checked_at: check.checked_at.map(moment),
    })
}

fn state(state: core::DeliveryState) -> Result<DeliveryState> {
    Ok(match state {
        core::DeliveryState::Queued => DeliveryState::Queued,
        core::DeliveryState::Sent => DeliveryState::Sent,
        core::DeliveryState::Delivered => DeliveryState::Delivered,
        core::DeliveryState::Failed => DeliveryState::Failed,
        core::DeliveryState::Expired => DeliveryState::Expired,
        _ => return Err(unknown()),
    })
}

fn action(action: core::SimSwapAction) -> SimSwapAction {
    match action {
        core::SimSwapAction::Refuse => SimSwapAction::Refuse,
        core::SimSwapAction::Flag => SimSwapAction::Flag,
        core::SimSwapAction::NextChannel => SimSwapAction::NextChannel,
    }
}

/// A word of core that this library has not learned: nothing is accepted for it.
fn unknown() -> KeyfobError {
    ServiceError::Misuse.into()
}
