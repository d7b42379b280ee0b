use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::ZeroizeOnDrop;

use crate::{
    Secret, SecretError, Totp, TotpParameters, TotpState,
    service::{
        accepted::AcceptedSteps,
        limits::{Tally, is_ahead},
    },
};

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::service) struct Credential {
    secret: StoredSecret,
    pub(in crate::service) parameters: TotpParameters,
    pub(in crate::service) state: TotpState,
    pub(in crate::service) tally: Tally,
    pub(super) accepted: AcceptedSteps,
}

impl Credential {
    pub(in crate::service) fn new(secret: &Secret, parameters: TotpParameters) -> Self {
        Self {
            secret: StoredSecret(secret.expose_bytes().to_vec()),
            parameters,
            state: TotpState::default(),
            tally: Tally::default(),
            accepted: AcceptedSteps::default(),
        }
    }

    /// Takes over the state after an accepted code, unless its step was spent while the
    /// clock ran ahead. Returns whether it was taken.
    pub(in crate::service) fn accept(&mut self, step: u64, state: TotpState) -> bool {
        if self.accepted.is_spent(step) {
            return false;
        }
        self.state = state;
        self.accepted.note(step);
        true
    }

    /// A step that was accepted while the clock ran ahead would burn every code until
    /// the calendar gets there. It gives way to `latest`, the last step that can be
    /// accepted now; what was really spent stays so. Returns whether anything changed.
    pub(in crate::service) fn settle(&mut self, latest: u64) -> bool {
        let period = self.parameters.period.seconds();
        let ahead =
            |step: u64| is_ahead(step.saturating_mul(period), latest.saturating_mul(period));
        if !self.state.last_step.is_some_and(ahead) || !self.accepted.settle(latest) {
            return false;
        }
        self.state.last_step = Some(latest);
        true
    }

    pub(in crate::service) fn secret(&self) -> Result<Secret, SecretError> {
        Secret::from_bytes(self.secret.0.as_slice())
    }

    /// Whether `code` is the one accepted last, though its step has left the window:
    /// a client that tries again for minutes is no guesser.
    pub(in crate::service) fn accepted_last(&self, totp: &Totp, code: &str) -> bool {
        let last = self.state.last_step.map(|step| totp.at_step(step));
        last.is_some_and(|last| last.as_str().as_bytes().ct_eq(code.as_bytes()).into())
    }

    /// Takes over the steps that `old` has burned if it makes the same codes: a
    /// secret that is enrolled once more spends none of them twice.
    pub(in crate::service) fn keep_burned(&mut self, old: &Self) {
        let (new_codes, old_codes) = (self.parameters, old.parameters);
        let same = self.secret.0 == old.secret.0
            && (new_codes.algorithm, new_codes.period) == (old_codes.algorithm, old_codes.period);
        if same {
            self.state.last_step = self.state.last_step.max(old.state.last_step);
            self.accepted.add(&old.accepted);
        }
    }
}

#[derive(Clone, Serialize, Deserialize, ZeroizeOnDrop)]
struct StoredSecret(Vec<u8>);

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("redacted")
    }
}
