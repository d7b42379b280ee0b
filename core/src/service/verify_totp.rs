use super::{
    AccountId, DomainId, Outcome, Ports, Service, ServiceError, UserId,
    limits::Gate,
    records::{Credential, User},
    transact::Change,
};
use crate::{Period, Totp, TotpOutcome, TotpState, UnixTime};

impl Service {
    /// Verifies a code that a user's device made (RFC 6238).
    ///
    /// # Errors
    /// [`ServiceError::UserNotFound`], [`ServiceError::DomainNotFound`].
    pub async fn verify_totp<P: Ports>(
        &self,
        ports: &P,
        account: AccountId,
        domain: DomainId,
        user_id: &UserId,
        code: &str,
    ) -> Result<Outcome, ServiceError> {
        let key = self.user_key(account, domain, user_id);
        let outcome = self
            .transact(ports, &key, |user: Option<User>, now| {
                let Some(mut user) = user else { return Ok(Change::Keep(None)) };
                let settled = self.settle_clock(&mut user, now);
                let Some(credential) = &mut user.credential else {
                    return Ok(Change::Keep(Some(Outcome::NotEnrolled)));
                };
                let outcome = self.judge(credential, code, now)?;
                if outcome == Outcome::Malformed || !outcome.is_recorded() && !settled {
                    return Ok(Change::Keep(Some(outcome)));
                }
                ports.judged(&outcome);
                Ok(Change::Put(user, None, Some(outcome)))
            })
            .await?;
        match outcome {
            Some(outcome) => Ok(outcome),
            None => Err(self.no_user(ports, account, domain).await?),
        }
    }

    /// The one place where a device's code is judged, whatever route it came by.
    /// The credential is changed as the outcome demands; the caller records it.
    pub(super) fn judge(
        &self,
        credential: &mut Credential,
        code: &str,
        now: UnixTime,
    ) -> Result<Outcome, ServiceError> {
        let attempts = &self.policy.attempts;
        match credential.tally.gate(now, attempts) {
            Gate::Open => {}
            Gate::Blocked { until } => return Ok(Outcome::Blocked { until }),
            Gate::Disabled => return Ok(Outcome::Disabled),
        }
        let secret = credential.secret().map_err(|_| ServiceError::Corrupt)?;
        let parameters = credential.parameters;
        let totp = Totp::with_parameters(&secret, parameters).with_window(self.policy.window);
        let state = self.raised_to_floor(credential.state, parameters.period);
        match totp.verify(code, now, &state) {
            TotpOutcome::Accepted { step, state, .. } if credential.accept(step, state) => {
                credential.tally.clear();
                Ok(Outcome::Accepted)
            }
            TotpOutcome::Accepted { .. } | TotpOutcome::Replayed { .. } => Ok(Outcome::Replayed),
            TotpOutcome::Mismatch if credential.accepted_last(&totp, code) => Ok(Outcome::Replayed),
            TotpOutcome::Mismatch => {
                credential.tally.fail(now, attempts);
                let attempts_left = credential.tally.attempts_left(now, attempts);
                Ok(Outcome::Mismatch { attempts_left })
            }
            TotpOutcome::Malformed => Ok(Outcome::Malformed),
        }
    }

    /// Both of a user's credentials, for what the one has spent the other must not take.
    pub(super) fn settle_clock(&self, user: &mut User, now: UnixTime) -> bool {
        let pending = user.pending.as_mut().map(|pending| &mut pending.credential);
        let mut settled = false;
        for credential in user.credential.as_mut().into_iter().chain(pending) {
            let current = now / credential.parameters.period.seconds();
            settled |= credential.settle(current.saturating_add(self.policy.window.after().into()));
        }
        settled
    }

    /// After a restore the stored state is older than the codes that were used, so
    /// every step that could have been accepted before the restore counts as used.
    fn raised_to_floor(&self, state: TotpState, period: Period) -> TotpState {
        if self.replay_floor == 0 {
            return state;
        }
        let floor = self.replay_floor / period.seconds() + u64::from(self.policy.window.after());
        TotpState {
            last_step: Some(state.last_step.map_or(floor, |step| step.max(floor))),
            ..state
        }
    }
}
