use alloc::{string::String, vec::Vec};

use keyfob::{Digits, HotpOutcome, LookAhead, Secret};

use crate::{
    Component,
    exports::hotp::{Guest, GuestHotp, Hotp, Options, Outcome},
    types::{Algorithm, Fault},
};

impl Guest for Component {
    type Hotp = keyfob::Hotp;

    fn default_options() -> Options {
        Options { algorithm: Algorithm::Sha1, digits: Digits::default().value() }
    }
}

impl GuestHotp for keyfob::Hotp {
    fn create(secret: Vec<u8>, options: Options) -> Result<Hotp, Fault> {
        let (secret, digits) = (Secret::from_bytes(secret)?, Digits::new(options.digits)?);
        Ok(Hotp::new(Self::new(&secret, options.algorithm.into(), digits)))
    }

    fn generate(&self, counter: u64) -> String {
        self.generate(counter).as_str().into()
    }

    fn verify(&self, code: String, counter: u64, look_ahead: u8) -> Result<Outcome, Fault> {
        Ok(self.verify(&code, counter, LookAhead::new(look_ahead)?).into())
    }

    fn resynchronise(
        &self,
        first: String,
        second: String,
        counter: u64,
        range: u8,
    ) -> Result<Outcome, Fault> {
        Ok(self.resynchronise(&first, &second, counter, LookAhead::new(range)?).into())
    }
}

impl From<HotpOutcome> for Outcome {
    fn from(outcome: HotpOutcome) -> Self {
        match outcome {
            HotpOutcome::Accepted { next_counter } => Self::Accepted(next_counter),
            HotpOutcome::Mismatch => Self::Mismatch,
            HotpOutcome::Malformed => Self::Malformed,
        }
    }
}
