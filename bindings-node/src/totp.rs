use keyfob::{
    Algorithm, Digits, DriftLimit, ParameterError, Period, Secret, Totp, TotpOutcome,
    TotpParameters, TotpState, Window,
};
use napi::bindgen_prelude::{BigInt, Either, External};
use napi_derive::napi;

use crate::{
    number::{Count, count, seconds, small, whole},
    thrown::{At, Result},
};

/// What a TOTP is made of; what is absent is as the core has it.
#[napi(object)]
pub struct TotpOptions {
    pub algorithm: Option<String>,
    pub digits: Option<f64>,
    pub period: Option<f64>,
    /// Steps accepted before now.
    pub before: Option<f64>,
    /// Steps accepted after now.
    pub after: Option<f64>,
    /// T0.
    pub epoch: Either<f64, BigInt>,
    pub drift_limit: Option<f64>,
}

#[napi]
pub fn totp_new(secret: &External<Secret>, options: TotpOptions) -> Result<External<Totp>> {
    let parameters = parameters(options.algorithm.as_deref(), options.digits, options.period)?;
    let mut totp = Totp::with_parameters(secret, parameters)
        .with_window(window("window", options.before, options.after)?)
        .with_epoch(count(options.epoch, "epoch")?);
    if let Some(limit) = options.drift_limit {
        totp = totp.with_drift_limit(drift_limit(limit)?);
    }
    Ok(External::new(totp))
}

#[napi(object, object_from_js = false)]
pub struct TotpFields {
    pub algorithm: &'static str,
    pub digits: u8,
    pub period: u32,
}

#[napi]
pub fn totp_fields(totp: &External<Totp>) -> TotpFields {
    let TotpParameters { algorithm, digits, period } = totp.parameters();
    TotpFields {
        algorithm: algorithm.name(),
        digits: digits.value(),
        period: u8::from(period).into(),
    }
}

#[napi]
pub fn totp_generate(totp: &External<Totp>, time: Count) -> Result<String> {
    Ok(totp.generate(count(time, "time")?).as_str().to_owned())
}

#[napi]
pub fn totp_at_step(totp: &External<Totp>, step: Count) -> Result<String> {
    Ok(totp.at_step(count(step, "step")?).as_str().to_owned())
}

#[napi]
pub fn totp_step(totp: &External<Totp>, time: Count) -> Result<Option<BigInt>> {
    Ok(totp.step(count(time, "time")?).map(BigInt::from))
}

#[napi]
pub fn totp_remaining(totp: &External<Totp>, time: Count) -> Result<BigInt> {
    Ok(totp.remaining(count(time, "time")?).into())
}

/// Judges a code, in one number each way: see [`typed`] and [`packed`].
pub(crate) fn verify(totp: &Totp, code: u32, time: f64, state: &TotpState) -> Option<f64> {
    let mut buffer = [0; 10];
    packed(totp.verify(typed(code, &mut buffer), seconds(time)?, state))
}

/// What is remembered; a last step of -1 is none.
#[allow(clippy::cast_precision_loss, clippy::float_cmp)] // whole numbers
pub(crate) fn state(last_step: f64, drift: f64) -> Option<TotpState> {
    let last_step = match last_step {
        -1.0 => None,
        step => Some(whole(step, "state").ok()?),
    };
    Some(TotpState { last_step, drift: drift as i8 })
}

/// What became of a code, where one number does not hold it.
#[napi(object, object_from_js = false)]
pub struct Verified {
    pub outcome: &'static str,
    /// Steps the code was ahead.
    pub delta: Option<i32>,
    pub step: Option<BigInt>,
    /// The drift to store.
    pub drift: Option<i32>,
}

/// Judges any text, with numbers of any size.
#[napi]
pub fn totp_verify_wide(
    totp: &External<Totp>,
    code: String,
    time: Count,
    last_step: Option<Either<f64, BigInt>>,
    drift: i32,
) -> Result<Verified> {
    let last_step = last_step.map(|step| count(step, "state")).transpose()?;
    let state = TotpState { last_step, drift: drift as i8 };
    Ok(totp.verify(&code, count(time, "time")?, &state).into())
}

impl From<TotpOutcome> for Verified {
    fn from(outcome: TotpOutcome) -> Self {
        let (delta, step, drift) = match outcome {
            TotpOutcome::Accepted { step, drift, state } => {
                (Some(drift as i32), Some(step), Some(state.drift.into()))
            }
            TotpOutcome::Replayed { step } => (None, Some(step), None),
            TotpOutcome::Mismatch | TotpOutcome::Malformed => (None, None, None),
        };
        Self { outcome: outcome.code(), delta, step: step.map(BigInt::from), drift }
    }
}

/// A code as JavaScript hands it over: a 1, and then its digits. What is no such number
/// has no digits, and no code is empty.
pub(crate) fn typed(code: u32, buffer: &mut [u8; 10]) -> &str {
    let mut left = code;
    let mut start = buffer.len();
    while left > 9 {
        start -= 1;
        buffer[start] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    std::str::from_utf8(&buffer[start..]).unwrap_or_default()
}

/// -1 for a mismatch, -2 for what is malformed, -3 - step for what is replayed, and for
/// what is accepted, from the top: the step, 9 bits of the delta + 256, 8 bits of the new
/// drift + 128. `None` for a step that does not fit.
fn packed(outcome: TotpOutcome) -> Option<f64> {
    #[allow(clippy::cast_precision_loss)] // none: at most 53 bits
    match outcome {
        TotpOutcome::Mismatch => Some(-1.0),
        TotpOutcome::Malformed => Some(-2.0),
        TotpOutcome::Replayed { step } if step < 1 << 36 => Some(-3.0 - step as f64),
        TotpOutcome::Accepted { step, drift, state } if step < 1 << 36 => {
            let deltas = (drift + 256) << 8 | (i64::from(state.drift) + 128);
            Some((step << 17 | deltas.cast_unsigned()) as f64)
        }
        TotpOutcome::Replayed { .. } | TotpOutcome::Accepted { .. } => None,
    }
}

pub(crate) fn algorithm(name: &str) -> Result<Algorithm> {
    name.parse().map_err(|error: ParameterError| error.at("algorithm"))
}

pub(crate) fn digits(value: f64) -> Result<Digits> {
    let digits = small(value).ok_or(ParameterError::Digits).and_then(Digits::new);
    digits.map_err(|error| error.at("digits"))
}

pub(crate) fn period(value: f64) -> Result<Period> {
    let period = small(value).ok_or(ParameterError::Period).and_then(Period::new);
    period.map_err(|error| error.at("period"))
}

/// What is not given is as the core has it.
pub(crate) fn parameters(
    algorithm: Option<&str>,
    digits: Option<f64>,
    period: Option<f64>,
) -> Result<TotpParameters> {
    let usual = TotpParameters::default();
    Ok(TotpParameters {
        algorithm: algorithm.map_or(Ok(usual.algorithm), self::algorithm)?,
        digits: digits.map_or(Ok(usual.digits), self::digits)?,
        period: period.map_or(Ok(usual.period), self::period)?,
    })
}

/// Both sides of a window, or neither.
pub(crate) fn window(argument: &str, before: Option<f64>, after: Option<f64>) -> Result<Window> {
    let Some((before, after)) = before.zip(after) else { return Ok(Window::default()) };
    let window = small(before).zip(small(after)).ok_or(ParameterError::Window);
    let window = window.and_then(|(before, after)| Window::new(before, after));
    window.map_err(|error| error.at(argument))
}

fn drift_limit(value: f64) -> Result<DriftLimit> {
    let limit = small(value).ok_or(ParameterError::DriftLimit).and_then(DriftLimit::new);
    limit.map_err(|error| error.at("driftLimit"))
}
