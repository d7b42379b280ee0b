//! What the drop-in modules `otplib` and `otpauth` need of the engine: codes, and a search
//! in the order in which those libraries look.

use keyfob::{Algorithm, Hotp, Secret};
use napi::bindgen_prelude::External;
use napi_derive::napi;

use crate::{
    number::{small, whole},
    thrown::{At, Result},
    totp::{algorithm, digits, typed},
};

#[napi]
pub fn compat_key(key: &[u8], algorithm: String, digits: f64) -> Result<External<Hotp>> {
    let secret = Secret::from_bytes(key).map_err(|error| error.at("secret"))?;
    let hotp = Hotp::new(&secret, self::algorithm(&algorithm)?, self::digits(digits)?);
    Ok(External::new(hotp))
}

#[napi]
pub fn compat_generate(key: &External<Hotp>, counter: f64) -> Option<String> {
    Some(key.generate(exact(counter)?).as_str().to_owned())
}

/// How far from `counter` the code belongs, nearest first and the past before the future:
/// otpauth's order. Infinity if to none within the window.
pub(crate) fn nearest(key: &Hotp, code: u32, counter: f64, window: f64) -> Option<f64> {
    find(key, code, counter, [window, window], |delta| (delta.abs(), delta))
}

/// How otplib reads a secret.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// `hotp`: ASCII, as it is.
    Plain,
    /// `totp`: ASCII, repeated.
    Ascii,
    /// `authenticator`: base32, repeated.
    Base32,
}

impl Kind {
    pub(crate) fn of(number: f64) -> Self {
        match number {
            0.0 => Self::Plain,
            1.0 => Self::Ascii,
            _ => Self::Base32,
        }
    }
}

/// What otplib makes a key of, beside the secret.
#[derive(Debug)]
pub(crate) struct OtplibKey {
    /// How it reads the secret.
    pub(crate) kind: Kind,
    /// 1, 256 or 512.
    pub(crate) algorithm: f64,
    /// What was typed.
    pub(crate) code: u32,
}

/// As [`nearest`], in otplib's order: now, then all of the past, then the future. The key is
/// made of a secret as otplib does, in the same crossing.
pub(crate) fn otplib_check(
    secret: &str,
    key: &OtplibKey,
    counter: f64,
    window: [f64; 2],
) -> Option<f64> {
    let digits = key.code.checked_ilog10()?;
    let hotp = otplib_key(secret, key.kind, key.algorithm, f64::from(digits))?;
    find(&hotp, key.code, counter, window, |delta| (delta > 0, delta.abs()))
}

/// The code of a counter under a secret as otplib takes it. `None` if this is no secret or
/// counter that this function reads.
#[napi]
pub fn compat_otplib_generate(
    secret: String,
    kind: f64,
    algorithm: f64,
    digits: f64,
    counter: f64,
) -> Option<String> {
    let key = otplib_key(&secret, Kind::of(kind), algorithm, digits)?;
    Some(key.generate(exact(counter)?).as_str().to_owned())
}

fn find<K: Ord>(
    key: &Hotp,
    code: u32,
    counter: f64,
    [before, after]: [f64; 2],
    order: impl Fn(i64) -> K,
) -> Option<f64> {
    let (before, after) = (small(before)?, small(after)?);
    let counter = exact(counter)?;
    let first = counter.checked_sub(before.into())?;
    let mut buffer = [0; 10];
    let found = key.matching(typed(code, &mut buffer), first, before.checked_add(after)?);
    let deltas = found.map(|found| found.cast_signed() - counter.cast_signed());
    #[allow(clippy::cast_precision_loss)] // at most 127
    let nearest = deltas.min_by_key(|delta| order(*delta)).map(|delta| delta as f64);
    Some(nearest.unwrap_or(f64::INFINITY))
}

/// A counter that is one; for others JavaScript does as the libraries do.
fn exact(counter: f64) -> Option<u64> {
    whole(counter, "counter").ok().filter(|_| counter.fract() == 0.0)
}

/// otplib 12 repeats short keys, and tells by the number of *characters* (hexadecimal ones
/// for `authenticator`) what is short: users have codes of such keys on their phones.
fn otplib_key(secret: &str, kind: Kind, algorithm: f64, digits: f64) -> Option<Hotp> {
    let (algorithm, minimum) = match algorithm {
        1.0 => (Algorithm::Sha1, 20),
        256.0 => (Algorithm::Sha256, 32),
        _ => (Algorithm::Sha512, 64),
    };
    let read = match kind {
        Kind::Base32 => Secret::from_base32(secret).ok()?,
        Kind::Plain | Kind::Ascii if secret.is_ascii() => Secret::from_bytes(secret).ok()?,
        Kind::Plain | Kind::Ascii => return None,
    };
    let bytes = read.expose_bytes();
    let characters = match kind {
        Kind::Plain => minimum,
        Kind::Ascii => bytes.len(),
        Kind::Base32 => bytes.len() * 2,
    };
    let key =
        if characters < minimum { repeated(bytes, minimum - characters, minimum)? } else { read };
    Some(Hotp::new(&key, algorithm, self::digits(digits).ok()?))
}

fn repeated(bytes: &[u8], times: usize, most: usize) -> Option<Secret> {
    let length = (bytes.len() * times).min(most);
    Secret::from_bytes(bytes.iter().copied().cycle().take(length).collect::<Vec<_>>()).ok()
}
