use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use crate::{Secret, TotpOutcome, TotpState, redacted::redacted, time::unix};

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
    pub fn generate(&self, time: SystemTime) -> String {
        self.0.generate(unix(time)).as_str().to_owned()
    }

    /// How long until the next code, in whole seconds.
    pub fn remaining(&self, time: SystemTime) -> Duration {
        Duration::from_secs(self.0.remaining(unix(time)))
    }

    /// Judges a code as `Totp.verify` does.
    pub fn verify(&self, code: String, time: SystemTime, state: TotpState) -> TotpOutcome {
        self.0.verify(&code, unix(time), &state.into()).into()
    }
}

redacted!(Steam);
