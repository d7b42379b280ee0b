//! Every write and every answer, held against the model.

use super::*;

impl World {
    /// Tells the model of a write that the store took.
    pub(super) fn committed(
        &mut self,
        running: &mut Running,
        key: &Key,
        record: Option<&Record>,
        now: UnixTime,
    ) -> Result<(), Violation> {
        let expires_at = record.and_then(|record| record.expires_at);
        match key.kind() {
            Some(KeyKind::User) => self.user_written(running, now),
            Some(KeyKind::Recipient) => {
                self.recipient_written(running, now)?;
                let (Operation::Send { recipient, .. }
                | Operation::Verify { recipient, .. }
                | Operation::Resend { recipient, .. }
                | Operation::Cancel { recipient, .. }) = running.operation
                else {
                    return Err("a flow wrote to a recipient that has none".into());
                };
                self.model.keeps(recipient, expires_at, now)
            }
            Some(KeyKind::Ticket) => {
                let lifetime = self.model.policy.enrolment_lifetime.seconds();
                if let Some(expires_at) = expires_at {
                    running.ticket_issued_at = expires_at - lifetime;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    pub(super) fn user_written(
        &mut self,
        running: &mut Running,
        now: UnixTime,
    ) -> Result<(), Violation> {
        let (model, id, issued_at) = (&mut self.model, running.id, running.ticket_issued_at);
        let outcome = match &running.operation {
            Operation::CreateEnrolled { user, secret } => {
                let credential = Some(Credential::new(secret.clone()));
                return model.create(*user, User { credential, pending: None });
            }
            Operation::CreatePending { user, secret } => {
                let pending = Some(model.pending(secret.clone(), id, issued_at));
                return model.create(*user, User { credential: None, pending });
            }
            Operation::Open { user, secret, revoke } => {
                let pending = model.pending(secret.clone(), id, issued_at);
                return model.open(*user, pending, *revoke);
            }
            Operation::Delete { user } => {
                model.delete(*user);
                return Ok(());
            }
            Operation::Totp { user, code } => model.totp(*user, code, now)?,
            Operation::Confirm { user, issued_by, code, .. } => {
                model.confirm(*user, *issued_by, code, now)?
            }
            other => return Err(format!("{other:?} wrote to a user")),
        };
        match running.committed.replace(outcome) {
            None => Ok(()),
            Some(_) => Err("one request evaluated two attempts".into()),
        }
    }

    pub(super) fn recipient_written(
        &mut self,
        running: &mut Running,
        now: UnixTime,
    ) -> Result<(), Violation> {
        let (model, id) = (&mut self.model, running.id);
        running.writes += 1;
        match &running.operation {
            Operation::Send { recipient, context, .. } => {
                if running.writes == 1 {
                    running.reserved_at = now;
                    model.reserve(*recipient, now)?;
                    model.challenge(*recipient, id, *context, now);
                    return Ok(());
                }
                model.unchallenge(*recipient, id, now);
                model.free(*recipient, running.reserved_at, now);
                Ok(())
            }
            Operation::Resend { recipient, id: otp_id, .. } => {
                if running.writes == 1 {
                    running.reserved_at = now;
                    return model.renew(*recipient, *otp_id, id, now);
                }
                model.undo_renewal(*recipient, *otp_id, id, running.reserved_at, now);
                Ok(())
            }
            Operation::Cancel { recipient, id: otp_id } => model.cancel(*recipient, *otp_id, now),
            Operation::Verify { recipient, id: otp_id, code, context } => {
                let outcome = model.verify(*recipient, *otp_id, code, *context, now)?;
                match running.committed.replace(outcome) {
                    None => Ok(()),
                    Some(_) => Err("one request evaluated two attempts".into()),
                }
            }
            other => Err(format!("{other:?} wrote to a recipient")),
        }
    }

    /// What a flow reveals at its end must be what its write recorded.
    pub(super) fn judge(
        &mut self,
        running: &Running,
        result: Result<Reply, ServiceError>,
    ) -> Result<Option<Outcome>, Violation> {
        match result {
            Ok(Reply::Outcome(outcome)) => {
                self.count(&running.operation, &outcome);
                let recorded = running.committed;
                if is_evaluated(&outcome) && recorded != Some(outcome) {
                    return Err(format!("revealed {outcome:?}, recorded {recorded:?}"));
                }
                if !is_evaluated(&outcome) && recorded.is_some_and(|recorded| recorded != outcome) {
                    return Err(format!("recorded {recorded:?} but said {outcome:?}"));
                }
                return Ok(Some(outcome));
            }
            Ok(Reply::Created(Created::Pending(OpenEnrolment { ticket, .. }))) => {
                match running.operation {
                    Operation::CreatePending { user, .. } | Operation::Open { user, .. } => {
                        self.tickets.push((ticket, user, running.id));
                    }
                    _ => return Err("a ticket nobody asked for".into()),
                }
            }
            Err(error @ (ServiceError::Corrupt | ServiceError::Misuse)) => {
                return Err(format!("{error:?}"));
            }
            Err(error) if running.committed.is_some() && !running.failed => {
                return Err(format!("recorded {:?} but failed with {error:?}", running.committed));
            }
            Err(ServiceError::SendLimit { .. } | ServiceError::RecipientBlocked { .. }) => {
                self.counts.send_refused += 1;
            }
            Ok(_) | Err(_) => {}
        }
        Ok(None)
    }

    pub(super) fn count(&mut self, operation: &Operation, outcome: &Outcome) {
        let counts = &mut self.counts;
        let count = match outcome {
            Outcome::Accepted if matches!(operation, Operation::Confirm { .. }) => {
                &mut counts.enrolled
            }
            Outcome::Accepted => &mut counts.accepted,
            Outcome::Mismatch { .. } => &mut counts.mismatched,
            Outcome::Replayed => &mut counts.replayed,
            Outcome::Blocked { .. } => &mut counts.blocked,
            Outcome::Disabled => &mut counts.disabled,
            Outcome::ContextMismatch => &mut counts.wrong_context,
            Outcome::Expired => &mut counts.expired,
            _ => return,
        };
        *count += 1;
    }
}
