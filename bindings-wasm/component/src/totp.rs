use alloc::{string::String, vec::Vec};

use keyfob::{
    Digits, DriftLimit, ParameterError, Period, Secret, TotpOutcome, TotpParameters, TotpState,
};

use crate::{
    Component,
    exports::totp::{
        Acceptance, Guest, GuestSteam, GuestTotp, Options, Outcome, Parameters, State, Steam, Totp,
        Window,
    },
    types::Fault,
};

impl Guest for Component {
    type Steam = keyfob::Steam;
    type Totp = keyfob::Totp;

    fn default_options() -> Options {
        Options {
            parameters: TotpParameters::default().into(),
            window: keyfob::Window::default().into(),
            epoch: 0,
            drift_limit: 0,
        }
    }
}

impl GuestTotp for keyfob::Totp {
    fn create(secret: Vec<u8>, options: Options) -> Result<Totp, Fault> {
        let secret = Secret::from_bytes(secret)?;
        let totp = Self::with_parameters(&secret, options.parameters.try_into()?)
            .with_window(options.window.try_into()?)
            .with_epoch(options.epoch)
            .with_drift_limit(DriftLimit::new(options.drift_limit)?);
        Ok(Totp::new(totp))
    }

    fn generate(&self, now: u64) -> String {
        self.generate(now).as_str().into()
    }

    fn at_step(&self, step: u64) -> String {
        self.at_step(step).as_str().into()
    }

    fn step(&self, now: u64) -> Option<u64> {
        self.step(now)
    }

    fn remaining(&self, now: u64) -> u64 {
        self.remaining(now)
    }

    fn verify(&self, code: String, now: u64, state: State) -> Outcome {
        self.verify(&code, now, &state.into()).into()
    }
}

impl GuestSteam for keyfob::Steam {
    fn create(secret: Vec<u8>, window: Window) -> Result<Steam, Fault> {
        let secret = Secret::from_bytes(secret)?;
        Ok(Steam::new(Self::new(&secret).with_window(window.try_into()?)))
    }

    fn generate(&self, now: u64) -> String {
        self.generate(now).as_str().into()
    }

    fn remaining(&self, now: u64) -> u64 {
        self.remaining(now)
    }

    fn verify(&self, code: String, now: u64, state: State) -> Outcome {
        self.verify(&code, now, &state.into()).into()
    }
}

impl TryFrom<Parameters> for TotpParameters {
    type Error = ParameterError;

    fn try_from(parameters: Parameters) -> Result<Self, ParameterError> {
        Ok(Self {
            algorithm: parameters.algorithm.into(),
            digits: Digits::new(parameters.digits)?,
            period: Period::new(parameters.period)?,
        })
    }
}

impl From<TotpParameters> for Parameters {
    fn from(parameters: TotpParameters) -> Self {
        Self {
            algorithm: parameters.algorithm.into(),
            digits: parameters.digits.into(),
            period: parameters.period.into(),
        }
    }
}

impl TryFrom<Window> for keyfob::Window {
    type Error = ParameterError;

    fn try_from(window: Window) -> Result<Self, ParameterError> {
        Self::new(window.before, window.after)
    }
}

impl From<keyfob::Window> for Window {
    fn from(window: keyfob::Window) -> Self {
        Self { before: window.before(), after: window.after() }
    }
}

impl From<State> for TotpState {
    fn from(state: State) -> Self {
        Self { last_step: state.last_step, drift: state.drift }
    }
}

impl From<TotpState> for State {
    fn from(state: TotpState) -> Self {
        Self { last_step: state.last_step, drift: state.drift }
    }
}

impl From<TotpOutcome> for Outcome {
    fn from(outcome: TotpOutcome) -> Self {
        match outcome {
            TotpOutcome::Accepted { step, drift, state } => {
                Self::Accepted(Acceptance { step, drift, state: state.into() })
            }
            TotpOutcome::Replayed { step } => Self::Replayed(step),
            TotpOutcome::Mismatch => Self::Mismatch,
            TotpOutcome::Malformed => Self::Malformed,
        }
    }
}
