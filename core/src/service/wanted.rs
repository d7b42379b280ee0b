//! Whether a message that waits is still worth sending.

use super::{
    AccountId, MessageId, OtpId, Ports, Service, ServiceError,
    records::{ChallengeState, RecipientRecord},
};

/// Whether somebody waits for a message. Only one that is wanted may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Wanted {
    /// Its code can still be accepted.
    Yes,
    /// Another code is waited for, which a resend made. It may yet be taken back if it cannot be
    /// sent: ask again.
    Replaced,
    /// Its challenge was used, cancelled or erased, or is over.
    No,
}

impl Wanted {
    /// The stable name of this answer, the same in every language.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Replaced => "replaced",
            Self::No => "no",
        }
    }
}

impl Service {
    /// Whether the code in a message can still be accepted: its challenge may have been
    /// used, cancelled or erased while the message waited, and a resend makes another code.
    pub async fn wanted<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        otp_id: OtpId,
        message: MessageId,
    ) -> Result<Wanted, ServiceError> {
        let envelope = match self.envelope(ports, account, otp_id).await {
            Err(ServiceError::ChallengeNotFound) => return Ok(Wanted::No),
            envelope => envelope?,
        };
        let key = self.recipient_key(account, envelope.domain, &envelope.recipient);
        let record: Option<RecipientRecord> = self.read(ports, &key).await?;
        let Some(mut record) = record else { return Ok(Wanted::No) };
        let Ok(challenge) = record.challenge(otp_id) else { return Ok(Wanted::No) };
        if challenge.state != ChallengeState::Live || self.is_expired(challenge, ports.now()) {
            return Ok(Wanted::No);
        }
        let is_its = self.message_id(&challenge.mac) == message;
        Ok(if is_its { Wanted::Yes } else { Wanted::Replaced })
    }
}
