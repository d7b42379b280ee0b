use alloc::string::{String, ToString};

use keyfob::{
    Algorithm, Digits, DriftLimit, ParameterError, Period, TotpOutcome, TotpParameters, TotpState,
};
use wasm_bindgen::prelude::*;

use crate::{
    bridge::{judged_by_time, outcomes, whole},
    number::{halves, small, wide, window},
    object::Made,
    refusal::Blame,
    secret::Secret,
};

#[wasm_bindgen(js_name = RawTotp)]
pub struct Totp(pub(crate) keyfob::Totp);

#[wasm_bindgen(js_class = RawTotp)]
impl Totp {
    #[wasm_bindgen(constructor)]
    #[allow(clippy::too_many_arguments)] // one crossing
    pub fn new(
        secret: &Secret,
        algorithm: Option<String>,
        digits: Option<f64>,
        period: Option<f64>,
        before: Option<f64>,
        after: Option<f64>,
        epoch_high: u32,
        epoch_low: u32,
        drift_limit: Option<f64>,
    ) -> Result<Totp, JsValue> {
        let parameters = TotpParameters {
            algorithm: self::algorithm(algorithm)?,
            digits: self::digits(digits)?,
            period: self::period(period)?,
        };
        let mut totp = keyfob::Totp::with_parameters(&secret.0, parameters)
            .with_window(window(before, after).blame("window")?)
            .with_epoch(wide(epoch_high, epoch_low));
        if let Some(limit) = drift_limit {
            let limit = small(limit, ParameterError::DriftLimit).and_then(DriftLimit::new);
            totp = totp.with_drift_limit(limit.blame("driftLimit")?);
        }
        Ok(Self(totp))
    }

    pub fn describe(&self) -> JsValue {
        let TotpParameters { algorithm, digits, period } = self.0.parameters();
        described(algorithm, digits).with("period", period.seconds() as f64).into()
    }

    pub fn generate(&self, time_high: u32, time_low: u32) -> String {
        self.0.generate(wide(time_high, time_low)).to_string()
    }

    #[wasm_bindgen(js_name = atStep)]
    pub fn at_step(&self, step_high: u32, step_low: u32) -> String {
        self.0.at_step(wide(step_high, step_low)).to_string()
    }

    pub fn step(&self, time_high: u32, time_low: u32, as_bigint: bool) -> JsValue {
        let step = self.0.step(wide(time_high, time_low)).map(halves);
        step.map_or(JsValue::NULL, |(high, low)| whole(high, low, as_bigint))
    }

    pub fn remaining(&self, time_high: u32, time_low: u32) -> f64 {
        self.0.remaining(wide(time_high, time_low)) as f64
    }

    #[allow(clippy::too_many_arguments)] // one crossing
    pub fn verify(
        &self,
        code: &str,
        time_high: u32,
        time_low: u32,
        has_last_step: bool,
        last_step_high: u32,
        last_step_low: u32,
        drift: i32,
        as_bigint: bool,
    ) -> JsValue {
        let state = state(has_last_step, last_step_high, last_step_low, drift);
        judged(self.0.verify(code, wide(time_high, time_low), &state), as_bigint)
    }
}

#[wasm_bindgen(js_name = RawSteam)]
pub struct Steam(pub(crate) keyfob::Steam);

#[wasm_bindgen(js_class = RawSteam)]
impl Steam {
    #[wasm_bindgen(constructor)]
    pub fn new(secret: &Secret, before: Option<f64>, after: Option<f64>) -> Result<Steam, JsValue> {
        let window = window(before, after).blame("window")?;
        Ok(Self(keyfob::Steam::new(&secret.0).with_window(window)))
    }

    pub fn generate(&self, time_high: u32, time_low: u32) -> String {
        self.0.generate(wide(time_high, time_low)).to_string()
    }

    pub fn remaining(&self, time_high: u32, time_low: u32) -> f64 {
        self.0.remaining(wide(time_high, time_low)) as f64
    }

    #[allow(clippy::too_many_arguments)] // one crossing
    pub fn verify(
        &self,
        code: &str,
        time_high: u32,
        time_low: u32,
        has_last_step: bool,
        last_step_high: u32,
        last_step_low: u32,
        drift: i32,
        as_bigint: bool,
    ) -> JsValue {
        let state = state(has_last_step, last_step_high, last_step_low, drift);
        judged(self.0.verify(code, wide(time_high, time_low), &state), as_bigint)
    }
}

/// What is not given is as the core has it.
pub fn algorithm(name: Option<String>) -> Result<Algorithm, JsValue> {
    name.map_or(Ok(Algorithm::default()), |name| name.parse()).blame("algorithm")
}

pub fn digits(digits: Option<f64>) -> Result<Digits, JsValue> {
    let read = |digits| small(digits, ParameterError::Digits).and_then(Digits::new);
    digits.map_or(Ok(Digits::default()), read).blame("digits")
}

pub fn period(period: Option<f64>) -> Result<Period, JsValue> {
    let read = |period| small(period, ParameterError::Period).and_then(Period::new);
    period.map_or(Ok(Period::default()), read).blame("period")
}

pub fn described(algorithm: Algorithm, digits: Digits) -> Made {
    Made::new().with("algorithm", algorithm.name()).with("digits", digits.value())
}

fn state(has_last_step: bool, high: u32, low: u32, drift: i32) -> TotpState {
    let last_step = has_last_step.then(|| wide(high, low));
    let drift = drift.clamp(i8::MIN.into(), i8::MAX.into()) as i8;
    TotpState { last_step, drift }
}

fn judged(outcome: TotpOutcome, as_bigint: bool) -> JsValue {
    let (number, step, delta, drift) = match outcome {
        TotpOutcome::Accepted { step, drift, state } => {
            (outcomes::ACCEPTED, step, drift as f64, state.drift.into())
        }
        TotpOutcome::Replayed { step } => (outcomes::REPLAYED, step, 0.0, 0),
        TotpOutcome::Mismatch => (outcomes::MISMATCH, 0, 0.0, 0),
        TotpOutcome::Malformed => (outcomes::MALFORMED, 0, 0.0, 0),
    };
    let (high, low) = halves(step);
    judged_by_time(number, high, low, delta, drift, as_bigint)
}
