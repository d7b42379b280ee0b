use alloc::string::String;
#[cfg(feature = "service")]
use alloc::{string::ToString, vec::Vec};

use js_sys::Array;
use keyfob::enrolment::{self, Generator, Kind};
use wasm_bindgen::prelude::*;

use crate::{
    bridge::whole,
    hotp::Hotp,
    number::{halves, wide},
    object::Made,
    refusal::{Blame, not_a},
    secret::Secret,
    totp::{Steam, Totp, algorithm, digits, period},
};

#[wasm_bindgen(js_name = RawEnrolment)]
pub struct Enrolment {
    pub(crate) value: enrolment::Enrolment,
    #[cfg(feature = "service")]
    warnings: Vec<enrolment::Warning>,
}

impl From<enrolment::Enrolment> for Enrolment {
    fn from(value: enrolment::Enrolment) -> Self {
        Self {
            value,
            #[cfg(feature = "service")]
            warnings: Vec::new(),
        }
    }
}

#[wasm_bindgen(js_class = RawEnrolment)]
impl Enrolment {
    #[wasm_bindgen(constructor)]
    #[allow(clippy::too_many_arguments)] // one crossing
    pub fn new(
        kind: Option<String>,
        secret: &Secret,
        account: &str,
        issuer: Option<String>,
        algorithm: Option<String>,
        digits: Option<f64>,
        period: Option<f64>,
        counter_high: u32,
        counter_low: u32,
    ) -> Result<Enrolment, JsValue> {
        let secret = secret.0.clone();
        let counter = wide(counter_high, counter_low);
        let built = match kind.as_deref().unwrap_or("totp") {
            "totp" => enrolment::Enrolment::totp(account, secret),
            "hotp" => enrolment::Enrolment::hotp(account, secret, counter),
            "steam" => enrolment::Enrolment::steam(account, secret),
            _ => return Err(not_a("totp, hotp or steam", "type")),
        };
        let mut value = built.blame("account")?;
        // What is not given is as the core has it for the kind.
        if algorithm.is_some() {
            value = value.with_algorithm(self::algorithm(algorithm)?);
        }
        if digits.is_some() {
            value = value.with_digits(self::digits(digits)?);
        }
        if period.is_some() {
            value = value.with_period(self::period(period)?);
        }
        if let Some(issuer) = issuer {
            value = value.with_issuer(&issuer).blame("issuer")?;
        }
        Ok(value.into())
    }

    /// The same with a further parameter.
    pub fn with(&self, name: &str, value: &str) -> Result<Enrolment, JsValue> {
        let with = self.value.clone().with_parameter(name, value);
        with.map(Self::from).blame("parameters")
    }

    #[cfg(feature = "service")]
    pub fn parse(uri: &str, mode: Option<String>) -> Result<Enrolment, JsValue> {
        let mode = mode.map_or(Ok(enrolment::Mode::default()), |mode| mode.parse());
        let mode = mode.blame("mode")?;
        let parsed = enrolment::Enrolment::parse(uri, mode).blame("uri")?;
        Ok(Self { value: parsed.enrolment, warnings: parsed.warnings })
    }

    /// All but the secret, as an object.
    pub fn describe(&self) -> JsValue {
        let (period, counter) = match self.value.kind() {
            Kind::Totp { period } => (JsValue::from_f64(period.into()), JsValue::NULL),
            Kind::Hotp { counter } => {
                let (high, low) = halves(counter);
                (JsValue::NULL, whole(high, low, false))
            }
            Kind::Steam => (JsValue::NULL, JsValue::NULL),
        };
        let parameters = self.value.parameters().iter();
        let parameters: Array =
            parameters.map(|one| pair(one.name.as_str(), one.value.as_str())).collect();
        Made::new()
            .with("type", self.value.kind().name())
            .with("issuer", self.value.issuer().map_or(JsValue::NULL, JsValue::from))
            .with("account", self.value.account())
            .with("algorithm", self.value.algorithm().name())
            .with("digits", self.value.digits())
            .with("period", period)
            .with("counter", counter)
            .with("parameters", parameters)
            .with("warnings", self.warnings())
            .into()
    }

    pub fn secret(&self) -> Secret {
        Secret(self.value.secret().clone())
    }

    #[wasm_bindgen(js_name = toUri)]
    pub fn to_uri(&self) -> String {
        (*self.value.to_uri()).clone()
    }

    #[cfg(feature = "service")]
    pub fn compatibility(&self) -> Array {
        let found = self.value.compatibility();
        let remarks = found
            .iter()
            .map(|one| remark(Made::new().with("app", one.app), one.code(), &one.to_string()));
        remarks.collect()
    }

    /// A `RawTotp`, `RawHotp` or `RawSteam`.
    pub fn generator(&self) -> Result<JsValue, JsValue> {
        let generator = self.value.generator();
        let argument = match generator {
            Err(keyfob::ParameterError::Period) => "period",
            _ => "digits",
        };
        match generator.blame(argument)? {
            Generator::Totp(totp) => Ok(Totp(totp).into()),
            Generator::Hotp(hotp) => Ok(Hotp::of(hotp).into()),
            Generator::Steam(steam) => Ok(Steam(steam).into()),
        }
    }
}

impl Enrolment {
    #[cfg(feature = "service")]
    fn warnings(&self) -> Array {
        let remark = |one: &enrolment::Warning| remark(Made::new(), one.code(), &one.to_string());
        self.warnings.iter().map(remark).collect()
    }

    /// One that was built and not read has none.
    #[cfg(not(feature = "service"))]
    #[allow(clippy::unused_self)]
    fn warnings(&self) -> Array {
        Array::new()
    }
}

fn pair(name: &str, value: &str) -> JsValue {
    Array::of2(&name.into(), &value.into()).into()
}

#[cfg(feature = "service")]
fn remark(made: Made, code: &str, message: &str) -> JsValue {
    made.with("code", code).with("message", message).into()
}
