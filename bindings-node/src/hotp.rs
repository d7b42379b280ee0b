use keyfob::{Hotp, HotpOutcome, LookAhead, ParameterError, Secret, TotpParameters};
use napi::bindgen_prelude::{BigInt, External};
use napi_derive::napi;

use crate::{
    number::{Count, count, small, whole},
    thrown::{At, Result},
    totp::{parameters, typed},
};

/// A prepared secret, and how far to look ahead.
#[derive(Debug)]
pub struct Verifier {
    hotp: Hotp,
    look_ahead: LookAhead,
}

impl Verifier {
    pub(crate) fn of(hotp: Hotp) -> Self {
        Self { hotp, look_ahead: LookAhead::default() }
    }
}

#[napi]
pub fn hotp_new(
    secret: &External<Secret>,
    algorithm: Option<String>,
    digits: Option<f64>,
    look_ahead: Option<f64>,
) -> Result<External<Verifier>> {
    let TotpParameters { algorithm, digits, .. } = parameters(algorithm.as_deref(), digits, None)?;
    let hotp = Hotp::new(secret, algorithm, digits);
    let look_ahead = self::look_ahead(look_ahead, LookAhead::default(), "lookAhead")?;
    Ok(External::new(Verifier { hotp, look_ahead }))
}

#[napi(object, object_from_js = false)]
pub struct HotpFields {
    pub algorithm: &'static str,
    pub digits: u8,
}

#[napi]
pub fn hotp_fields(hotp: &External<Verifier>) -> HotpFields {
    HotpFields { algorithm: hotp.hotp.algorithm().name(), digits: hotp.hotp.digits().value() }
}

#[napi]
pub fn hotp_generate(hotp: &External<Verifier>, counter: Count) -> Result<String> {
    Ok(hotp.hotp.generate(count(counter, "counter")?).as_str().to_owned())
}

/// Judges a code, in one number each way: the counter to expect next, -1 for a mismatch,
/// -2 for what is malformed.
pub(crate) fn verify(verifier: &Verifier, code: u32, counter: f64) -> Option<f64> {
    let mut buffer = [0; 10];
    let counter = whole(counter, "counter").ok()?;
    let outcome = verifier.hotp.verify(typed(code, &mut buffer), counter, verifier.look_ahead);
    #[allow(clippy::cast_precision_loss)] // looked at
    match outcome {
        HotpOutcome::Accepted { next_counter } if next_counter < 1 << 53 => {
            Some(next_counter as f64)
        }
        HotpOutcome::Accepted { .. } => None,
        HotpOutcome::Mismatch => Some(-1.0),
        HotpOutcome::Malformed => Some(-2.0),
    }
}

/// What became of a code, where a number does not hold it.
#[napi(object, object_from_js = false)]
pub struct HotpVerified {
    pub outcome: &'static str,
    pub next_counter: Option<BigInt>,
}

/// Judges any text, with counters of any size.
#[napi]
pub fn hotp_verify_wide(
    hotp: &External<Verifier>,
    code: String,
    counter: Count,
) -> Result<HotpVerified> {
    Ok(hotp.hotp.verify(&code, count(counter, "counter")?, hotp.look_ahead).into())
}

/// Finds a token that ran ahead by two codes in a row.
#[napi]
pub fn hotp_resynchronise(
    hotp: &External<Verifier>,
    first: String,
    second: String,
    counter: Count,
    range: Option<f64>,
) -> Result<HotpVerified> {
    let (counter, range) =
        (count(counter, "counter")?, look_ahead(range, LookAhead::MAXIMUM, "range")?);
    Ok(hotp.hotp.resynchronise(&first, &second, counter, range).into())
}

impl From<HotpOutcome> for HotpVerified {
    fn from(outcome: HotpOutcome) -> Self {
        let next_counter = match outcome {
            HotpOutcome::Accepted { next_counter } => Some(next_counter.into()),
            HotpOutcome::Mismatch | HotpOutcome::Malformed => None,
        };
        Self { outcome: outcome.code(), next_counter }
    }
}

fn look_ahead(value: Option<f64>, usual: LookAhead, argument: &str) -> Result<LookAhead> {
    let Some(value) = value else { return Ok(usual) };
    let look_ahead = small(value).ok_or(ParameterError::LookAhead).and_then(LookAhead::new);
    look_ahead.map_err(|error| error.at(argument))
}
