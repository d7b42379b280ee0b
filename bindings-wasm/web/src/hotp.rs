use alloc::string::{String, ToString};

use keyfob::{HotpOutcome, LookAhead, ParameterError};
use wasm_bindgen::prelude::*;

use crate::{
    bridge::{judged_by_counter, outcomes},
    number::{halves, small, wide},
    refusal::Blame,
    secret::Secret,
    totp::{algorithm, described, digits},
};

#[wasm_bindgen(js_name = RawHotp)]
pub struct Hotp(keyfob::Hotp, LookAhead);

impl Hotp {
    pub(crate) fn of(hotp: keyfob::Hotp) -> Self {
        Self(hotp, LookAhead::default())
    }
}

#[wasm_bindgen(js_class = RawHotp)]
impl Hotp {
    #[wasm_bindgen(constructor)]
    pub fn new(
        secret: &Secret,
        algorithm: Option<String>,
        digits: Option<f64>,
        look_ahead: Option<f64>,
    ) -> Result<Hotp, JsValue> {
        let hotp = keyfob::Hotp::new(&secret.0, self::algorithm(algorithm)?, self::digits(digits)?);
        Ok(Self(hotp, self::look_ahead(look_ahead, LookAhead::default(), "lookAhead")?))
    }

    pub fn describe(&self) -> JsValue {
        described(self.0.algorithm(), self.0.digits()).into()
    }

    pub fn generate(&self, counter_high: u32, counter_low: u32) -> String {
        self.0.generate(wide(counter_high, counter_low)).to_string()
    }

    pub fn verify(
        &self,
        code: &str,
        counter_high: u32,
        counter_low: u32,
        as_bigint: bool,
    ) -> JsValue {
        let counter = wide(counter_high, counter_low);
        judged(self.0.verify(code, counter, self.1), counter, as_bigint)
    }

    pub fn resynchronise(
        &self,
        first: &str,
        second: &str,
        counter_high: u32,
        counter_low: u32,
        range: Option<f64>,
        as_bigint: bool,
    ) -> Result<JsValue, JsValue> {
        let counter = wide(counter_high, counter_low);
        let range = look_ahead(range, LookAhead::MAXIMUM, "range")?;
        Ok(judged(self.0.resynchronise(first, second, counter, range), counter, as_bigint))
    }
}

fn look_ahead(
    counters: Option<f64>,
    default: LookAhead,
    argument: &str,
) -> Result<LookAhead, JsValue> {
    let read = |counters| small(counters, ParameterError::LookAhead).and_then(LookAhead::new);
    counters.map_or(Ok(default), read).blame(argument)
}

fn judged(outcome: HotpOutcome, counter: u64, as_bigint: bool) -> JsValue {
    let (number, delta, next) = match outcome {
        HotpOutcome::Accepted { next_counter } => {
            (outcomes::ACCEPTED, (next_counter - counter - 1) as f64, next_counter)
        }
        HotpOutcome::Mismatch => (outcomes::MISMATCH, 0.0, 0),
        HotpOutcome::Malformed => (outcomes::MALFORMED, 0.0, 0),
    };
    let (high, low) = halves(next);
    judged_by_counter(number, delta, high, low, as_bigint)
}
