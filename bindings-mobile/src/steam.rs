use std::sync::Arc;

use crate::{
    Secret, TotpOutcome, TotpState, Window,
    error::KeyfobError,
    number,
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
    /// Prepares a secret; codes of one step to each side are judged, if nothing else is said.
    #[uniffi::constructor(default(window = None))]
    pub fn new(secret: Arc<Secret>, window: Option<Window>) -> Result<Self, KeyfobError> {
        let steam = keyfob::Steam::new(&secret.0);
        let Some(window) = window else { return Ok(Self(steam)) };
        Ok(Self(steam.with_window(number::window("window", window)?)))
    }

    /// The code that is current at a time.
    pub fn generate(&self, time: Moment) -> PlainCode {
        self.0.generate(time.0).into()
    }

    /// How long until the next code, in whole seconds.
    pub fn remaining(&self, time: Moment) -> Seconds {
        self.0.remaining(time.0).into()
    }

    /// Judges a code as `Totp.verify` does.
    pub fn verify(&self, code: Typed, time: Moment, state: TotpState) -> TotpOutcome {
        self.0.verify(&code, time.0, &state.into()).into()
    }
}

redacted!(Steam);
