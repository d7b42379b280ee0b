use alloc::string::{String, ToString};

use keyfob::{Algorithm, Digits, ParameterError, Period, TotpOutcome, TotpState};
use wasm_bindgen::prelude::*;

use crate::{
    bridge::{judged_by_time, outcomes, whole},
    number::{halves, small, wide, window},
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
        algorithm: &str,
        digits: f64,
        period: f64,
        before: f64,
        after: f64,
        epoch_high: u32,
        epoch_low: u32,
        drift_limit: f64,
    ) -> Result<Totp, JsValue> {
        let algorithm: Algorithm = algorithm.parse().blame("algorithm")?;
        let drift_limit = small(drift_limit, ParameterError::Window).blame("driftLimit")?;
        let totp =
            keyfob::Totp::new(&secret.0, algorithm, self::digits(digits)?, self::period(period)?)
                .with_window(window(before, after).blame("window")?)
                .with_epoch(wide(epoch_high, epoch_low))
                .with_drift_limit(drift_limit);
        Ok(Self(totp))
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
    pub fn new(secret: &Secret, before: f64, after: f64) -> Result<Steam, JsValue> {
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

/// The name as URIs write it, whatever the spelling.
#[wasm_bindgen(js_name = algorithmName)]
pub fn algorithm_name(algorithm: &str) -> Result<String, JsValue> {
    algorithm.parse::<Algorithm>().map(|algorithm| algorithm.name().into()).blame("algorithm")
}

pub fn digits(digits: f64) -> Result<Digits, JsValue> {
    small(digits, ParameterError::Digits).and_then(Digits::new).blame("digits")
}

pub fn period(period: f64) -> Result<Period, JsValue> {
    small(period, ParameterError::Period).and_then(Period::new).blame("period")
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
