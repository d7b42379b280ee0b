use std::sync::Arc;

use crate::{
    Secret, TotpOutcome, TotpState,
    plain::{PlainCode, Typed},
    redacted::redacted,
    time::{Moment, Seconds},
};

/// Steam Guard's codes: five letters and digits, every 30 seconds.
#[derive(uniffi::Object)]
#[uniffi::export(Display)]
pub struct Steam(pub(crate) keyfob::Steam);

#[uniffi::export]
impl Steam {
    /// Prepares a secret.
    #[uniffi::constructor]
    pub fn new(secret: Arc<Secret>) -> Self {
        Self(keyfob::Steam::new(&secret.0))
    }

    /// The code that is current at a time.
    pub fn generate(&self, time: Moment) -> PlainCode {
        self.0.generate(time.0).into()
    }

    /// How long until the next code, in whole seconds.
    pub fn remaining(&self, time: Moment) -> Seconds {
        Seconds(self.0.remaining(time.0))
    }

    /// Judges a code as `Totp.verify` does.
    pub fn verify(&self, code: Typed, time: Moment, state: TotpState) -> TotpOutcome {
        self.0.verify(&code, time.0, &state.into()).into()
    }
}

redacted!(Steam);
