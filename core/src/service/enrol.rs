use alloc::string::{String, ToString};
use core::fmt;

use base32ct::{Base32Unpadded, Encoding};
use zeroize::Zeroizing;

use super::{
    AccountId, DomainId, Key, KeyKind, OpenEnrolment, Outcome, Ports, Service, ServiceError,
    UserId,
    limits::{Gate, is_ahead},
    records::{Credential, Pending, TicketRecord, User},
    transact::Change,
};
use crate::{Secret, TotpParameters, UnixTime, enrolment::Enrolment};

/// What opens one enrolment: 160 random bits as 32 lower-case characters, safe in a
/// URL path. Whoever has it can enrol, so it is never stored nor printed.
#[derive(Clone)]
pub struct Ticket(Zeroizing<String>);

impl Ticket {
    /// Reads a ticket from a URL.
    ///
    /// # Errors
    /// [`ServiceError::EnrolmentNotFound`]: what cannot be a ticket opens nothing, and whoever
    /// tries some is not told which could be one.
    pub fn parse(text: &str) -> Result<Self, ServiceError> {
        let fits = text.len() == 32 && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7'));
        let ticket = fits.then(|| Self(Zeroizing::new(text.to_string())));
        ticket.ok_or(ServiceError::EnrolmentNotFound)
    }

    /// The text to put into the link.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket(redacted)")
    }
}

/// What the owner of a ticket sees, to add it to an authenticator app.
#[derive(Clone)]
#[cfg_attr(not(feature = "open-views"), non_exhaustive)]
pub struct EnrolmentView {
    /// On whose behalf: for the host's records, not for the person.
    pub account: AccountId,
    /// In which domain, likewise.
    pub domain: DomainId,
    /// Which user, likewise.
    pub user_id: UserId,
    /// Who asks for the codes.
    pub issuer: String,
    /// The user's account there.
    pub account_name: String,
    /// The secret, to type by hand.
    pub secret: Secret,
    /// The `otpauth://` URI, to scan or open. It holds the secret.
    pub uri: Zeroizing<String>,
    /// Which codes the device is to make.
    pub parameters: TotpParameters,
    /// The second from which the ticket is void.
    pub expires_at: UnixTime,
    /// The second in which the block after wrong codes ends, if there is one now.
    pub blocked_until: Option<UnixTime>,
}

impl fmt::Debug for EnrolmentView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { issuer, parameters, expires_at, .. } = self; // the rest is the user's
        f.debug_struct("EnrolmentView")
            .field("issuer", issuer)
            .field("parameters", parameters)
            .field("expires_at", expires_at)
            .finish_non_exhaustive()
    }
}

impl Service {
    /// Shows an open enrolment. Changes nothing: mail scanners open links too.
    ///
    /// # Errors
    /// [`ServiceError::EnrolmentNotFound`] whether the ticket is used, replaced,
    /// expired or never existed: a stranger learns nothing from it.
    pub async fn view_enrolment<P: Ports>(
        &self,
        ports: &P,
        ticket: &Ticket,
    ) -> Result<EnrolmentView, ServiceError> {
        let name = self.ticket_name(ticket);
        let record = self.ticket_record(ports, &name).await?;
        let user_id = UserId::parse(&record.user_id)?;
        let key = self.user_key(record.account, record.domain, &user_id);
        let user: Option<User> = self.read(ports, &key).await?;
        let now = ports.now();
        let pending = user.and_then(|user| self.open_pending(user.pending, &name, now));
        let pending = pending.ok_or(ServiceError::EnrolmentNotFound)?;
        let credential = pending.credential;
        let secret = credential.secret().map_err(|_| ServiceError::Corrupt)?;
        let uri = enrolment_uri(&record.issuer, &record.account_name, &credential, &secret)?;
        let blocked_until = match credential.tally.gate(now, &self.policy.attempts) {
            Gate::Blocked { until } => Some(until),
            Gate::Open | Gate::Disabled => None,
        };
        Ok(EnrolmentView {
            account: record.account,
            domain: record.domain,
            user_id,
            issuer: record.issuer,
            account_name: record.account_name,
            secret,
            uri,
            parameters: credential.parameters,
            expires_at: pending.expires_at,
            blocked_until,
        })
    }

    /// Completes an enrolment with the first code of the new device, which is
    /// thereby used up. The new secret replaces the old one, if there was one.
    ///
    /// # Errors
    /// As [`view_enrolment`](Self::view_enrolment).
    pub async fn confirm_enrolment<P: Ports>(
        &self,
        ports: &P,
        ticket: &Ticket,
        code: &str,
    ) -> Result<Outcome, ServiceError> {
        let name = self.ticket_name(ticket);
        let record = self.ticket_record(ports, &name).await?;
        let user_id = UserId::parse(&record.user_id)?;
        let key = self.user_key(record.account, record.domain, &user_id);
        let outcome = self
            .transact(ports, &key, |user: Option<User>, now| {
                let mut user = user.ok_or(ServiceError::EnrolmentNotFound)?;
                let settled = self.settle_clock(&mut user, now);
                let pending = self.open_pending(user.pending.take(), &name, now);
                let mut pending = pending.ok_or(ServiceError::EnrolmentNotFound)?;
                if let Some(old) = &user.credential {
                    pending.credential.keep_burned(old);
                }
                let outcome = self.judge(&mut pending.credential, code, now)?;
                if outcome == Outcome::Malformed || !outcome.is_recorded() && !settled {
                    return Ok(Change::Keep(outcome));
                }
                match outcome {
                    Outcome::Accepted => user.credential = Some(pending.credential),
                    _ => user.pending = Some(pending),
                }
                ports.judged(&outcome);
                Ok(Change::Put(user, None, outcome))
            })
            .await?;
        if outcome == Outcome::Accepted {
            // The user's record no longer knows the ticket; this only tidies up.
            self.remove(ports, &ticket_key(&name)).await.ok();
        }
        Ok(outcome)
    }

    /// Makes a ticket for an enrolment that is about to be written to the user.
    pub(super) async fn issue_ticket<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user_id: &UserId,
        (issuer, account_name): (String, String),
    ) -> Result<IssuedTicket, ServiceError> {
        let mut random = Zeroizing::new([0; 20]);
        ports.fill_random(&mut *random)?;
        let ticket = Ticket(Zeroizing::new(Base32Unpadded::encode_string(&*random)));
        let name = self.ticket_name(&ticket);
        let expires_at = ports.now().saturating_add(self.policy.enrolment_lifetime.seconds());
        let user_id = user_id.as_str().to_string();
        let record = TicketRecord { account, domain, user_id, account_name, issuer };
        self.transact(ports, &ticket_key(&name), |_: Option<TicketRecord>, _| {
            Ok(Change::Put(record.clone(), Some(expires_at), ()))
        })
        .await?;
        Ok(IssuedTicket { ticket, name, expires_at })
    }

    /// An enrolment that `ticket` opens. One that ends later than any does that was
    /// opened by now comes from a clock that ran ahead, and would never close.
    fn open_pending(
        &self,
        pending: Option<Pending>,
        ticket: &[u8; 16],
        now: UnixTime,
    ) -> Option<Pending> {
        let pending = pending.filter(|pending| pending.ticket == *ticket)?;
        let opened_at = pending.expires_at.saturating_sub(self.policy.enrolment_lifetime.seconds());
        (now < pending.expires_at && !is_ahead(opened_at, now)).then_some(pending)
    }

    fn ticket_name(&self, ticket: &Ticket) -> [u8; 16] {
        self.keys.name(&[b"ticket", ticket.0.as_bytes()])
    }

    async fn ticket_record<P: Ports>(
        &self,
        ports: &P,
        name: &[u8; 16],
    ) -> Result<TicketRecord, ServiceError> {
        self.read(ports, &ticket_key(name)).await?.ok_or(ServiceError::EnrolmentNotFound)
    }
}

/// A ticket and the name by which the user's record knows it.
pub(super) struct IssuedTicket {
    ticket: Ticket,
    name: [u8; 16],
    expires_at: UnixTime,
}

impl IssuedTicket {
    pub(super) fn pending(&self, credential: Credential) -> Pending {
        Pending { credential, ticket: self.name, expires_at: self.expires_at }
    }

    pub(super) fn open(self, parameters: TotpParameters) -> OpenEnrolment {
        OpenEnrolment { ticket: self.ticket, expires_at: self.expires_at, parameters }
    }
}

pub(super) fn ticket_key(name: &[u8; 16]) -> Key {
    Key::new(KeyKind::Ticket, [0; 16], *name)
}

pub(super) fn enrolment_uri(
    issuer: &str,
    account_name: &str,
    credential: &Credential,
    secret: &Secret,
) -> Result<Zeroizing<String>, ServiceError> {
    let enrolment = Enrolment::totp(account_name, secret.clone())
        .and_then(|enrolment| enrolment.with_issuer(issuer))
        .map_err(|error| ServiceError::invalid("account_name", error))?
        .with_algorithm(credential.parameters.algorithm)
        .with_digits(credential.parameters.digits)
        .with_period(credential.parameters.period);
    Ok(enrolment.to_uri())
}
