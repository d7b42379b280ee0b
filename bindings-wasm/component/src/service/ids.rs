//! Ids as the world writes them.

use keyfob::service::{AccountId, Claim, DomainId, MessageId, OtpId, Ticket};

use crate::{exports::flows::Error, types::Fault};

pub(super) fn account(text: &str) -> Result<AccountId, Fault> {
    let detail = "an account is a hyphenated UUID";
    AccountId::parse(text).ok_or_else(|| Fault::new("invalid-account", detail).of("account"))
}

pub(super) fn domain(text: &str) -> Result<DomainId, Fault> {
    let detail = "a domain is a UUID, as create-domain returned it";
    DomainId::parse(text).ok_or_else(|| Fault::new("invalid-domain", detail).of("domain"))
}

pub(super) fn otp_id(text: &str) -> Result<OtpId, Fault> {
    let detail = "an otp-id is a UUID, as send returned it";
    OtpId::parse(text).ok_or_else(|| Fault::new("invalid-otp-id", detail).of("otp-id"))
}

pub(super) fn message(bytes: &[u8]) -> Result<MessageId, Fault> {
    let detail = "a message id is the 16 bytes that deliver was given";
    let invalid = || Fault::new("invalid-message-id", detail).of("message");
    bytes.try_into().map(MessageId).map_err(|_| invalid())
}

pub(super) fn claim(bytes: &[u8]) -> Result<Claim, Fault> {
    let detail = "a claim is the bytes that begin-idempotent returned";
    Claim::from_bytes(bytes).ok_or_else(|| Fault::new("invalid-claim", detail).of("claim"))
}

/// What cannot be a ticket opens nothing.
pub(super) fn ticket(text: &str) -> Result<Ticket, Error> {
    Ticket::parse(text).ok_or(Error::EnrolmentNotFound)
}
