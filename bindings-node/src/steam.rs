use keyfob::{Secret, Steam, TotpState};
use napi::bindgen_prelude::{BigInt, Either, External};
use napi_derive::napi;

use crate::{
    number::{Count, count},
    thrown::Result,
    totp::{Verified, window},
};

#[napi]
pub fn steam_new(
    secret: &External<Secret>,
    before: Option<f64>,
    after: Option<f64>,
) -> Result<External<Steam>> {
    Ok(External::new(Steam::new(secret).with_window(window("window", before, after)?)))
}

#[napi]
pub fn steam_generate(steam: &External<Steam>, time: Count) -> Result<String> {
    Ok(steam.generate(count(time, "time")?).as_str().to_owned())
}

#[napi]
pub fn steam_remaining(steam: &External<Steam>, time: Count) -> Result<BigInt> {
    Ok(steam.remaining(count(time, "time")?).into())
}

#[napi]
pub fn steam_verify(
    steam: &External<Steam>,
    code: String,
    time: Count,
    last_step: Option<Either<f64, BigInt>>,
    drift: i32,
) -> Result<Verified> {
    let last_step = last_step.map(|step| count(step, "state")).transpose()?;
    let state = TotpState { last_step, drift: drift as i8 };
    Ok(steam.verify(&code, count(time, "time")?, &state).into())
}
