//! What the drop-in modules `otplib` and `otpauth` need of the engine: codes, and a search
//! in the order in which those libraries look.

use keyfob::{Algorithm, Hotp, Secret};
use napi::bindgen_prelude::External;
use napi_derive::napi;

use crate::{
    thrown::{At, Result},
    totp::{algorithm, digits, typed},
};

/// Prepares a key.
#[napi]
pub fn compat_key(key: &[u8], algorithm: String, digits: f64) -> Result<External<Hotp>> {
    let secret = Secret::from_bytes(key).map_err(|error| error.at("secret"))?;
    let hotp = Hotp::new(&secret, self::algorithm(&algorithm)?, self::digits(digits)?);
    Ok(External::new(hotp))
}

/// The code of a counter.
#[napi]
pub fn compat_generate(key: &External<Hotp>, counter: i64) -> String {
    key.generate(counter.cast_unsigned()).as_str().to_owned()
}

/// How far from `counter` the code belongs, nearest first and the past before the future;
/// `None` if to none within the window. otpauth's order.
#[napi]
pub fn compat_nearest(key: &External<Hotp>, code: u32, counter: i64, window: u32) -> Option<i32> {
    let around = |delta: i32| (delta.abs(), delta);
    find(key, code, counter, window, window, around)
}

/// As [`compat_nearest`], in otplib's order: now, then all of the past, then the future.
/// The key is made of a secret as otplib does, in the same crossing. NaN if the secret is
/// none that this function reads; `-Infinity` for no match.
#[napi]
pub fn compat_otplib_check(
    secret: String,
    is_base32: bool,
    algorithm: u32,
    code: u32,
    counter: i64,
    before: u32,
    after: u32,
) -> f64 {
    let digits = code.checked_ilog10().unwrap_or_default();
    let Some(key) = otplib_key(&secret, is_base32, algorithm, f64::from(digits)) else {
        return f64::NAN;
    };
    let order = |delta: i32| (delta > 0, delta.abs());
    find(&key, code, counter, before, after, order).map_or(f64::NEG_INFINITY, f64::from)
}

/// The code of a counter under a secret as otplib takes it; `None` as NaN above.
#[napi]
pub fn compat_otplib_generate(
    secret: String,
    is_base32: bool,
    algorithm: u32,
    digits: u32,
    counter: i64,
) -> Option<String> {
    let key = otplib_key(&secret, is_base32, algorithm, f64::from(digits))?;
    Some(key.generate(counter.cast_unsigned()).as_str().to_owned())
}

fn find<K: Ord>(
    key: &Hotp,
    code: u32,
    counter: i64,
    before: u32,
    after: u32,
    order: impl Fn(i32) -> K,
) -> Option<i32> {
    let mut buffer = [0; 10];
    let code = typed(code, &mut buffer);
    let first = counter.checked_sub_unsigned(before.into())?.try_into().ok()?;
    let following = u8::try_from(before + after).ok()?;
    let deltas = key.matching(code, first, following);
    deltas.map(|found| found.cast_signed().wrapping_sub(counter) as i32).min_by_key(|d| order(*d))
}

/// otplib 12 repeats short keys, and tells by the number of *characters* (hexadecimal ones
/// for `authenticator`) what is short: users have codes of such keys on their phones.
fn otplib_key(secret: &str, is_base32: bool, algorithm: u32, digits: f64) -> Option<Hotp> {
    let (algorithm, minimum) = match algorithm {
        1 => (Algorithm::Sha1, 20),
        256 => (Algorithm::Sha256, 32),
        _ => (Algorithm::Sha512, 64),
    };
    let key = match is_base32 {
        true => {
            let read = Secret::from_base32(secret).ok()?;
            let bytes = read.expose_bytes();
            padded(bytes, bytes.len() * 2, minimum)?.unwrap_or(read)
        }
        false if secret.is_ascii() => {
            let read = Secret::from_bytes(secret.as_bytes()).ok()?;
            padded(secret.as_bytes(), secret.len(), minimum)?.unwrap_or(read)
        }
        false => return None,
    };
    Some(Hotp::new(&key, algorithm, self::digits(digits).ok()?))
}

/// The repeated key, or `None` within if it is long enough.
#[allow(clippy::option_option)] // whether it could be made, and whether it was needed
fn padded(bytes: &[u8], characters: usize, minimum: usize) -> Option<Option<Secret>> {
    if characters >= minimum {
        return Some(None);
    }
    let times = minimum - characters;
    let repeated: Vec<u8> =
        bytes.iter().copied().cycle().take((bytes.len() * times).min(minimum)).collect();
    Some(Some(Secret::from_bytes(repeated).ok()?))
}
