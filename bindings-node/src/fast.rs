//! The functions that are called for every code: numbers in, a number out.
//!
//! napi's wrapper costs 90 ns a call, which is half of what a whole verification takes;
//! Node's own interface costs 10. So these few stand directly on it. A handle is still
//! looked up through napi, which knows what type it is of. Nothing here runs JavaScript, so
//! nothing can take a handle away meanwhile. NaN says: ask the function that takes anything.
#![allow(unsafe_code)] // the calls of Node's C interface that napi would write

use std::ptr;

use keyfob::{Hotp, Totp, TotpState};
use napi::{
    Env,
    bindgen_prelude::{External, FromNapiRef, Object},
    sys,
};
use napi_derive::napi;

use crate::{compat, hotp, totp};

/// A function that stands directly on Node's interface.
trait Fast {
    /// How many arguments it has.
    const ARGUMENTS: usize;

    fn call(call: &Call) -> Option<f64>;
}

/// `totpVerify(totp, code, time)`: of a credential of which nothing is remembered.
struct TotpVerify;

impl Fast for TotpVerify {
    const ARGUMENTS: usize = 3;

    fn call(call: &Call) -> Option<f64> {
        let totp: &Totp = call.handle()?;
        totp::verify(totp, call.code(1)?, call.number(2)?, &TotpState::default())
    }
}

/// `totpVerifyAfter(totp, code, time, lastStep, drift)`, with -1 for no last step.
struct TotpVerifyAfter;

impl Fast for TotpVerifyAfter {
    const ARGUMENTS: usize = 5;

    fn call(call: &Call) -> Option<f64> {
        let totp: &Totp = call.handle()?;
        let state = totp::state(call.number(3)?, call.number(4)?)?;
        totp::verify(totp, call.code(1)?, call.number(2)?, &state)
    }
}

/// `hotpVerify(hotp, code, counter)`.
struct HotpVerify;

impl Fast for HotpVerify {
    const ARGUMENTS: usize = 3;

    fn call(call: &Call) -> Option<f64> {
        let verifier: &hotp::Verifier = call.handle()?;
        hotp::verify(verifier, call.code(1)?, call.number(2)?)
    }
}

/// `compatNearest(key, code, counter, window)`: otpauth's search.
struct CompatNearest;

impl Fast for CompatNearest {
    const ARGUMENTS: usize = 4;

    fn call(call: &Call) -> Option<f64> {
        let key: &Hotp = call.handle()?;
        compat::nearest(key, call.code(1)?, call.number(2)?, call.number(3)?)
    }
}

/// `compatOtplibCheck(secret, kind, algorithm, code, counter, before, after)`: otplib's.
struct CompatOtplibCheck;

impl Fast for CompatOtplibCheck {
    const ARGUMENTS: usize = 7;

    fn call(call: &Call) -> Option<f64> {
        let mut buffer = [0; 512];
        let secret = call.text(&mut buffer)?;
        let key = compat::OtplibKey {
            kind: compat::Kind::of(call.number(1)?),
            algorithm: call.number(2)?,
            code: call.code(3)?,
        };
        let window = [call.number(5)?, call.number(6)?];
        compat::otplib_check(secret, &key, call.number(4)?, window)
    }
}

/// Adds them to what the addon exports.
#[napi(module_exports)]
pub fn export(mut exports: Object<'_>, env: Env) -> napi::Result<()> {
    add::<TotpVerify>(&mut exports, env, "totpVerify")?;
    add::<TotpVerifyAfter>(&mut exports, env, "totpVerifyAfter")?;
    add::<HotpVerify>(&mut exports, env, "hotpVerify")?;
    add::<CompatNearest>(&mut exports, env, "compatNearest")?;
    add::<CompatOtplibCheck>(&mut exports, env, "compatOtplibCheck")
}

fn add<F: Fast>(exports: &mut Object<'_>, env: Env, name: &str) -> napi::Result<()> {
    exports.set(name, env.create_function::<(), ()>(name, enter::<F>)?)
}

unsafe extern "C" fn enter<F: Fast>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    let mut arguments = [ptr::null_mut(); MAXIMUM_ARGUMENTS];
    let mut count = F::ARGUMENTS;
    let mut answer = ptr::null_mut();
    // SAFETY: Node calls this with an environment and the arguments of one call; there is
    // room for `count` of them, and those that were not given it fills with `undefined`.
    unsafe {
        let [this, data] = [ptr::null_mut(), ptr::null_mut()];
        sys::napi_get_cb_info(env, info, &raw mut count, arguments.as_mut_ptr(), this, data.cast());
    }
    let value = F::call(&Call { env, arguments }).unwrap_or(f64::NAN);
    // SAFETY: the environment is the one of this call.
    unsafe { sys::napi_create_double(env, value, &raw mut answer) };
    answer
}

const MAXIMUM_ARGUMENTS: usize = 7;

/// One call and its arguments, as many as [`Fast::ARGUMENTS`].
struct Call {
    env: sys::napi_env,
    arguments: [sys::napi_value; MAXIMUM_ARGUMENTS],
}

impl Call {
    /// The first argument, if it is a handle to a `T`. It lives as long as the call, which
    /// keeps it reachable.
    fn handle<T: 'static>(&self) -> Option<&T> {
        // SAFETY: environment and value are those of this call.
        let handle = unsafe { External::<T>::from_napi_ref(self.env, self.arguments[0]) };
        handle.ok().map(|handle| &**handle)
    }

    fn number(&self, place: usize) -> Option<f64> {
        let mut number = 0.0;
        // SAFETY: environment and value are those of this call.
        let status =
            unsafe { sys::napi_get_value_double(self.env, self.arguments[place], &raw mut number) };
        (status == sys::Status::napi_ok).then_some(number)
    }

    /// A code as [`totp::typed`] reads it.
    #[allow(clippy::cast_sign_loss)] // a float that is out of range becomes the nearest
    fn code(&self, place: usize) -> Option<u32> {
        self.number(place).map(|number| number as u32)
    }

    /// The first argument, if it is text that fits.
    fn text<'a>(&self, buffer: &'a mut [u8; 512]) -> Option<&'a str> {
        let mut length = 0;
        // SAFETY: environment and value are those of this call, and the buffer has the room
        // that is said.
        let status = unsafe {
            sys::napi_get_value_string_utf8(
                self.env,
                self.arguments[0],
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                &raw mut length,
            )
        };
        let fits = status == sys::Status::napi_ok && length + 1 < buffer.len();
        str::from_utf8(buffer.get(..length)?).ok().filter(|_| fits)
    }
}
